import { Process, type VirtualTime } from '../virtual-time';

export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

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

  /** Whether Temporal can give it something to do now. */
  polls(time: VirtualTime): boolean {
    return this.process.alive && this.process.stoppedUntil <= time.now && this.cutOffUntil <= time.now;
  }
}
