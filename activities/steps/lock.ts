import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { criticalSectionId, lockId, PROGRESS, type Progress } from '../../workflows/messages';
import { isOpen, pausedAmong } from '../../workflows/model/executions';
import type { LockOwner } from '../../workflows/model/guarding';
import { errorReason } from '../errors/error-reason';
import { refuse } from '../errors/refusal-error';

/** How long a workflow may take to answer a query; milliseconds. */
const QUERY_MS = 5_000;

/**
 * Who rotates or recovers a log now: the memo of the workflow whose id is the lock. Null without one. Refuses ROTATION_PAUSED
 * when that, or a critical section that outlived it, is paused: whoever waits for it would wait for a person.
 */
export async function lockHolder(
  client: Client,
  log: string,
): Promise<{ readonly rotation: string; readonly startedBy: string } | null> {
  const [lock, section] = await openOf(client, log);
  refusePaused(log, [lock, section]);
  if (!lock) {
    return null;
  }
  const { rotationId, startedBy } = lock.memo ?? {};
  return { rotation: String(rotationId), startedBy: String(startedBy) };
}

/**
 * Whether a critical section of the log is open: it outlives a rotation that was terminated. Refuses ROTATION_PAUSED for one
 * that is paused, because it takes itself back only once somebody unpauses it.
 */
export async function criticalSectionRuns(client: Client, log: string): Promise<boolean> {
  const section = await openExecution(client, criticalSectionId(log));
  refusePaused(log, [section]);
  return section !== null;
}

/**
 * Who holds the log and how it fares; null when neither a rotation, a recovery nor a critical section is open. A rotation
 * waits quietly for its critical section, also while no worker can go on with that: it fares as the worse of the two.
 *
 * @param stuckAfterMs one that is quiet for longer is asked whether it waits.
 */
export async function lockOwner(
  client: Client,
  log: string,
  stuckAfterMs: number,
): Promise<LockOwner | null> {
  const open = (await openOf(client, log)).filter((description) => description !== null);
  const [first] = open;
  if (!first) {
    return null;
  }
  const worst = open.reduce((one, other) => (taskAttempts(other) > taskAttempts(one) ? other : one));
  const { workflowId, runId } = worst;
  const latest = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const rotation = first.memo?.['rotationId'];
  const lastEvent = latest.history?.events?.[0]?.eventTime;
  const signs = [...(worst.raw.pendingActivities ?? []).flatMap(signsOfLife), lastEvent];
  const quietForMs = Math.max(Date.now() - Math.max(...signs.map(millisecondsOf)), 0);
  return {
    workflowId,
    rotation: typeof rotation === 'string' ? rotation : first.workflowId,
    taskAttempts: taskAttempts(worst),
    quietForMs,
    waits: quietForMs > stuckAfterMs && (await waits(client, workflowId)),
    paused: pausedAmong(open),
  };
}

/** Whether a workflow says that it waits although nothing has failed; false where no worker can ask it. */
async function waits(client: Client, workflowId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { waiting } = await client.withDeadline(Date.now() + QUERY_MS, () =>
      handle.query<Progress>(PROGRESS),
    );
    return waiting !== null;
  } catch {
    return false;
  }
}

type Found = WorkflowExecutionDescription | null;

/** The rotation or recovery of a log and its critical section, as far as they are open. */
async function openOf(client: Client, log: string): Promise<readonly [Found, Found]> {
  return await Promise.all([
    openExecution(client, lockId(log)),
    openExecution(client, criticalSectionId(log)),
  ]);
}

function refusePaused(log: string, found: readonly Found[]): void {
  const pause = pausedAmong(found.filter((description) => description !== null));
  if (pause) {
    throw refuse('ROTATION_PAUSED', { log, ...pause });
  }
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Timestamp = PendingActivity['lastStartedTime'];

/**
 * When something of an activity was heard, or is to be: its tries are no events of the history, and one that is held rests
 * between them for up to an hour, which ends with a try.
 */
function signsOfLife(activity: PendingActivity): Timestamp[] {
  const { lastHeartbeatTime, lastStartedTime, scheduledTime, nextAttemptScheduleTime } = activity;
  return [lastHeartbeatTime, lastStartedTime, scheduledTime, nextAttemptScheduleTime];
}

/** Since the epoch; 0 for none. */
function millisecondsOf(time: Timestamp): number {
  return Number(time?.seconds ?? 0) * 1000;
}

function taskAttempts({ raw }: WorkflowExecutionDescription): number {
  return raw.pendingWorkflowTask?.attempt ?? 0;
}

/**
 * An open workflow as Temporal describes it; null when there is none of this id that is open.
 *
 * @throws TEMPORAL_UNREACHABLE
 */
export async function openExecution(client: Client, workflowId: string): Promise<Found> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return isOpen(description) ? description : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      return null;
    }
    throw refuse('TEMPORAL_UNREACHABLE', { reason: errorReason(error) }, error);
  }
}
