import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { Waiting } from '../virtual-time';
import { ActivityAttempt, type AttemptHost, type Outcome } from './activity-attempt';
import type { TaskView } from './activity-context';
import { failureOf, milliseconds, payloadOf, type Failure, type Job } from './conversion';
import type { Execution, OpenActivity } from './execution';
import { TASK_QUEUE, type SimulatedWorker } from './worker';

/** How an activity ended, as its workflow is told. */
type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;

/** What an activity task needs of the server. */
export interface ActivityHost extends AttemptHost {
  anyWorker(taskQueue: string): SimulatedWorker | undefined;
  /** Tells a workflow what happened. */
  happened(execution: Execution, job: Job): void;
  trace(line: () => string): void;
  /** A try has failed, and so long nothing is tried. */
  backsOff(activity: string, forMs: number): void;
  /** Nothing is heard of an attempt any more. */
  givesUp(activity: string): void;
}

/** A timer of a server with default settings that is shorter than a second takes a second. */
const SHORTEST_BACKOFF_MS = 1000;

/** One activity that a workflow has asked for: its attempts, their timeouts, and how it ends. */
export class ActivityTask implements TaskView, OpenActivity {
  readonly execution: Execution;
  readonly command: TaskView['command'];
  readonly seq: number;
  readonly scheduledAt: number;
  attempt = 0;
  cancelRequested = false;
  /** When its last try began, or its next one is to. */
  beginsAt: number;
  heardAt = 0;
  heartbeatDetails: unknown = undefined;
  readonly #host: ActivityHost;
  #ended = false;
  #current: ActivityAttempt | undefined;
  #waiting: Waiting | undefined;
  #scheduleToClose: Waiting | undefined;

  constructor(host: ActivityHost, execution: Execution, command: TaskView['command']) {
    this.#host = host;
    this.execution = execution;
    this.command = command;
    this.seq = command.seq ?? 0;
    this.scheduledAt = host.time.now;
    this.beginsAt = host.time.now;
    const limit = milliseconds(command.scheduleToCloseTimeout);
    if (limit !== undefined) {
      this.#scheduleToClose = host.time.after(limit, () => this.#timedOut('SCHEDULE_TO_CLOSE', false), null);
    }
    this.#dispatch(0);
  }

  get activityId(): string {
    return this.command.activityId ?? '';
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
      this.#resolve({ cancelled: { failure: this.#wrapped(failureOf(new CancelledFailure('CANCELLED'))) } });
    }
  }

  fail(attempt: number, error: Error): boolean {
    if (this.#ended || !this.#current || this.attempt !== attempt) {
      return false;
    }
    this.#settled(this.#current, { error });
    return true;
  }

  #dispatch(delayMs: number): void {
    const { time } = this.#host;
    this.#waiting = time.after(
      delayMs + this.#host.latency(),
      () => {
        const worker = this.#host.anyWorker(this.command.taskQueue ?? TASK_QUEUE);
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
    const attempt: ActivityAttempt = new ActivityAttempt(this, worker, this.#host, {
      timedOut: (kind) => this.#timedOut(kind, true, attempt),
      settled: (outcome) => this.#settled(attempt, outcome),
      heard: (details) => {
        if (this.#ended || this.#current !== attempt) {
          return 'gone';
        }
        this.heardAt = this.#host.time.now;
        this.heartbeatDetails = details;
        return this.cancelRequested ? 'cancel' : 'go on';
      },
    });
    this.#current = attempt;
    this.#host.trace(() => `${worker.name} begins ${this.type}, attempt ${this.attempt}`);
    attempt.run();
  }

  #settled(attempt: ActivityAttempt, outcome: Outcome): void {
    this.#host.trace(
      () =>
        `${attempt.worker.name} ends ${this.type}${this.#current === attempt && !this.#ended ? '' : ' (given up long ago)'}: ${describe(outcome)}`,
    );
    if (this.#ended || this.#current !== attempt) {
      return;
    }
    if ('value' in outcome) {
      this.#resolve({ completed: { result: payloadOf(outcome.value) } });
      return;
    }
    const { error } = outcome;
    if (error instanceof CancelledFailure && this.cancelRequested) {
      this.#resolve({ cancelled: { failure: this.#wrapped(failureOf(error)) } });
      return;
    }
    const policy = this.command.retryPolicy;
    const type = error instanceof ApplicationFailure ? (error.type ?? '') : '';
    const final =
      (error instanceof ApplicationFailure && error.nonRetryable === true) ||
      (policy?.nonRetryableErrorTypes ?? []).includes(type);
    this.#failed(failureOf(error), !final);
  }

  #timedOut(
    kind: 'START_TO_CLOSE' | 'SCHEDULE_TO_CLOSE' | 'HEARTBEAT',
    again: boolean,
    of?: ActivityAttempt,
  ): void {
    if (this.#ended || (of && this.#current !== of)) {
      return;
    }
    this.#host.trace(() => `${this.type} timed out (${kind})`);
    this.#host.givesUp(this.type);
    this.#failed(failureOf(new TimeoutFailure(`activity ${kind} timeout`, undefined, kind)), again);
  }

  #failed(failure: Failure, again: boolean): void {
    const policy = this.command.retryPolicy;
    const attempts = policy?.maximumAttempts ?? 0;
    this.#current?.end();
    this.#current = undefined;
    if (!again || this.cancelRequested || (attempts > 0 && this.attempt >= attempts)) {
      this.#resolve({ failed: { failure: this.#wrapped(failure) } });
      return;
    }
    const initial = milliseconds(policy?.initialInterval) ?? 1000;
    const most = milliseconds(policy?.maximumInterval) ?? initial * 100;
    const factor = policy?.backoffCoefficient || 2;
    const backoff = Math.max(Math.min(initial * factor ** (this.attempt - 1), most), SHORTEST_BACKOFF_MS);
    this.beginsAt = this.#host.time.now + backoff;
    this.#host.backsOff(this.type, backoff);
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

  #resolve(result: Resolution): void {
    const { execution, seq } = this;
    this.#end();
    execution.activities.delete(seq);
    this.#host.happened(execution, { resolveActivity: { seq, result, isLocal: false } });
  }

  #end(): void {
    this.#ended = true;
    this.#waiting?.cancel();
    this.#scheduleToClose?.cancel();
    this.#current?.end();
  }
}

function describe(outcome: Outcome): string {
  if ('value' in outcome) {
    return 'done';
  }
  return outcome.error instanceof Error ? outcome.error.message.slice(0, 200) : String(outcome.error);
}
