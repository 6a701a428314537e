import {
  CancellationScope,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  workflowInfo,
  type Workflow,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { failed, reasonOf } from './failure';
import { lockId } from './messages';
import { cutFor } from './model/fitting';
import { refusal, type Refusal } from './model/refusals';
import type { RotationResult } from './model/result';
import { observations } from './real-run';

/** A workflow that holds a log's lock while it is open. */
export interface LockWorkflow {
  readonly type: string;
  readonly args: Parameters<Workflow>;
  /** Its rotation, for whoever finds the lock taken. */
  readonly rotationId: string;
  /** The step of the workflow that starts it, in its refusals. */
  readonly step: 'rotation' | 'recovery';
  readonly summary: string;
}

/** Why the log's lock cannot be had: who holds it, or why nobody can say; null when it is free. */
export async function lockTaken(log: string): Promise<Refusal | null> {
  try {
    const holder = await observations().lockHolder(log);
    return holder && refusal('ROTATION_IN_PROGRESS', { log, ...holder });
  } catch (error) {
    return reasonOf(error, 'preflight');
  }
}

/**
 * Starts a workflow as the log's lock and gives its result. A second one is refused with the first one's name, and so is one
 * that was cancelled before it had begun.
 */
export async function underLock(
  log: string,
  { type, args, rotationId, step, summary }: LockWorkflow,
): Promise<RotationResult | { readonly refusals: readonly Refusal[] }> {
  try {
    return await executeChild<(...input: typeof args) => Promise<RotationResult>>(type, {
      workflowId: lockId(log),
      args,
      memo: { rotationId, startedBy: workflowInfo().workflowId },
      // Terminating the one that a person started must not cut it in half (H22).
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: cutFor('summary', summary),
    });
  } catch (error) {
    if (isCancellation(error)) {
      return { refusals: [refusal('CANCELLED', { step })] };
    }
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      throw failed(reasonOf(error, step));
    }
    const taken = await CancellationScope.nonCancellable(() => lockTaken(log));
    return { refusals: [taken ?? refusal('LOCK_LOST', { log })] };
  }
}
