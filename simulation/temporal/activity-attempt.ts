import { asyncLocalStorage } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { processes, type Process, type VirtualTime, type Waiting } from '../virtual-time';
import { activityContext, type TaskView } from './activity-context';
import { milliseconds, valuesOf } from './conversion';
import { runningActivity, type RunningActivity } from './running-activity';
import type { SimulatedWorker } from './worker';

/** What the code of an activity ended with. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What an attempt tells its task, and asks it. */
export interface AttemptReports {
  timedOut(kind: 'START_TO_CLOSE' | 'HEARTBEAT'): void;
  settled(outcome: Outcome): void;
  /** What the server answers to a sign of life. */
  heard(details: unknown): 'go on' | 'cancel' | 'gone';
}

/** What an attempt needs of the server. */
export interface AttemptHost {
  readonly time: VirtualTime;
  /** Time until a task reaches a worker, or a worker's word the server. Milliseconds. */
  latency(): number;
  clientOf(worker: SimulatedWorker): Client;
  /** The code of an activity has ended; false when nobody is to hear of it. */
  attemptEnded(task: TaskView): boolean;
}

/** One attempt: real code of an activity in a worker's process. Temporal may give it up long before it ends. */
export class ActivityAttempt {
  readonly worker: SimulatedWorker;
  /** The process that it began in: a worker that is started again is another one. */
  readonly #process: Process;
  readonly #task: TaskView;
  readonly #host: AttemptHost;
  readonly #reports: AttemptReports;
  readonly #controller = new AbortController();
  #timeouts: Waiting[] = [];
  #heartbeat: Waiting | undefined;
  #over = false;
  #silent = false;

  constructor(task: TaskView, worker: SimulatedWorker, host: AttemptHost, reports: AttemptReports) {
    this.#task = task;
    this.worker = worker;
    this.#process = worker.process;
    this.#host = host;
    this.#reports = reports;
  }

  /** Begins it; what it comes to is reported. */
  run(): void {
    const { time } = this.#host;
    const { command } = this.#task;
    const limit = milliseconds(command.startToCloseTimeout) ?? milliseconds(command.scheduleToCloseTimeout);
    if (limit !== undefined) {
      this.#timeouts.push(time.after(limit, () => this.#reports.timedOut('START_TO_CLOSE'), null));
    }
    this.#watchHeartbeat();
    const process = this.#process;
    const args = valuesOf(command.arguments) as never[];
    const act = this.worker.activities[this.#task.type];
    const running: RunningActivity = {
      type: this.#task.type,
      worker: this.worker,
      process,
      args,
      endsAt: time.now + (limit ?? Infinity),
      task: this.#task,
    };
    const context = activityContext(this.#task, {
      begunAt: time.now,
      startToCloseTimeoutMs: limit ?? 0,
      signal: this.#controller.signal,
      client: this.#host.clientOf(this.worker),
      signOfLife: (details) => this.#signOfLife(details),
    });
    processes.run(process, () => {
      runningActivity.run(running, () => {
        asyncLocalStorage.run(context, () => {
          const result = act
            ? act(...args)
            : Promise.reject(
                ApplicationFailure.nonRetryable(`no activity ${this.#task.type}`, 'NotFoundError'),
              );
          result.then(
            (value) => this.#report({ value }),
            (error: unknown) => this.#report({ error }),
          );
        });
      });
    });
  }

  /** Temporal expects nothing more of it. */
  end(): void {
    this.#over = true;
    for (const timeout of this.#timeouts) {
      timeout.cancel();
    }
    this.#heartbeat?.cancel();
  }

  #report(outcome: Outcome): void {
    const { time } = this.#host;
    // A process that is dead says nothing; one that is stopped has not come so far.
    if (!this.#process.alive) {
      return;
    }
    if (!this.#host.attemptEnded(this.#task)) {
      this.#silent = true;
      return;
    }
    const say = (): void => {
      time.after(
        this.#host.latency(),
        () => {
          if (this.worker.cutOffUntil <= time.now) {
            this.#reports.settled(outcome);
          } else if (!this.#over) {
            // The SDK goes on telling for some seconds; then the timeouts decide.
            time.after(500, say, this.#process);
          }
        },
        this.#process,
      );
    };
    say();
  }

  #watchHeartbeat(): void {
    const limit = milliseconds(this.#task.command.heartbeatTimeout);
    if (limit === undefined || limit === 0) {
      return;
    }
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#host.time.after(limit, () => this.#reports.timedOut('HEARTBEAT'), null);
  }

  #signOfLife(details: unknown): void {
    const { time } = this.#host;
    time.after(
      this.#host.latency(),
      () => {
        if (this.worker.cutOffUntil > time.now || this.#silent) {
          return;
        }
        const answer = this.#reports.heard(details);
        if (answer === 'go on') {
          this.#watchHeartbeat();
        } else {
          if (answer === 'cancel') {
            this.#watchHeartbeat();
          }
          time.after(
            this.#host.latency(),
            () => {
              this.#controller.abort(new CancelledFailure(answer === 'gone' ? 'NOT_FOUND' : 'CANCELLED'));
            },
            this.#process,
          );
        }
      },
      this.#process,
    );
  }
}
