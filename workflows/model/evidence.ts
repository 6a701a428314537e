import type { Shard } from './log';
import type { Served, SignedEvidence } from './signed-evidence';

/** How writes fared in the gate: during one hold, or over several, as `writesOver` adds them. Times in milliseconds. */
export interface WriteStall {
  /** From the first held or refused write to the first acknowledgement of a write that arrived at or after it; null before that. */
  readonly stallMs: number | null;
  /** The longest time any write was held, of all that waited. */
  readonly longestWaitMs: number;
  readonly held: number;
  readonly refused: number;
  /** Those of the refused that were answered at once, for want of room in the gate; absent where an earlier version told it. */
  readonly turnedAway?: number;
  /** Writes that broke at the current release and were looked up and, if absent, sent on (H13). */
  readonly resent: number;
  readonly dropped: number;
}

/** What an independent reader proved from the public address. */
export interface VerificationReport {
  /** Entries read by index, UUID and entry id, and verified. */
  readonly entriesVerified: number;
  readonly proofsVerified: number;
  readonly checkpointsVerified: number;
  readonly shards: readonly (Shard & { readonly entriesVerified: number })[];
  /** Entries of kinds no Sigstore bundle can be made of: their proof and promise were checked directly. */
  readonly withoutBundle: number;
}

/** The same of one address, with what it served; absent where not all of that was proven. */
export interface ProvenAddress extends VerificationReport {
  readonly served?: Served;
}

/** The same of a rotation that is confirmed; absent where it has no room. */
export interface Confirmation extends VerificationReport {
  readonly signed?: SignedEvidence;
}
