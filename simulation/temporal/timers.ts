import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import { milliseconds, type Command, type Job } from './conversion';
import type { Execution } from './execution';

type StartTimer = NonNullable<Command['startTimer']>;

/** What timers need of the server. */
export interface TimerHost {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Tells a workflow what happened. */
  happened(execution: Execution, job: Job): void;
}

/** The timers of workflows, as punctual as a server's with default settings. */
export class Timers {
  readonly #host: TimerHost;

  constructor(host: TimerHost) {
    this.#host = host;
  }

  /** Starts one that was asked for at `askedAt`, which lies in the past for a run that was reset. */
  start(execution: Execution, command: StartTimer, askedAt: number): void {
    const { time, random } = this.#host;
    const seq = command.seq ?? 0;
    const due = askedAt + (milliseconds(command.startToFireTimeout) ?? 0);
    // A timer below a second takes a second on a server with default settings.
    const ms = Math.max(due - time.now, 0);
    const timer = time.after(
      ms < 1000 ? random.between(950, 1000) : ms + random.between(1, 5),
      () => {
        execution.timers.delete(seq);
        this.#host.happened(execution, { fireTimer: { seq } });
      },
      null,
    );
    execution.timers.set(seq, timer);
  }

  cancel(execution: Execution, seq: number): void {
    execution.timers.get(seq)?.cancel();
    execution.timers.delete(seq);
  }
}
