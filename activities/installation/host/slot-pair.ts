import type { NextSigner } from '../next-signer';
import type { SignerVariables } from './slot-signer';

/** The two files that a slot's Rekor is configured with. */
export interface SlotFiles {
  readonly environmentFile: string;
  readonly shardingFile: string;
}

export interface SlotContents {
  readonly environment: string;
  /** Null when there is no such file, which is an empty list. */
  readonly sharding: string | null;
}

export interface SlotPair {
  readonly current: SlotFiles;
  readonly next: SlotFiles;
  /** The name of the variable that names the active tree. */
  readonly treeIdVariable: string;
  /** Those that hold the signer; without them no rotation reads or writes one. */
  readonly signerVariables?: SignerVariables | undefined;
  /** What they are to hold from the next shard on. */
  readonly nextSigner?: NextSigner | undefined;
}
