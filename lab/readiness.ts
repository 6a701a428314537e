import { Connection } from '@temporalio/client';

/** Each of these asks once, and says false for whatever is not a good answer. */

export async function httpAnswers(url: string, isGood: (status: number) => boolean): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return isGood(answer.status);
  } catch {
    return false;
  }
}

export async function gateAnswers(publicUrl: string, adminUrl: string): Promise<boolean> {
  const anything = (): boolean => true;
  return (
    (await httpAnswers(`${adminUrl}/state`, anything)) &&
    (await httpAnswers(`${publicUrl}/api/v1/log`, anything))
  );
}

/** The dev server opens its port before the namespace is there. */
export async function temporalAnswers(address: string): Promise<boolean> {
  return await asked(address, async (connection) => {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  });
}

/** Whether a worker asked for workflow tasks since `startedAt` (ms since 1970); the server remembers earlier ones for minutes. */
export async function workerPolls(address: string, taskQueue: string, startedAt: number): Promise<boolean> {
  return await asked(address, async (connection) => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue: { name: taskQueue },
    });
    return pollers.some((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1_000 >= startedAt);
  });
}

async function asked(address: string, ask: (connection: Connection) => Promise<boolean>): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    return await connection.withDeadline(Date.now() + 2_000, () => ask(connection as Connection));
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
