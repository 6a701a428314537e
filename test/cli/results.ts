import { planRotation, type Plan } from '../../workflows/model/plan';
import { completed, planned, refused, rolledBack } from '../../workflows/model/result';
import { refusal } from '../../workflows/model/refusals';
import type { RotationResult, StepRecord } from '../../workflows/model/rotation';
import type { Progress } from '../../workflows/messages';
import { aFoundLog } from '../workflows/found-log';

/** Results of the log `production`, made by the model itself. */

const steps: readonly StepRecord[] = [
  { name: 'createTree', ms: 42, kind: 'done', attempt: 1 },
  { name: 'stage', ms: 1234, kind: 'done', attempt: 1 },
];

export function aPlan(): Plan {
  const answer = planRotation({ log: 'production' }, { log: 'production', refusals: [], found: aFoundLog() });
  if (!('plan' in answer)) {
    throw new Error(`The log of the tests cannot be rotated: ${JSON.stringify(answer.refusals)}`);
  }
  return answer.plan;
}

export function aPlannedResult(): RotationResult {
  return planned(aPlan(), '20260131T030000Z-1f3a9c', [
    { name: 'createTree', ms: 0, kind: 'said', attempt: 1, says: ['create a tree of type LOG and close it'] },
    {
      name: 'hold',
      ms: 0,
      kind: 'said',
      attempt: 1,
      says: ['hold new writes in the gate', 'wait for those in flight'],
    },
  ]);
}

export function aCompletedResult(): RotationResult {
  const identity = { log: 'production', rotation: '20260131T030000Z-1f3a9c', attempt: 1, number: 1 };
  return completed(aPlan(), identity, steps, {
    nextTreeId: '7331245678901234567',
    frozen: { treeId: '200', size: 25, rootHash: 'd'.repeat(64), proof: [] },
    handover: { text: '200 25', leafHash: 'e'.repeat(64), integratedInMs: 80 },
    verification: {
      entriesVerified: 24,
      proofsVerified: 24,
      checkpointsVerified: 2,
      shards: [],
      withoutBundle: 0,
    },
    writes: { stallMs: 412, longestWaitMs: 380, held: 9, refused: 0, recovered: 0, dropped: 0 },
  });
}

export function aRolledBackResult(): RotationResult {
  const identity = { log: 'production', rotation: '20260131T030000Z-1f3a9c', attempt: 2, number: 2 };
  return rolledBack(aPlan(), identity, steps, refusal('BUDGET_EXCEEDED', { step: 'freeze', budgetMs: 2500 }));
}

export function aRefusedResult(): RotationResult {
  return refused('production', '20260131T030000Z-1f3a9c', [
    refusal('CURRENT_TREE_NOT_ACTIVE', { log: 'production', tree: '200', state: 'FROZEN' }),
    refusal('NEXT_IS_RUNNING', { log: 'production', next: 'green' }),
  ]);
}

export function aProgress(changes: Partial<Progress> = {}): Progress {
  return {
    log: 'production',
    rotation: '20260131T030000Z-1f3a9c',
    phase: 'stage',
    attempt: 1,
    steps: steps.slice(0, 1),
    cancelWould: 'Cancel takes everything back; the log is then as it was before.',
    note: null,
    result: null,
    ...changes,
  };
}
