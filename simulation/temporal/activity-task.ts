import { Context, asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { AsyncLocalStorage } from 'node:async_hooks';
import { processes, type Process, type VirtualTime, type Waiting } from '../virtual-time';
import {
  failureOf,
  milliseconds,
  payloadOf,
  valuesOf,
  type Command,
  type Failure,
  type Payload,
} from './conversion';
import type { Execution } from './execution';
import type { SimulatedWorker } from './worker';

type ScheduleActivity = NonNullable<Command['scheduleActivity']>;

/** Which activity the running code belongs to, for the faults that are aimed at it. */
export interface RunningActivity {
  readonly type: string;
  readonly worker: SimulatedWorker;
  readonly process: Process;
  readonly args: readonly unknown[];
  /** When Temporal gives this attempt up, in milliseconds since the epoch. */
  readonly endsAt: number;
  readonly task: ActivityTask;
}

export const runningActivity = new AsyncLocalStorage<RunningActivity>();

export type Resolution =
  { readonly completed: Payload } | { readonly failed: Failure } | { readonly cancelled: Failure };

/** What an activity task needs of the server. */
export interface ActivityHost {
  readonly time: VirtualTime;
  /** Time until a task reaches a worker, or a worker's word the server. Milliseconds. */
  latency(): number;
  anyWorker(): SimulatedWorker | undefined;
  clientOf(worker: SimulatedWorker): Client;
  resolved(execution: Execution, seq: number, resolution: Resolution): void;
  /** The code of an activity has ended; false when nobody is to hear of it. */
  attemptEnded(task: ActivityTask): boolean;
  trace(line: () => string): void;
}

/** A timer of a server with default settings that is shorter than a second takes a second. */
const SHORTEST_BACKOFF_MS = 1000;

const noMeter = {
  createCounter: () => noInstrument,
  createHistogram: () => noInstrument,
  createGauge: () => noInstrument,
  createUpDownCounter: () => noInstrument,
  withTags: () => noMeter,
};
const noInstrument = {
  add: () => undefined,
  record: () => undefined,
  set: () => undefined,
  withTags: () => noInstrument,
};
const noLog = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  log: () => undefined,
};

/** One activity that a workflow has asked for: its attempts, their timeouts, and how it ends. */
export class ActivityTask {
  readonly execution: Execution;
  readonly command: ScheduleActivity;
  readonly seq: number;
  readonly scheduledAt: number;
  attempt = 0;
  cancelRequested = false;
  readonly #host: ActivityHost;
  #ended = false;
  #current: Attempt | undefined;
  #waiting: Waiting | undefined;
  #scheduleToClose: Waiting | undefined;

  constructor(host: ActivityHost, execution: Execution, command: ScheduleActivity) {
    this.#host = host;
    this.execution = execution;
    this.command = command;
    this.seq = command.seq ?? 0;
    this.scheduledAt = host.time.now;
    const limit = milliseconds(command.scheduleToCloseTimeout);
    if (limit !== undefined) {
      this.#scheduleToClose = host.time.after(limit, () => this.#timedOut('SCHEDULE_TO_CLOSE', false), null);
    }
    this.#dispatch(0);
  }

  get type(): string {
    return this.command.activityType ?? '';
  }

  /** The workflow no longer waits for it: an attempt that runs hears so at its next sign of life. */
  abandon(): void {
    this.#end();
  }

  requestCancel(): void {
    if (this.#ended) {
      return;
    }
    const now = (this.command.cancellationType as number | undefined) !== 1;
    this.cancelRequested = true;
    if (!this.#current || now) {
      this.#resolve({ cancelled: this.#wrapped(failureOf(new CancelledFailure('CANCELLED'))) });
    }
  }

  #dispatch(delayMs: number): void {
    const { time } = this.#host;
    this.#waiting = time.after(
      delayMs + this.#host.latency(),
      () => {
        const worker = this.#host.anyWorker();
        if (worker) {
          this.#begin(worker);
        } else {
          // Nobody polls; a worker that comes back finds the task at once.
          this.#dispatch(20);
        }
      },
      null,
    );
  }

  #begin(worker: SimulatedWorker): void {
    this.attempt += 1;
    const attempt: Attempt = new Attempt(this, worker, this.#host, {
      timedOut: (kind) => this.#timedOut(kind, true, attempt),
      settled: (outcome) => this.#settled(attempt, outcome),
      /** What the server answers to a sign of life. */
      heard: () =>
        this.#ended || this.#current !== attempt ? 'gone' : this.cancelRequested ? 'cancel' : 'go on',
    });
    this.#current = attempt;
    this.#host.trace(() => `${worker.name} begins ${this.type}, attempt ${this.attempt}`);
    attempt.run();
  }

  #settled(attempt: Attempt, outcome: Outcome): void {
    this.#host.trace(
      () =>
        `${attempt.worker.name} ends ${this.type}${this.#current === attempt && !this.#ended ? '' : ' (given up long ago)'}: ${describe(outcome)}`,
    );
    if (this.#ended || this.#current !== attempt) {
      return;
    }
    if ('value' in outcome) {
      this.#resolve({ completed: payloadOf(outcome.value) });
      return;
    }
    const { error } = outcome;
    if (error instanceof CancelledFailure && this.cancelRequested) {
      this.#resolve({ cancelled: this.#wrapped(failureOf(error)) });
      return;
    }
    const policy = this.command.retryPolicy;
    const type = error instanceof ApplicationFailure ? (error.type ?? '') : '';
    const final =
      (error instanceof ApplicationFailure && error.nonRetryable === true) ||
      (policy?.nonRetryableErrorTypes ?? []).includes(type);
    this.#failed(failureOf(error), !final);
  }

  #timedOut(kind: 'START_TO_CLOSE' | 'SCHEDULE_TO_CLOSE' | 'HEARTBEAT', again: boolean, of?: Attempt): void {
    if (this.#ended || (of && this.#current !== of)) {
      return;
    }
    this.#host.trace(() => `${this.type} timed out (${kind})`);
    this.#failed(failureOf(new TimeoutFailure(`activity ${kind} timeout`, undefined, kind)), again);
  }

  #failed(failure: Failure, again: boolean): void {
    const policy = this.command.retryPolicy;
    const attempts = policy?.maximumAttempts ?? 0;
    this.#current?.end();
    this.#current = undefined;
    if (!again || this.cancelRequested || (attempts > 0 && this.attempt >= attempts)) {
      this.#resolve({ failed: this.#wrapped(failure) });
      return;
    }
    const initial = milliseconds(policy?.initialInterval) ?? 1000;
    const most = milliseconds(policy?.maximumInterval) ?? initial * 100;
    const factor = policy?.backoffCoefficient || 2;
    const backoff = Math.max(Math.min(initial * factor ** (this.attempt - 1), most), SHORTEST_BACKOFF_MS);
    this.#dispatch(backoff);
  }

  #wrapped(cause: Failure): Failure {
    return {
      message: 'Activity task failed',
      cause,
      activityFailureInfo: {
        activityId: this.command.activityId ?? null,
        activityType: { name: this.type },
        identity: 'simulation',
      },
    };
  }

  #resolve(resolution: Resolution): void {
    this.#end();
    this.#host.resolved(this.execution, this.seq, resolution);
  }

  #end(): void {
    this.#ended = true;
    this.#waiting?.cancel();
    this.#scheduleToClose?.cancel();
    this.#current?.end();
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

function describe(outcome: Outcome): string {
  if ('value' in outcome) {
    return 'done';
  }
  return outcome.error instanceof Error ? outcome.error.message.slice(0, 200) : String(outcome.error);
}

interface Reports {
  timedOut(kind: 'START_TO_CLOSE' | 'HEARTBEAT'): void;
  settled(outcome: Outcome): void;
  heard(): 'go on' | 'cancel' | 'gone';
}

/** One attempt: real code of an activity in a worker's process. Temporal may give it up long before it ends. */
class Attempt {
  readonly worker: SimulatedWorker;
  /** The process that it began in: a worker that is started again is another one. */
  readonly #process: Process;
  readonly #task: ActivityTask;
  readonly #host: ActivityHost;
  readonly #reports: Reports;
  readonly #controller = new AbortController();
  #timeouts: Waiting[] = [];
  #heartbeat: Waiting | undefined;
  #over = false;
  #silent = false;

  constructor(task: ActivityTask, worker: SimulatedWorker, host: ActivityHost, reports: Reports) {
    this.#task = task;
    this.worker = worker;
    this.#process = worker.process;
    this.#host = host;
    this.#reports = reports;
  }

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
    const context = this.#context(limit ?? 0);
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

  #signOfLife(): void {
    const { time } = this.#host;
    time.after(
      this.#host.latency(),
      () => {
        if (this.worker.cutOffUntil > time.now || this.#silent) {
          return;
        }
        const answer = this.#reports.heard();
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

  #context(startToCloseTimeoutMs: number): Context {
    const { signal } = this.#controller;
    const { execution, command } = this.#task;
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    cancelled.catch(() => undefined);
    const info = {
      activityId: command.activityId ?? '',
      activityType: this.#task.type,
      attempt: this.#task.attempt,
      isLocal: false,
      workflowExecution: { workflowId: execution.workflowId, runId: execution.runId },
      workflowType: execution.options.type,
      workflowNamespace: 'default',
      activityNamespace: 'default',
      namespace: 'default',
      taskQueue: 'rekor-rotate',
      scheduledTimestampMs: this.#task.scheduledAt,
      currentAttemptScheduledTimestampMs: this.#host.time.now,
      scheduleToCloseTimeoutMs: milliseconds(command.scheduleToCloseTimeout) ?? 0,
      startToCloseTimeoutMs,
      heartbeatTimeoutMs: milliseconds(command.heartbeatTimeout) ?? 0,
      heartbeatDetails: undefined,
      inWorkflow: true,
      taskToken: new Uint8Array(),
      base64TaskToken: '',
    };
    return new Context(
      info,
      cancelled,
      signal,
      () => this.#signOfLife(),
      this.#host.clientOf(this.worker),
      noLog,
      noMeter as never,
      {},
    );
  }
}
