import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { cutOverId, lockId } from '../../workflows/messages';
import type { LockOwner } from '../../workflows/model/guarding';

/** Who rotates or recovers a log now: the memo of the workflow whose id is the lock. Null without one. */
export async function lockHolder(
  client: Client,
  log: string,
): Promise<{ readonly rotation: string; readonly startedBy: string } | null> {
  const description = await running(client, lockId(log));
  if (!description) {
    return null;
  }
  const { rotation, startedBy } = description.memo ?? {};
  return { rotation: String(rotation), startedBy: String(startedBy) };
}

/** Whether a critical section of the log is open: it outlives a rotation that was terminated. */
export async function cutOverRuns(client: Client, log: string): Promise<boolean> {
  return (await running(client, cutOverId(log))) !== null;
}

/**
 * Who holds the log and how it fares; null when neither a rotation, a recovery nor a critical section is open. A rotation
 * waits quietly for its critical section, also while no worker can go on with that: it fares as the worse of the two.
 */
export async function lockOwner(client: Client, log: string): Promise<LockOwner | null> {
  const found = await Promise.all([running(client, lockId(log)), running(client, cutOverId(log))]);
  const open = found.filter((description) => description !== null);
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
  const rotation = first.memo?.['rotation'];
  const seconds = Number(latest.history?.events?.[0]?.eventTime?.seconds ?? Date.now() / 1000);
  return {
    workflowId,
    rotation: typeof rotation === 'string' ? rotation : first.workflowId,
    taskAttempts: taskAttempts(worst),
    quietForMs: Math.max(Date.now() - seconds * 1000, 0),
  };
}

function taskAttempts({ raw }: WorkflowExecutionDescription): number {
  return raw.pendingWorkflowTask?.attempt ?? 0;
}

async function running(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.status.name === 'RUNNING' ? description : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      return null;
    }
    throw error;
  }
}
