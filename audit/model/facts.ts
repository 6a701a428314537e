import type { Findings } from './finding';
import type { HandoverChain } from './handovers';
import type { PlacedTree } from './view';

/** An address that was not asked to the end, and why, in words. */
export interface Unasked {
  readonly address: string;
  readonly reason: string;
  /** That it does not answer is no trouble. */
  readonly optional: boolean;
}

/** What an audit has found, and in what. */
export interface Audit {
  readonly findings: Findings;
  readonly unasked: readonly Unasked[];
  readonly instances: number;
  /** Of the address that was read, in served order; none when no address answered. */
  readonly shards: readonly PlacedTree[];
  /** Entries that were read and proven, or found wrong. */
  readonly entriesRead: number;
  readonly entriesByEveryPath: number;
  /** Inactive shards, over all instances, of which the length that indexes are computed with was compared with the tree's. */
  readonly lengthsSeen: number;
  /** Those whose notes are signed anew for each answer, so that this length cannot be seen. */
  readonly lengthsSignedAnew: number;
  /** Of all instances. */
  readonly boundaries: number;
  /** Those whose entries on both sides were read, and are what they must be. */
  readonly boundariesRead: number;
  /** Neighbours whose times were compared. */
  readonly neighboursCompared: number;
  readonly keys: number;
  /** Checkpoints that all instances showed of their shards. */
  readonly notes: number;
  /** Those that the shard's key has signed. */
  readonly notesProven: number;
  readonly consistencyProofs: number;
  /** Checkpoints that were given. */
  readonly checkpoints: number;
  /** Those that the log is proven to extend. */
  readonly checkpointsProven: number;
  readonly handovers: HandoverChain;
  /** Entries that the search index was asked for; 0 where there is none. */
  readonly searched: number;
  /** Entry ids that it named, and that were not looked up. */
  readonly idsNotAsked: number;
  /** Entries that were compared with each other. */
  readonly compared: number;
  /** Entries that were read and not compared with each other, because there were too many. */
  readonly notCompared: number;
  /** Another tree was active at the end than at the beginning. */
  readonly rotatedMeanwhile: boolean;
}
