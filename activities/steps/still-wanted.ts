import type { Context } from '@temporalio/activity';
import { openExecution } from './lock';

/**
 * Whether the workflow of a running activity still waits for it. Temporal may have given it up, while its worker was stopped.
 *
 * @throws TEMPORAL_UNREACHABLE
 */
export async function stillWanted({
  client,
  info: { activityId, workflowExecution },
}: Pick<Context, 'client' | 'info'>): Promise<boolean> {
  const open = workflowExecution && (await openExecution(client, workflowExecution.workflowId));
  return (
    open?.runId === workflowExecution?.runId &&
    (open?.raw.pendingActivities ?? []).some((pending) => pending.activityId === activityId)
  );
}
