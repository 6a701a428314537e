import type { AttemptInput } from '../../workflows/model/actions';
import { failedCheck, refusalsIn } from '../../workflows/model/checks';
import type { Serving } from '../../workflows/model/guarding';
import type { Held } from '../../workflows/model/held';
import type { Ownership, SourceOfTruth } from '../../workflows/model/ownership';
import { planRotation, type FoundLog, type Plan, type Planned } from '../../workflows/model/plan';
import type { PlanFile } from '../../workflows/model/plan-file';
import {
  completed,
  givenUp,
  planned,
  refused,
  rolledBack,
  superseded,
  type Evidence,
  type Rotated,
  type RotationResult,
} from '../../workflows/model/result';
import { refusal } from '../../workflows/model/refusals';

import type { StepRecord } from '../../workflows/model/steps';
import type { Progress } from '../../workflows/messages';
import { patience, slotBlue, slotGreen } from '../model/two-slots';
import { aFoundLog } from '../model/found-log';

/** Results of the log `production`, made by the model itself. */

const rotation = '20260131T030000Z-1f3a9c';

const steps: readonly StepRecord[] = [
  { name: 'createTree', ms: 42, kind: 'done', attempt: 1 },
  { name: 'stage', ms: 1234, kind: 'done', attempt: 1 },
];

/** Of a plan file no seal is broken: nothing here can look at one. */
function planOf(changes: Partial<FoundLog> = {}, planFile?: PlanFile): Planned {
  const sealed = { brokenSeals: [], hash: 'e'.repeat(64) };
  const found = { ...aFoundLog(), ...changes, ...(planFile && { planFile: sealed }) };
  const request = { log: 'production', ...(planFile && { planFile }) };
  return planRotation(request, { log: 'production', checks: [], found });
}

export function aPlan(planFile?: PlanFile): Plan {
  const answer = planOf({}, planFile);
  if (!('plan' in answer)) {
    throw new Error(`The log of the tests cannot be rotated: ${JSON.stringify(answer.refusals)}`);
  }
  return answer.plan;
}

function aRotated(changes: Partial<Rotated> = {}): Rotated {
  const what = { kind: 'rotation' as const, log: 'production', rotationId: rotation, plan: aPlan() };
  return { ...what, attempts: 1, steps, interventions: [], ...changes };
}

/** From tree 200 to the next one, or from there to a third one. */
function anOrder(currentTreeId = '200', nextTreeId = '7331245678901234567'): AttemptInput {
  return {
    identity: { log: 'production', rotationId: rotation, attempt: 1, number: 1 },
    release: {
      ...{ attemptId: `${rotation}/1`, current: slotBlue, next: slotGreen },
      ...{ currentTreeId, nextTreeId, inactive: aPlan().inactive, patience },
    },
  };
}

function evidence(treeId: string): Evidence {
  return {
    frozen: { treeId, size: 25, rootHash: 'd'.repeat(64), proof: [] },
    handover: { text: `${treeId} 25`, leafHash: 'e'.repeat(64), integratedInMs: 80 },
    verification: {
      ...{ entriesVerified: 24, proofsVerified: 24, checkpointsVerified: 2, withoutBundle: 0 },
      shards: [],
    },
    writes: { stallMs: 412, longestWaitMs: 380, held: 9, refused: 0, resent: 0, dropped: 0 },
  };
}

export function aPlannedResult(planFile?: PlanFile): RotationResult {
  const planned = planOf({}, planFile);
  if ('refusals' in planned) {
    return refused({ kind: 'rotation', log: 'production', rotationId: rotation }, planned.refusals);
  }
  const { edited } = planned.plan;
  return { ...aPlannedRotation(planFile), checks: planned.checks, ...(edited && { edited }) };
}

/** No reason against it, but somebody should look. */
export function aWarnedResult(): RotationResult {
  const found = { log: 'production', served: 'rekor.other', field: 'publicUrl', url: 'http://rekor' };
  const warning = failedCheck('HOST_NAME_EXPECTED', refusal('HOSTNAME_NOT_IN_ADDRESS', found), 'warning');
  return { ...aPlannedResult(), checks: [warning, ...planOf().checks] };
}

/** A log whose objects somebody else writes. */
export function aResultWithOwners(ownership: Ownership): RotationResult {
  const found = planOf({ ownership });
  return 'plan' in found
    ? { ...aPlannedRotation(), plan: found.plan, checks: found.checks }
    : refused({ kind: 'rotation', log: 'production', rotationId: rotation }, found.refusals);
}

function aPlannedRotation(planFile?: PlanFile): RotationResult {
  const plan = aPlan(planFile);
  const said: readonly [StepRecord['name'], ...string[]][] = [
    ['createTree', 'create a tree of type LOG and close it'],
    ['stage', 'write /etc/rekor/green.env', 'rehearse the start of slot green: systemctl start rekor@green'],
    ['hold', 'hold new writes in the gate', 'wait for those in flight'],
  ];
  const planSteps = said.map(([name, ...says]) => ({ name, ms: 0, kind: 'said' as const, attempt: 1, says }));
  return planned({ kind: 'rotation', log: plan.log, rotationId: rotation, plan, steps: planSteps });
}

export function aCompletedResult(sourceOfTruth?: SourceOfTruth): RotationResult {
  return completed(aRotated(), anOrder(), { ...evidence('200'), ...(sourceOfTruth && { sourceOfTruth }) });
}

/** Nobody verified it, and its first entry is a client's. */
export function aResultWithoutEvidence(): RotationResult {
  const { frozen } = evidence('200');
  const left = { name: 'confirm', ms: 0, kind: 'skipped', attempt: 1 } as const;
  const decided = { ...aDecision(), choice: 'skip', step: 'confirm' } as const;
  const rotated = aRotated({ steps: [...steps, left], interventions: [decided] });
  return completed(rotated, anOrder(), { frozen, handover: null });
}

export function aSupersededResult(): RotationResult {
  const input = anOrder('7331245678901234567', '8441245678901234567');
  const inactive = [...input.release.inactive, { treeId: '200', length: 22 }];
  const supersedes = { trees: [input.release.currentTreeId], unnamed: 1 };
  const third = { ...input, release: { ...input.release, inactive, supersedes } };
  return superseded(aRotated(), third, evidence('7331245678901234567'));
}

export function aRolledBackResult(): RotationResult {
  const undone = { name: 'freeze', ms: 12, kind: 'undone', attempt: 2 } as const;
  const writes = { stallMs: 2610, longestWaitMs: 2480, held: 52, refused: 3, resent: 0, dropped: 0 };
  const sentBack = { name: 'hold', ms: 140, kind: 'undone', attempt: 2, writes } as const;
  const done = { attempts: 2, steps: [...steps, undone, sentBack], writes };
  const rotated = aRotated({ ...done, nextTreeVisibleMs: 1800 });
  return rolledBack(rotated, '200', refusal('BUDGET_EXCEEDED', { step: 'freeze', budgetMs: 2500 }));
}

/** Cancelled while the next slot was being staged: `stage` never ended. */
export function aCancelledResult(changes: Partial<Rotated> = {}): RotationResult {
  const undos: StepRecord[] = (['stage', 'createTree'] as const).map((name) => ({
    ...{ name, ms: 31, kind: 'undone', attempt: 1 },
  }));
  const rotated = aRotated({
    steps: [...steps.slice(0, 1), ...undos],
    leftTrees: ['7331245678901234567'],
    ...changes,
  });
  return rolledBack(rotated, '200', refusal('CANCELLED', { step: 'stage' }));
}

export function aHeldResult(): RotationResult {
  const { who, why } = aDecision();
  const gaveUp = { ...aDecision(), choice: 'giveUp' } as const;
  const reason = refusal('GIVEN_UP', { step: 'undo freeze', who, why });
  return givenUp(aRotated({ interventions: [gaveUp] }), aHeld(), reason);
}

function aDecision() {
  return {
    instruction: 'resume',
    who: 'Ada',
    why: 'the signer is gone for good',
    step: 'undo freeze',
    at: '2026-01-31T03:20:00Z',
  } as const;
}

export function aRefusedResult(): RotationResult {
  const { current, installation } = aFoundLog();
  const { checks } = planOf({
    current: { ...current, state: 'FROZEN' },
    installation: { ...installation, nextIsRunning: true },
  });
  return {
    ...refused({ kind: 'rotation', log: 'production', rotationId: rotation }, refusalsIn(checks)),
    checks,
  };
}

/** A rotation that a person had decided about when a later one took the log. */
export function anOvertakenResult(): RotationResult {
  const skipped = { ...aDecision(), choice: 'skip' } as const;
  const reason = refusal('NOT_OURS', { rotation, number: 7, later: 11 });
  return refused(aRotated({ attempts: 2, interventions: [skipped] }), [reason]);
}

/** What a dry run of `recoverLog` answers: it has no plan. */
export function aPlannedRecovery(): RotationResult {
  return {
    kind: 'recovery',
    ...{ log: 'production', rotationId: rotation, outcome: 'planned', refusals: [], attempts: 0, steps: [] },
    ...{ interventions: [], tellDownstream: [] },
    reason: 'Found: the gate holds writes. The rotation is taken back: tree 200 takes the writes.',
  };
}

/** What a recovery that has taken a rotation back answers; it has no plan either. */
export function aRecoveredResult(): RotationResult {
  const undone = { name: 'freeze', ms: 12, kind: 'undone', attempt: 1 } as const;
  const what = { log: 'production', rotationId: rotation, attempts: 1, steps: [undone], interventions: [] };
  return rolledBack(
    { kind: 'recovery', ...what },
    '200',
    refusal('LEFTOVERS', { log: 'production', leftovers: ['the gate holds writes'] }),
  );
}

export function aHeld(changes: Partial<Held> = {}): Held {
  return {
    step: 'undo freeze',
    reason: refusal('TRILLIAN_UNREACHABLE', {
      log: 'production',
      address: 'trillian.example.com:8090',
      reason: 'connection refused',
    }),
    since: '2026-01-31T03:00:00.000Z',
    tries: 4,
    longestPauseMs: 5_000,
    state: ['current tree 200: DRAINING', 'gate: pass, sends to http://127.0.0.1:3001'],
    commands: [
      'updatetree --admin_server=trillian.example.com:8090 --tree_id=200 --tree_state=ACTIVE --and=more',
    ],
    choices: ['retry', 'skip', 'giveUp'],
    ...changes,
  };
}

export function aProgress(changes: Partial<Progress> = {}): Progress {
  return {
    log: 'production',
    rotationId: rotation,
    planHash: aPlan().hash,
    phase: 'stage',
    since: '2026-01-31T03:00:00Z',
    until: null,
    attempt: 1,
    steps: steps.slice(0, 1),
    cancelDoes: 'rollBack',
    cancelWould:
      'Cancel takes everything back: the log then serves as before. A next tree that was made is left FROZEN.',
    note: null,
    takes: [],
    carriedOutBy: null,
    waiting: null,
    held: null,
    result: null,
    ...changes,
  };
}

export function aServing(changes: Partial<Serving> = {}): Serving {
  return {
    ...{ release: 'slot green', treeId: '7331245678901234567', state: 'ACTIVE', size: 7, nextIndex: 42 },
    ...{ earlierShards: 2, gate: 'pass', instances: [{ name: 'green', proven: true }] },
    ...changes,
  };
}
