import { executeChild, ParentClosePolicy, setCurrentDetails } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { failed, failForInput, reasonOf } from './failure';
import { ROTATE_LOG, scheduledId } from './messages';
import { refusal, type Refusal } from './model/refusals';
import type { RotationRequest } from './model/request';
import type { RotationResult } from './model/result';
import { decide, notRotated, rotated, type ScheduledResult } from './model/scheduled';
import type { SchedulePolicy } from './model/schedule-policy';
import { observations } from './real-run';
import { scheduledDetailsOf } from './scheduled-details';
import { lockTaken } from './under-lock';

/**
 * What a schedule starts: looks whether a rotation is due and a window is open, or opens soon, and starts `rotateLog` then. The
 * clock decides, not when it should have been started: one that comes late, after an outage for example, finds the window
 * closed. A run that chooses not to rotate completes, and its result says why; one with a wrong policy fails. Nothing is staged and no lock is held before
 * the rotation begins (H27).
 */
export async function scheduledRotation(input?: SchedulePolicy): Promise<ScheduledResult> {
  const log = typeof input?.log === 'string' ? input.log : '';
  const shows = (state: string, result?: ScheduledResult): void =>
    setCurrentDetails(scheduledDetailsOf(log, state, result));
  shows('looks whether a rotation is due and a window is open');
  const result = await scheduled(input, log, shows);
  shows('ended', result);
  failForInput(result.refusals);
  return result;
}

async function scheduled(
  input: SchedulePolicy | undefined,
  log: string,
  shows: (state: string) => void,
): Promise<ScheduledResult> {
  const looked = await look(input, log);
  if ('refusals' in looked) {
    return notRotated(log, looked.refusals);
  }
  const { policy, facts } = looked;
  const { figures, window, activeTree } = facts;
  const { because, ...decision } = decide(policy, facts);
  const saw = { due: { ...figures, because }, window };
  if ('skipped' in decision) {
    const { message, remedy } = decision.skipped;
    const refusals = [decision.skipped];
    return { outcome: 'skipped', reason: `${message} ${remedy}`, refusals, log, ...saw };
  }
  const workflowId = scheduledId(log);
  shows(
    `the rotation is the workflow ${workflowId}, whose details say what it waits for; Cancel is passed on to it`,
  );
  // A log that was rotated by hand meanwhile has another active tree, and this rotation refuses.
  const came = await rotation(workflowId, { log, currentTree: activeTree, begin: decision.go });
  const ended = 'refusals' in came ? notRotated(log, came.refusals) : rotated(log, workflowId, came.result);
  return { ...ended, ...saw };
}

type Looked =
  | { readonly policy: SchedulePolicy; readonly facts: Parameters<typeof decide>[1] }
  | { readonly refusals: readonly Refusal[] };

/** What is wrong with the policy comes first, since it is so whatever the log does. */
async function look(input: SchedulePolicy | undefined, log: string): Promise<Looked> {
  try {
    const wrong = await observations().policyProblems(input ?? null);
    if (!input || wrong.length > 0) {
      return { refusals: wrong };
    }
    const taken = await lockTaken(log);
    return taken
      ? { refusals: [taken] }
      : { policy: input, facts: await observations().scheduleFacts(input) };
  } catch (error) {
    return { refusals: [reasonOf(error, 'schedule')] };
  }
}

/** One scheduled rotation of a log is open at a time: its id is the same for all of them. */
async function rotation(
  workflowId: string,
  request: RotationRequest,
): Promise<{ readonly result: RotationResult } | { readonly refusals: readonly Refusal[] }> {
  const { log } = request;
  try {
    const result = await executeChild<(request: RotationRequest) => Promise<RotationResult>>(ROTATE_LOG, {
      workflowId,
      args: [request],
      // A rotation that has begun is carried to its end, whatever becomes of the run that started it (H22).
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Scheduled rotation of ${log}`,
    });
    return { result };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      return { refusals: [refusal('SCHEDULED_ALREADY', { log, workflowId })] };
    }
    const reason = reasonOf(error, 'rotation');
    if (reason.code === 'CANCELLED') {
      return { refusals: [reason] };
    }
    // It failed inside: the schedule's pauseOnFailure is for this.
    throw failed(reason);
  }
}
