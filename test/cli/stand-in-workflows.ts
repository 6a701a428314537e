import {
  condition,
  defineQuery,
  defineSignal,
  executeChild,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { lockId, type Progress } from '../../workflows/messages';
import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import { aCompletedResult, aPlannedResult, aProgress, aRefusedResult, aRolledBackResult } from './results';

/** Workflows with the names and answers of the real ones, which do nothing: they end when they are told. */

export const finish = defineSignal('finish');

const progressQuery = defineQuery<Progress>('progress');

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
  return await executeChild(rotation, { workflowId: lockId(request.log), args: [request.log] });
}

export async function rotation(log: string): Promise<RotationResult> {
  let finished = false;
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(progressQuery, () => aProgress({ log }));
  try {
    await condition(() => finished);
    return aCompletedResult();
  } catch (error) {
    if (isCancellation(error)) {
      return aRolledBackResult();
    }
    throw error;
  }
}
