import type { Client } from '@temporalio/client';
import { ownTaskQueue, type WorkersSeen } from '../../workflows/model/section-workers';
import { pollersOf } from '../clients/pollers';

/** A worker, and whom it shares its work with. */
export interface WorkerNames {
  /** That of all workers. */
  readonly taskQueue: string;
  /** What Temporal calls this one. */
  readonly identity: string;
}

/** The worker that is asked, and the others that ask the same task queue for activities. */
export async function workersSeen(
  { connection, options: { namespace } }: Pick<Client, 'connection' | 'options'>,
  { taskQueue, identity }: WorkerNames,
): Promise<WorkersSeen> {
  const { polling } = await pollersOf(connection, { namespace, taskQueue }, 'activities', Date.now());
  const others = polling.filter((other) => other !== identity);
  return {
    own: ownTaskQueue(taskQueue, identity),
    others: others.map((other) => ownTaskQueue(taskQueue, other)),
  };
}
