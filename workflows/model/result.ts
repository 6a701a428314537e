import type { Plan } from './plan';
import type { Refusal } from './refusals';
import type {
  AttemptIdentity,
  FrozenTree,
  Handover,
  RotationResult,
  StepRecord,
  VerificationReport,
  WriteStall,
} from './rotation';
import type { TreeId } from './log';
import { afterRotation, firstIndexAfter } from './shards';

/** Nothing has happened: every reason against it at once. */
export function refused(log: string, rotation: string, refusals: readonly Refusal[]): RotationResult {
  return {
    log,
    rotation,
    outcome: 'refused',
    reason: refusals.map(({ message, remedy }) => `${message} ${remedy}`).join(' '),
    refusals,
    attempts: 0,
    steps: [],
    tellDownstream: [],
  };
}

/** Everything is as it was before, and why. */
export function rolledBack(
  plan: Plan,
  identity: AttemptIdentity,
  steps: readonly StepRecord[],
  reason: Refusal,
): RotationResult {
  return {
    log: plan.log,
    rotation: identity.rotation,
    outcome: 'rolledBack',
    reason: `${reason.message} ${reason.remedy}`,
    refusals: [reason],
    plan,
    attempts: identity.attempt,
    currentTree: { treeId: plan.currentTree.treeId },
    steps,
    tellDownstream: [],
  };
}

/** What a completed rotation found and proved. */
export interface Evidence {
  readonly nextTreeId: TreeId;
  readonly frozen: FrozenTree;
  readonly handover: Handover;
  readonly verification: VerificationReport;
  readonly writes: WriteStall;
}

/** The next tree serves. */
export function completed(
  plan: Plan,
  identity: AttemptIdentity,
  steps: readonly StepRecord[],
  evidence: Evidence,
): RotationResult {
  const { frozen, nextTreeId } = evidence;
  const firstIndex = firstIndexAfter(afterRotation(plan.inactive, frozen.treeId, frozen.size));
  return {
    log: plan.log,
    rotation: identity.rotation,
    outcome: 'completed',
    reason: `Tree ${nextTreeId} takes the writes of ${plan.log} from virtual index ${firstIndex} on.`,
    refusals: [],
    plan,
    attempts: identity.attempt,
    currentTree: { treeId: frozen.treeId, size: frozen.size, rootHash: frozen.rootHash },
    nextTree: { treeId: nextTreeId, firstIndex },
    steps,
    writes: evidence.writes,
    frozen,
    handover: evidence.handover,
    verification: evidence.verification,
    tellDownstream: downstream(frozen, nextTreeId, firstIndex),
  };
}

/** What would have been done; nothing was. */
export function planned(plan: Plan, rotation: string, steps: readonly StepRecord[]): RotationResult {
  return {
    log: plan.log,
    rotation,
    outcome: 'planned',
    reason: 'This was a dry run: nothing has been changed.',
    refusals: [],
    plan,
    attempts: 0,
    steps,
    tellDownstream: [],
  };
}

/**
 * Who keeps state by tree must be told. A monitor compares its last checkpoint with the active tree and reports an
 * inconsistency after every rotation until its state is replaced (sigstore/rekor-monitor pkg/rekor/v1/verifier.go).
 */
function downstream(frozen: FrozenTree, nextTreeId: TreeId, firstIndex: number): string[] {
  return [
    `Monitors: tree ${frozen.treeId} ended with ${frozen.size} entries and root ${frozen.rootHash}; start again from tree ${nextTreeId}, virtual index ${firstIndex}.`,
    `Mirrors and crawlers: sum the sizes of all shards; the active tree's size alone has fallen.`,
    `Witnesses: the checkpoint's origin names tree ${nextTreeId} from now on.`,
    `Verifiers, TUF roots and search: nothing changes; the key is the same, and every index and UUID stays valid.`,
  ];
}
