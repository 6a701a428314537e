import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { lockId, type Progress } from '../../workflows/messages';
import type { GuardResult } from '../../workflows/model/guarding';
import { resumeProblems, type Held, type ResumeInput } from '../../workflows/model/held';
import type { RecoveryRequest, RotationRequest, PruneRequest } from '../../workflows/model/request';
import { notNeeded, type RotationResult } from '../../workflows/model/result';
import { refusal, type Refusal } from '../../workflows/model/refusals';

import type { RetiredTree } from '../../workflows/model/retired';

import type { PruneResult } from '../../workflows/prune-trees';
import {
  aCompletedResult,
  aHeld,
  aHeldResult,
  aPlannedRecovery,
  aPlannedResult,
  aProgress,
  aRecoveredResult,
  aRefusedResult,
  aRolledBackResult,
  aServing,
} from './results';

/** Workflows with the names and answers of the real ones, which do nothing: they end when they are told. */

export const finish = defineSignal('finish');

/** Lets a rotation be held, with these choices. */
export const hold = defineSignal<[Held['choices']]>('hold');

/** Keeps the workflow that was asked for open when the lock has ended, until it is told to finish. */
export const stay = defineSignal('stay');

const progressQuery = defineQuery<Progress>('progress');
const resumeUpdate = defineUpdate<string, [ResumeInput]>('resume');

export async function rotateLog(request: RotationRequest): Promise<RotationResult> {
  setHandler(progressQuery, () => aProgress({ log: request.log, phase: 'rotation', steps: [] }));
  if (request.log !== 'production') {
    return aRefusedResult();
  }
  if (request.dryRun) {
    return aPlannedResult();
  }
  if (request.planHash !== aPlannedResult().plan?.hash) {
    throw new Error('a rotation must carry the hash of the plan that was shown');
  }
  let stays = false;
  setHandler(stay, () => {
    stays = true;
  });
  setHandler(finish, () => {
    stays = false;
  });
  const result = await executeChild(rotateUnderLock, underLock(request.log));
  await condition(() => !stays);
  return result;
}

export async function rotateUnderLock(log: string): Promise<RotationResult> {
  let finished = false;
  let held: Held | null = null;
  let ordered: ResumeInput | undefined;
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(hold, (choices) => {
    held = aHeld({ choices });
  });
  const take = (input: ResumeInput): string => {
    ordered = input;
    return input.choice;
  };
  setHandler(resumeUpdate, take, {
    validator: (order) => {
      const problems = resumeProblems(order, held);
      if (problems.length > 0) {
        throw ApplicationFailure.nonRetryable(problems.join(' '));
      }
    },
  });
  setHandler(progressQuery, () => aProgress({ log, held }));
  try {
    await condition(() => finished || ordered !== undefined);
    return ordered?.choice === 'giveUp' ? aHeldResult() : aCompletedResult();
  } catch (error) {
    if (isCancellation(error)) {
      return aRolledBackResult();
    }
    throw error;
  }
}

export async function recoverLog(request: RecoveryRequest): Promise<RotationResult> {
  const { log } = request;
  setHandler(progressQuery, () => aProgress({ log, rotationId: null, phase: 'preflight', steps: [] }));
  if (log !== 'production') {
    return notNeeded(log);
  }
  return request.dryRun ? aPlannedRecovery() : await executeChild(recoverUnderLock, underLock(log));
}

export async function recoverUnderLock(log: string): Promise<RotationResult> {
  let finished = false;
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(progressQuery, () => aProgress({ log, rotationId: null, phase: 'undo freeze' }));
  await condition(() => finished);
  return aRecoveredResult();
}

/** What a look of the guardian is to find, or that it fails. */
export interface LookOrder {
  readonly log: string;
  readonly alarms?: readonly Refusal[];
  readonly fails?: boolean;
}

export function guardLog({ log, alarms = [], fails }: LookOrder): Promise<GuardResult> {
  if (fails) {
    const reason = refusal('INTERNAL', { step: 'guard', reason: 'it could not look' });
    throw ApplicationFailure.nonRetryable(reason.message, reason.code, reason);
  }
  return Promise.resolve({ log, alarms, recover: false, serves: aServing() });
}

const retired: readonly RetiredTree[] = [
  { treeId: '301', size: 0, rootHash: '', rotationId: '20260131T030000Z-1f3a9c', attempt: 1 },
  { treeId: '302', size: 1, rootHash: '', rotationId: '20260131T030000Z-1f3a9c', attempt: 2 },
  { treeId: '303', size: 7, rootHash: '', rotationId: 'x', attempt: 1, keep: 'it holds entries of clients' },
];

/** Tree 302 cannot be deleted after all. */
export function pruneTrees({ log, deleteTrees = [] }: PruneRequest): Promise<PruneResult> {
  if (log !== 'production') {
    const unknown = refusal('UNKNOWN_LOG', { log, known: ['production'] });
    const cause = new Error('what the activity caught, as in real life');
    const { message, code: type } = unknown;
    throw ApplicationFailure.create({ message, type, nonRetryable: true, details: [unknown], cause });
  }
  const reason = 'the standing configuration names it now';
  return Promise.resolve({
    log,
    retired,
    deleted: deleteTrees.filter((tree) => tree !== '302'),
    refusals: deleteTrees.includes('302') ? [refusal('NOT_PRUNABLE', { tree: '302', reason })] : [],
  });
}

function underLock(log: string) {
  const memo = { startedBy: workflowInfo().workflowId };
  return { workflowId: lockId(log), args: [log], memo } as { workflowId: string; args: [string] };
}
