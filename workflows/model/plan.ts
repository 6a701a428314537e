import type { InstallationChanges, InstallationState } from './installation';
import type { IfNextFails } from './decision';
import { type DrainEvidence, longestSignerWaitsMs, passMs, signerWaitsMs } from './drain';
import type { InstanceLog, Shard, Tree, TreeHead, TreeId } from './log';
import { LARGEST_NUMBER, numberAfter, type RotationRequest } from './rotation';
import { refusal, type Refusal } from './refusals';
import { differencesFrom, firstIndexAfter } from './shards';

/** What preflight read, all in one instant as far as that is possible. */
export interface PreflightFacts {
  readonly log: string;
  /** What could not be read, or was plainly wrong where it was read; the fields below are then absent. */
  readonly refusals: readonly Refusal[];
  readonly found?: FoundLog;
}

export interface FoundLog {
  readonly installation: InstallationState;
  readonly changes: InstallationChanges;
  readonly current: Tree;
  readonly currentHead: TreeHead;
  readonly inactive: readonly (Shard & { readonly tree: Tree })[];
  /** What each instance that serves now has loaded. */
  readonly instances: readonly { readonly name: string; readonly log: InstanceLog }[];
  /** The log as its clients see it. Absent in histories before it was read. */
  readonly publicLog?: PublicLog;
  readonly gate: {
    readonly upstream: string;
    readonly number: number;
    readonly holding: boolean;
    /** It sends no writes, or knows other shards. */
    readonly alarms?: readonly Refusal[];
  };
  /** The largest number in the mark of any tree of this log; 0 without any. */
  readonly largestMark: number;
  /** Trees whose mark is ignored for its number. */
  readonly unusableMarks: readonly TreeId[];
  /** What an interrupted rotation left behind, in plain words. */
  readonly leftovers: readonly string[];
  /** How it will be proven that the current tree is drained; the signer's passes are the weaker way. */
  readonly drainEvidence: DrainEvidence;
  /** SHA-256 over what the plan changes, but not over sizes, which move all the time. */
  readonly hash: string;
  readonly timing: RotationTiming;
}

/** What stands against a rotation where clients reach the log, and what they should know of it before one. */
export interface PublicLog {
  readonly refusals: readonly Refusal[];
  /** In whole sentences. */
  readonly warnings: readonly string[];
}

/** How long a rotation of this log may take in each part, from the configuration. Milliseconds. */
export interface RotationTiming {
  /** How many attempts a rotation makes before it ends `rolledBack`. */
  readonly attempts: number;
  readonly pauseBetweenAttemptsMs: number;
  /** From the hold to the exposure; what is not through by then is undone. */
  readonly criticalSectionMs: number;
  readonly soakMs: number;
  /** The current release keeps running for this long after its last write. */
  readonly stopCurrentAfterMs: number;
  /** What becomes of a next tree that took entries of clients and cannot serve. */
  readonly ifNextFails: IfNextFails;
}

/** The exact changes of one rotation, as data. */
export interface Plan {
  readonly log: string;
  readonly hash: string;
  readonly currentTree: TreeHead & { readonly treeId: TreeId };
  /** The next tree gets it from the current one (Trillian's `max_root_duration`); milliseconds. */
  readonly maxRootDurationMs: number;
  readonly inactive: readonly Shard[];
  readonly installation: InstallationState;
  readonly changes: InstallationChanges;
  /** Virtual index of the next tree's first leaf if nothing were written any more. */
  readonly firstIndexNow: number;
  readonly drainEvidence: FoundLog['drainEvidence'];
  /** Fencing number of the first attempt. */
  readonly number: number;
  readonly timing: RotationTiming;
  /** What no rotation changes and somebody should look at, in whole sentences. */
  readonly warnings?: readonly string[];
}

/** Makes the plan, or says everything that stands against it. Pure: the same facts give the same answer. */
export function planRotation(
  request: RotationRequest,
  facts: PreflightFacts,
): { readonly plan: Plan } | { readonly refusals: readonly Refusal[] } {
  const found = facts.found;
  if (facts.refusals.length > 0 || !found) {
    return { refusals: facts.refusals };
  }
  const refusals = [...refusalsOf(request, found)];
  if (refusals.length > 0) {
    return { refusals };
  }
  return {
    plan: {
      log: request.log,
      hash: found.hash,
      currentTree: { treeId: found.current.treeId, ...found.currentHead },
      maxRootDurationMs: found.current.maxRootDurationMs,
      inactive: found.inactive.map(({ treeId, length }) => ({ treeId, length })),
      installation: found.installation,
      changes: found.changes,
      firstIndexNow: firstIndexAfter(found.inactive) + found.currentHead.size,
      drainEvidence: found.drainEvidence,
      number: numberAfter(Math.max(found.gate.number, found.largestMark), 1),
      timing: found.timing,
      warnings: found.publicLog?.warnings ?? [],
    },
  };
}

/** A rotation, its third trees and a recovery of it take far less. */
const NUMBERS_KEPT_FREE = 1_000;

function* refusalsOf(request: RotationRequest, found: FoundLog): Generator<Refusal> {
  const { installation, current } = found;
  const log = request.log;
  const largest = LARGEST_NUMBER - NUMBERS_KEPT_FREE;
  const tooLarge = [
    ...found.unusableMarks.map((treeId) => `The mark of tree ${treeId}`),
    ...(found.gate.number > largest ? ['The write gate'] : []),
    ...(found.largestMark > largest ? ['The mark of a tree'] : []),
  ];
  for (const where of tooLarge) {
    yield refusal('NUMBER_TOO_LARGE', { log, where, largest });
  }
  if (request.currentTree !== undefined && request.currentTree !== installation.activeTreeId) {
    yield refusal('NOT_THE_ACTIVE_TREE', {
      log,
      asked: request.currentTree,
      active: installation.activeTreeId,
    });
  }
  if (current.type !== 'LOG') {
    yield refusal('CURRENT_TREE_NOT_A_LOG', { log, tree: current.treeId, type: current.type });
  }
  if (current.state !== 'ACTIVE') {
    yield refusal('CURRENT_TREE_NOT_ACTIVE', { log, tree: current.treeId, state: current.state });
  }
  for (const shard of found.inactive) {
    if (shard.tree.state === 'ACTIVE') {
      yield refusal('INACTIVE_TREE_ACTIVE', { log, tree: shard.treeId });
    }
  }
  for (const instance of found.instances) {
    const differences = differencesFrom(instance.log, installation.activeTreeId, found.inactive);
    if (differences.length > 0) {
      yield refusal('INSTANCE_DIFFERS', { log, instance: instance.name, differences });
    }
  }
  yield* tooSlow(log, found);
  if (installation.nextIsRunning) {
    yield refusal('NEXT_IS_RUNNING', { log, next: installation.next });
  }
  if (found.leftovers.length > 0) {
    yield refusal('LEFTOVERS', { log, leftovers: found.leftovers });
  }
  if (found.gate.holding) {
    yield refusal('GATE_IS_HOLDING', { log, number: found.gate.number });
  }
  yield* found.gate.alarms ?? [];
  yield* found.publicLog?.refusals ?? [];
  if (request.planHash !== undefined && request.planHash !== found.hash) {
    yield refusal('PLAN_CHANGED', { log, asked: request.planHash, now: found.hash });
  }
}

/** Signers, or their metrics, that no critical section can wait for: known before the first one begins. */
function* tooSlow(log: string, { current, drainEvidence, timing }: FoundLog): Generator<Refusal> {
  const { pace, by } = drainEvidence;
  if (!pace) {
    return;
  }
  const { signers, readingMs, pageBytes, passes, withinMs } = pace;
  const waitsMs = signerWaitsMs(drainEvidence, { signers, readingMs, passMs: passMs(pace) });
  const mostMs = longestSignerWaitsMs(timing.criticalSectionMs);
  if (waitsMs > mostMs) {
    yield refusal('DRAIN_DOES_NOT_FIT', {
      ...{ log, tree: current.treeId, by, passes, withinMs, signers, readingMs, pageBytes },
      waitsMs: Math.round(waitsMs),
      signerIntervalMs: drainEvidence.timing.signerIntervalMs,
      mostMs,
    });
  }
}
