import { innermost } from './errors';
import type { RotationClient } from './rotation-client';
import { ago, table } from './text';

/** Whether anybody carries out what Temporal has to do for a log; a part of what `status --json` prints. */
export interface WorkerStatus {
  readonly taskQueue: string;
  /** Somebody asked the task queue for work in the last 75 s; null when Temporal could not be asked. */
  readonly polls: boolean | null;
  /** When somebody asked last, ISO 8601; null when Temporal remembers nobody, which it does for minutes only. */
  readonly lastAskedAt: string | null;
  /** Why Temporal could not be asked; null when it could. */
  readonly problem: string | null;
}

/** Asks Temporal who polls the task queue. One that does not tell must not keep the rest from being shown. */
export async function workerStatus(
  client: Pick<RotationClient, 'taskQueue' | 'pollers'>,
): Promise<WorkerStatus> {
  const { taskQueue } = client;
  try {
    const { polling, lastAskedAt } = await client.pollers();
    return {
      ...{ taskQueue, polls: polling.length > 0 },
      ...{ lastAskedAt: lastAskedAt && lastAskedAt.toISOString(), problem: null },
    };
  } catch (error) {
    const problem = error instanceof Error ? innermost(error).message : String(error);
    return { taskQueue, polls: null, lastAskedAt: null, problem };
  }
}

/** What is to be said of the worker: nothing where one polls. */
export function workerLines(worker: WorkerStatus, columns: number, now: Date): string[] {
  const { taskQueue, polls, problem } = worker;
  if (polls === null) {
    return table([['  Worker', `cannot be asked for: ${problem ?? ''}`]], columns);
  }
  const text = `No worker polls the task queue ${taskQueue}${sinceText(worker, now)}: nothing rotates, and no guardian looks. Start one with \`rekor-rotate worker\`.`;
  return polls ? [] : table([['  WORKER', text]], columns);
}

function sinceText({ lastAskedAt }: WorkerStatus, now: Date): string {
  return lastAskedAt === null
    ? '; since when, Temporal does not know any more'
    : ` since ${lastAskedAt}, ${ago(now.getTime() - Date.parse(lastAskedAt))}`;
}
