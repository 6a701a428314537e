import { ownTaskQueue } from '../../workflows/model/section-workers';
import { Process, type VirtualTime } from '../virtual-time';

export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The one that every worker asks. */
export const TASK_QUEUE = 'rekor-rotate';

/** One worker process. */
export class SimulatedWorker {
  readonly name: string;
  readonly activities: Activities;
  process: Process;
  /** Cut off from Temporal until then: it goes on with what it does, and nobody hears of it. */
  cutOffUntil = 0;

  constructor(name: string, activities: Activities) {
    this.name = name;
    this.activities = activities;
    this.process = new Process(name);
  }

  /** Whether Temporal can give it something of this task queue to do now. */
  polls(time: VirtualTime, taskQueue = TASK_QUEUE): boolean {
    return (
      (taskQueue === TASK_QUEUE || taskQueue === ownTaskQueue(TASK_QUEUE, this.name)) &&
      this.process.alive &&
      this.process.stoppedUntil <= time.now &&
      this.cutOffUntil <= time.now
    );
  }
}
