import type { Shard, TreeId } from '../../workflows/model/log';
import type { ConfiguredAddress } from '../clients/connection-failure';

/** Where a log is served, and which field of the configuration says so. */
export type LogAddress = Pick<ConfiguredAddress, 'url' | 'field'>;

/** What an address is expected to serve. */
export interface VerificationTarget {
  /** The public address, or that of one instance. */
  readonly address: LogAddress;
  readonly activeTreeId: TreeId;
  /** In served order, with their final lengths. */
  readonly inactive: readonly Shard[];
  /** Final roots of those inactive trees whose root is known; lower-case hex. */
  readonly rootHashes?: Readonly<Record<TreeId, string>>;
  /** Keys of those trees whose key is known: SHA-256 over their DER, lower-case hex. */
  readonly logIds?: Readonly<Record<TreeId, string>>;
  /** Merkle leaf hash, lower-case hex, that must be the active tree's leaf 0. */
  readonly handoverLeafHash?: string;
  /** Random entries of each shard, besides its first and last. */
  readonly sampleEntries: number;
  /** Numbers in [0, 1); Math.random unless told otherwise. */
  readonly random?: () => number;
}
