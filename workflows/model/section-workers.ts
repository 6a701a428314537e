/** Which workers take part in a critical section. A worker is called by a task queue that nobody else asks. */
export interface SectionWorkers {
  /** Does all of it. */
  readonly acting: string;
  /** Takes it back, should the other one be lost. */
  readonly standingBy: string;
}

/** Who asks for tasks, as one of them knows it. */
export interface WorkersSeen {
  /** The task queue of the worker that was asked. */
  readonly own: string;
  /** Those of others, the one that was seen last first; some may be gone already. */
  readonly others: readonly string[];
}

/** What is asked of workers, and not of the log. */
export interface SeeingWorkers {
  workersSeen(log: string): Promise<WorkersSeen>;
}

/**
 * The task queue of one worker: it asks that besides the one of all.
 *
 * @param identity what Temporal calls the worker.
 */
export function ownTaskQueue(taskQueue: string, identity: string): string {
  return `${taskQueue}@${identity}`;
}
