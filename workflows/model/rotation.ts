import type { Check } from './checks';
import type { Held, Intervention } from './held';
import type { Shard, TreeHead, TreeId } from './log';
import type { Refusal } from './refusals';
import type { Plan } from './plan';

/** What a person or a schedule asks for: the one argument of the workflow `rotateLog`. */
export interface RotationRequest {
  /** The log's name in the configuration. */
  readonly log: string;
  /** Go through every step, saying each change instead of making it. Default false. */
  readonly dryRun?: boolean;
  /** Refuse unless this is the log's active tree. */
  readonly currentTree?: TreeId;
  /** Refuse unless the plan is still the one with this hash, which `plan` printed and a person has read. */
  readonly planHash?: string;
}

/** Which attempt of which rotation an order belongs to; written to the gate and into the next tree's description. */
export interface AttemptIdentity {
  readonly log: string;
  /** Names the rotation for people and marks, for example `20260131T030000Z-1f3a9c`. */
  readonly rotationId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /**
   * Fencing number: one attempt after every number found on the gate or on a tree when this one was planned. The
   * gate refuses orders with a lower one. The orders that take an attempt back carry the number after it, which is no
   * other attempt's: what the attempt itself ordered can then land late and is refused (H8).
   */
  readonly number: number;
  /**
   * The number of its orders to the gate where that is another one: a recovery takes back an attempt whose own orders
   * may still land, so its orders must come after them.
   */
  readonly fence?: number;
}

/**
 * No order and no mark has a larger number. A rotation takes two for each attempt, so that it is never reached; one that is
 * larger was written by hand, and would leave no number for those that follow.
 */
export const LARGEST_NUMBER = 1_000_000_000;

/** The number that the orders of an attempt carry; those that take it back carry the one after it. */
export function orderNumber({ number, fence }: AttemptIdentity): number {
  return fence ?? number;
}

/**
 * The number of who comes so many attempts after one with this number. Two for each: what an attempt orders, and what takes
 * it back. No more than needed is left out, so that an order that somebody else gives meanwhile is not taken for an old one.
 */
export function numberAfter(number: number, attempts: number): number {
  return number + 2 * attempts;
}

/** The proven end of a tree: nothing was in flight or queued when it was frozen. */
export interface FrozenTree extends TreeHead {
  readonly treeId: TreeId;
  /** How it was proven that nothing can come later, in words. */
  readonly proof: readonly string[];
}

/**
 * What a next tree that is taken back turned out to hold once it was closed. `exposed`: it is not closed, because the gate
 * sends clients there already.
 */
export type NextTreeContent = 'nothing' | 'handover' | 'public entries' | 'exposed';

/** What Trillian says of a next tree that is being taken back. */
export interface ClosedNextTree {
  readonly content: NextTreeContent;
  /** The current tree is no longer what the next tree's handover leaf says it was at its end (H1). */
  readonly currentGrew: boolean;
  /** Its end; absent for one that was left open because it is exposed. */
  readonly end?: TreeHead;
}

/** The first leaf of the next tree: it commits to the end of the current one. */
export interface Handover {
  /** The committed text: `tree id, size, root hash` of the current tree. */
  readonly text: string;
  /** Merkle leaf hash of the handover in the next tree, lower-case hex; also the UUID Rekor serves it by. */
  readonly leafHash: string;
  readonly integratedInMs: number;
}

/** How writes fared in the gate during one hold. Times in milliseconds. */
export interface WriteStall {
  /** From the first held or refused write to the first acknowledgement of a write that arrived at or after it; null before that. */
  readonly stallMs: number | null;
  /** The longest time any write was held, of all that waited. */
  readonly longestWaitMs: number;
  readonly held: number;
  readonly refused: number;
  /** Writes that broke at the current release and were looked up and, if absent, sent on (H13). */
  readonly recovered: number;
  readonly dropped: number;
}

/** How long the steps took that one activity did, by name, in milliseconds; of a failed one, those that it did. */
export type StepTimes = Readonly<Record<string, number>>;

/** What a failed activity of several steps says of them, beside its reason. */
export interface StepsOfFailure {
  readonly times: StepTimes;
  /** The steps that it had begun to act in. */
  readonly began: readonly string[];
}

export interface StepRecord {
  readonly name: string;
  /** Of all its tries together, with the pauses between them, in milliseconds. */
  readonly ms: number;
  /** `done`; `undone` for a compensation that was run, `skipped` for one that a person left out; `said` in a dry run. */
  readonly kind: 'done' | 'undone' | 'skipped' | 'said';
  readonly attempt: number;
  /** In a dry run, what would be done. */
  readonly says?: readonly string[];
}

/**
 * `superseded`: the next tree took entries of clients but could not serve; it is one more inactive shard, and a third tree
 * serves. `held`: a person gave up what the rotation could not finish; the result says what is left. `notNeeded`: a recovery
 * has found nothing left over.
 */
export type Outcome =
  'completed' | 'rolledBack' | 'superseded' | 'refused' | 'planned' | 'held' | 'notNeeded';

/** How a rotation ended; the result of `rotateLog`. */
export interface RotationResult {
  readonly outcome: Outcome;
  /** Why it ended so, in plain words. */
  readonly reason: string;
  readonly refusals: readonly Refusal[];
  /** What was left when a person gave it up. */
  readonly held?: Held;
  readonly log: string;
  readonly rotationId: string;
  readonly attempts: number;
  readonly currentTree?: Partial<TreeHead> & { readonly treeId: TreeId };
  readonly nextTree?: { readonly treeId: TreeId; readonly firstIndex: number };
  readonly steps: readonly StepRecord[];
  readonly writes?: WriteStall;
  readonly frozen?: FrozenTree;
  /** Absent when an entry of a client came before it. */
  readonly handover?: Handover;
  /** The shard between the current and the next tree of a rotation that ended `superseded`. */
  readonly superseded?: { readonly treeId: TreeId; readonly size: number };
  /** Next trees of undone attempts, FROZEN; nothing serves them, and no rotation deletes one. Absent without any. */
  readonly leftTrees?: readonly TreeId[];
  /** For how long clients may have seen a next tree that was taken back, at most; milliseconds (H36). */
  readonly nextTreeVisibleMs?: number;
  /** What people decided while it was held. */
  readonly interventions: readonly Intervention[];
  readonly verification?: VerificationReport;
  /** What monitors, mirrors and verifiers must be told (docs/operating.md says why). */
  readonly tellDownstream: readonly string[];
  /** Everything that was looked at before it, right or wrong; absent when it came to no look. */
  readonly checks?: readonly Check[];
  readonly plan?: Plan;
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
