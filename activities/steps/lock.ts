import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { lockId } from '../../workflows/messages';

/** Who rotates a log now: the memo that `rotateLog` gave to the workflow whose id is the lock. Null without one. */
export async function lockHolder(
  client: Client,
  log: string,
): Promise<{ readonly rotation: string; readonly startedBy: string } | null> {
  try {
    const description = await client.workflow.getHandle(lockId(log)).describe();
    if (description.status.name !== 'RUNNING') {
      return null;
    }
    const { rotation, startedBy } = description.memo ?? {};
    return { rotation: String(rotation), startedBy: String(startedBy) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      return null;
    }
    throw error;
  }
}
