import type { Client } from '@temporalio/client';
import { TerminatedFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import { ActivityTask, type ActivityHost } from './activity-task';
import {
  errorOf,
  failureOf,
  memoOf,
  milliseconds,
  payloadsOf,
  timestamp,
  valueOf,
  type Command,
  type Job,
} from './conversion';
import { Execution, type StartOptions, type Status, type UpdateAnswer } from './execution';
import { Children } from './children';
import type { WorkflowRuntime } from './runtime';
import type { SimulatedWorker } from './worker';
import { WorkflowTasks, type WorkflowTaskHost } from './workflow-tasks';

export interface TemporalParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly runtime: WorkflowRuntime;
  readonly clientOf: (worker: SimulatedWorker) => Client;
  readonly onSink: WorkflowTaskHost['onSink'];
  readonly attemptEnded: ActivityHost['attemptEnded'];
  readonly trace: (line: () => string) => void;
}

/** A namespace of Temporal with one task queue, in memory. Its workflows run in the SDK's own runtime. */
export class TemporalServer {
  readonly workers: SimulatedWorker[] = [];
  /** Every run that there ever was, in the order of their starts. */
  runs: Execution[] = [];
  /** Whether the close policy of a run that is reset reaches its children; servers differ. */
  resetReachesChildren = false;
  readonly #parts: TemporalParts;
  readonly #host: ActivityHost;
  readonly #tasks: WorkflowTasks;
  readonly #children: Children;
  #number = 0;

  constructor(parts: TemporalParts) {
    this.#parts = parts;
    const { time, clientOf, trace } = parts;
    this.#host = {
      time,
      trace,
      clientOf,
      latency: () => this.#latency(),
      anyWorker: () => this.#anyWorker(),
      happened: (execution, job) => this.#happened(execution, job),
      attemptEnded: (task) => parts.attemptEnded(task),
    };
    this.#tasks = new WorkflowTasks({
      ...parts,
      latency: () => this.#latency(),
      anyWorker: () => this.#anyWorker(),
      obey: (execution, command) => this.#obey(execution, command),
    });
    this.#children = new Children({
      time,
      trace,
      latency: () => this.#latency(),
      runs: () => this.runs,
      latest: (workflowId) => this.latest(workflowId),
      start: (options) => this.#start(options),
      cancel: (execution) => this.cancel(execution),
      terminate: (execution, reason) => this.terminate(execution, reason),
      happened: (execution, job) => this.#happened(execution, job),
    });
  }

  /** The newest run of a workflow id. */
  latest(workflowId: string): Execution | undefined {
    return this.runs.findLast((run) => run.workflowId === workflowId);
  }

  open(): Execution[] {
    return this.runs.filter((run) => run.open);
  }

  start(
    type: string,
    options: {
      readonly workflowId: string;
      readonly args?: readonly unknown[];
      readonly memo?: Record<string, unknown>;
    },
  ): Execution {
    const { workflowId, args = [], memo = {} } = options;
    if (this.latest(workflowId)?.open) {
      throw new WorkflowExecutionAlreadyStartedError('Workflow execution already started', workflowId, type);
    }
    return this.#start({
      type,
      workflowId,
      args: payloadsOf(args),
      memo: memoOf(memo),
      taskTimeoutMs: 10_000,
    });
  }

  cancel(execution: Execution): void {
    if (execution.open && !execution.cancelRequested) {
      this.#parts.trace(() => `cancel of ${execution.workflowId} asked`);
      execution.cancelRequested = true;
      this.#happened(execution, { cancelWorkflow: { reason: '' } });
    }
  }

  terminate(execution: Execution, reason = 'terminated'): void {
    if (execution.open) {
      this.#parts.trace(() => `${execution.workflowId} terminated`);
      execution.failure = failureOf(new TerminatedFailure(reason));
      this.#close(execution, 'TERMINATED');
    }
  }

  /** Everything that Temporal knew is gone; workers go on with what they had begun. */
  lose(): void {
    this.#parts.trace(() => 'Temporal loses everything');
    for (const run of this.runs) {
      if (run.open) {
        run.status = 'TERMINATED';
        this.#tasks.forget(run);
        this.#stopAll(run);
      }
    }
    this.runs = [];
  }

  /**
   * A new run that begins with the first `tasks` workflow tasks of another one, and does the next one anew. The other one
   * is terminated if it is open, and so is every other open run of this id.
   */
  async reset(from: Execution, tasks: number): Promise<Execution> {
    const { random } = this.#parts;
    const kept = from.history.slice(0, tasks);
    const again = from.history[tasks];
    this.#parts.trace(
      () => `${from.workflowId} (${from.options.type}) reset to its workflow task ${tasks + 1}`,
    );
    const former = this.latest(from.workflowId);
    const run = new Execution(from.options, {
      runId: this.#runId(),
      firstRunId: from.firstRunId,
      originalRunId: from.originalRunId,
      startedAt: from.startedAt,
      seed: from.seed,
    });
    run.flags = [...from.flags];
    run.history = kept;
    if (former?.open) {
      former.failure = failureOf(new TerminatedFailure('reset'));
      this.#close(former, 'TERMINATED', { reset: true });
    }
    this.runs.push(run);
    const jobs = [...(again?.jobs ?? from.pending)];
    this.#restorePending(run, from, kept, jobs);
    // A timestamp's seconds are a 64-bit number, which is what a seed must be.
    const { seconds } = timestamp(random.whole(1, 1_000_000_000) * 1000);
    jobs.unshift({ updateRandomSeed: { randomnessSeed: seconds } });
    run.pending = jobs;
    this.#tasks.schedule(run);
    return await Promise.resolve(run);
  }

  /** Asks what a workflow says of itself once its workflow task, if it has one just now, is over. */
  async query(execution: Execution, name: string): Promise<unknown> {
    while (execution.task === 'running') {
      await this.#parts.time.pass(5);
    }
    const worker = execution.sticky ?? this.#anyWorker();
    if (!worker) {
      throw new Error('no worker answers queries');
    }
    return await this.#parts.time.outside(this.#tasks.query(execution, worker, name));
  }

  /** Resolves with the handler's result; rejects with its failure, or a validator's. */
  update(execution: Execution, name: string, args: readonly unknown[]): Promise<unknown> {
    if (!execution.open) {
      return Promise.reject(new Error(`${execution.workflowId} is closed`));
    }
    const id = `update-${(this.#number += 1)}`;
    return new Promise((resolve, reject) => {
      execution.updates.set(id, (answer) => {
        if (answer.rejected) {
          reject(errorOf(answer.rejected));
        } else if (answer.completed) {
          resolve(valueOf(answer.completed));
        }
      });
      this.#happened(execution, {
        doUpdate: {
          id,
          protocolInstanceId: id,
          name,
          input: payloadsOf(args),
          headers: {},
          meta: { updateId: id, identity: 'simulation' },
          runValidator: true,
        },
      });
    });
  }

  /** A worker's process is gone, and with it what it remembered. */
  workerGone(worker: SimulatedWorker): void {
    for (const execution of [...worker.remembers]) {
      this.#tasks.forget(execution);
    }
  }

  #latency(): number {
    const { random } = this.#parts;
    return random.chance(0.02) ? random.between(20, 100) : random.between(2, 8);
  }

  #runId(): string {
    return `run-${(this.#number += 1)}`;
  }

  #anyWorker(): SimulatedWorker | undefined {
    const polling = this.workers.filter((worker) => worker.polls(this.#parts.time));
    return polling.length > 0 ? this.#parts.random.pick(polling) : undefined;
  }

  #start(options: StartOptions, before?: { readonly firstRunId: string }): Execution {
    const { time, random } = this.#parts;
    const execution = new Execution(options, {
      runId: this.#runId(),
      startedAt: time.now,
      seed: Array.from({ length: 4 }, () => random.whole(0, 255)),
      ...before,
    });
    this.runs.push(execution);
    this.#parts.trace(() => `${options.workflowId} (${options.type}) started`);
    this.#happened(execution, {
      initializeWorkflow: {
        workflowType: options.type,
        workflowId: options.workflowId,
        arguments: [...options.args],
        headers: {},
        memo: { fields: options.memo },
        firstExecutionRunId: execution.firstRunId,
        attempt: 1,
      },
    });
    return execution;
  }

  #happened(execution: Execution, job: Job): void {
    if (execution.open) {
      execution.lastEventAt = this.#parts.time.now;
      execution.pending.push(job);
      this.#tasks.schedule(execution);
    }
  }

  #obey(execution: Execution, command: Command): void {
    const { time } = this.#parts;
    if (command.scheduleActivity) {
      const task = new ActivityTask(this.#host, execution, command.scheduleActivity);
      execution.activities.set(task.seq, task);
    } else if (command.requestCancelActivity) {
      execution.activities.get(command.requestCancelActivity.seq ?? 0)?.requestCancel();
    } else if (command.startTimer) {
      const { seq, startToFireTimeout } = command.startTimer;
      this.#startTimer(execution, seq ?? 0, time.now + (milliseconds(startToFireTimeout) ?? 0));
    } else if (command.cancelTimer) {
      const seq = command.cancelTimer.seq ?? 0;
      execution.timers.get(seq)?.cancel();
      execution.timers.delete(seq);
    } else if (command.startChildWorkflowExecution) {
      this.#children.start(execution, command.startChildWorkflowExecution);
    } else if (command.cancelChildWorkflowExecution) {
      this.#children.cancel(execution, command.cancelChildWorkflowExecution.childWorkflowSeq ?? 0);
    } else if (command.requestCancelExternalWorkflowExecution) {
      const { seq, workflowExecution } = command.requestCancelExternalWorkflowExecution;
      const target = this.latest(workflowExecution?.workflowId ?? '');
      time.after(
        this.#latency(),
        () => {
          if (target?.open) {
            this.cancel(target);
          }
          const failure = target?.open ? {} : { failure: { message: 'unable to cancel external workflow' } };
          this.#happened(execution, { resolveRequestCancelExternalWorkflow: { seq: seq ?? 0, ...failure } });
        },
        null,
      );
    } else if (command.signalExternalWorkflowExecution) {
      const { seq, signalName, args, workflowExecution, childWorkflowId } =
        command.signalExternalWorkflowExecution;
      const target = this.latest(workflowExecution?.workflowId ?? childWorkflowId ?? '');
      time.after(
        this.#latency(),
        () => {
          if (target?.open) {
            this.#happened(target, {
              signalWorkflow: { signalName: signalName ?? '', input: args ?? [], headers: {} },
            });
          }
          const failure = target?.open ? {} : { failure: { message: 'unable to signal external workflow' } };
          this.#happened(execution, { resolveSignalExternalWorkflow: { seq: seq ?? 0, ...failure } });
        },
        null,
      );
    } else if (command.updateResponse) {
      const { protocolInstanceId, completed, rejected } = command.updateResponse;
      const answer: UpdateAnswer = {
        ...(completed && { completed }),
        ...(rejected && { rejected }),
      };
      execution.updates.get(protocolInstanceId ?? '')?.(answer);
    } else if (command.completeWorkflowExecution) {
      execution.result = command.completeWorkflowExecution.result ?? undefined;
      this.#close(execution, 'COMPLETED');
    } else if (command.failWorkflowExecution) {
      execution.failure = command.failWorkflowExecution.failure ?? undefined;
      this.#close(execution, 'FAILED');
    } else if (command.cancelWorkflowExecution) {
      this.#close(execution, 'CANCELED');
    } else if (command.continueAsNewWorkflowExecution) {
      this.#continueAsNew(execution, command.continueAsNewWorkflowExecution);
    } else if (
      !command.setPatchMarker &&
      !command.modifyWorkflowProperties &&
      !command.upsertWorkflowSearchAttributes &&
      !command.respondToQuery
    ) {
      throw new Error(`The simulated Temporal knows no command ${JSON.stringify(Object.keys(command))}.`);
    }
  }

  #startTimer(execution: Execution, seq: number, due: number): void {
    const { time, random } = this.#parts;
    // A timer below a second takes a second on a server with default settings.
    const ms = Math.max(due - time.now, 0);
    const timer = time.after(
      ms < 1000 ? random.between(950, 1000) : ms + random.between(1, 5),
      () => {
        execution.timers.delete(seq);
        this.#happened(execution, { fireTimer: { seq } });
      },
      null,
    );
    execution.timers.set(seq, timer);
  }

  #continueAsNew(
    execution: Execution,
    command: NonNullable<Command['continueAsNewWorkflowExecution']>,
  ): void {
    const { options, firstRunId } = execution;
    this.#close(execution, 'CONTINUED_AS_NEW');
    this.#start(
      {
        ...options,
        type: command.workflowType ?? options.type,
        args: command.arguments ?? [],
        memo: command.memo && Object.keys(command.memo).length > 0 ? command.memo : options.memo,
      },
      { firstRunId },
    );
  }

  #close(execution: Execution, status: Status, { reset = false } = {}): void {
    execution.status = status;
    execution.closedAt = this.#parts.time.now;
    this.#parts.trace(() => `${execution.workflowId} (${execution.options.type}) is ${status}`);
    this.#stopAll(execution);
    if (execution.task !== 'running') {
      this.#tasks.forget(execution);
    }
    if (status !== 'CONTINUED_AS_NEW' && (!reset || this.resetReachesChildren)) {
      this.#children.parentClosed(execution);
    }
    if (status !== 'CONTINUED_AS_NEW' && !reset) {
      this.#children.tellParent(execution);
    }
  }

  #stopAll(execution: Execution): void {
    for (const task of execution.activities.values()) {
      task.abandon();
    }
    for (const timer of execution.timers.values()) {
      timer.cancel();
    }
    execution.activities.clear();
    execution.timers.clear();
  }

  /** What a run that was reset waits for: all that its kept tasks have asked for and that had not come by then. */
  #restorePending(
    run: Execution,
    from: Execution,
    kept: readonly CompletedTaskLike[],
    jobs: readonly Job[],
  ): void {
    const { time } = this.#parts;
    const all = [...kept.flatMap((task) => task.jobs), ...jobs];
    const came = (
      name:
        | 'resolveActivity'
        | 'fireTimer'
        | 'resolveChildWorkflowExecutionStart'
        | 'resolveChildWorkflowExecution',
      seq: number,
    ): boolean => all.some((job) => job[name] != null && (job[name].seq ?? 0) === seq);
    for (const task of kept) {
      for (const command of task.commands) {
        const { scheduleActivity, startTimer, cancelTimer, startChildWorkflowExecution } = command;
        if (scheduleActivity && !came('resolveActivity', scheduleActivity.seq ?? 0)) {
          this.#obey(run, command);
        } else if (startTimer && !came('fireTimer', startTimer.seq ?? 0)) {
          this.#startTimer(
            run,
            startTimer.seq ?? 0,
            task.at + (milliseconds(startTimer.startToFireTimeout) ?? 0),
          );
        } else if (cancelTimer) {
          this.#obey(run, command);
        } else if (startChildWorkflowExecution) {
          const seq = startChildWorkflowExecution.seq ?? 0;
          if (!came('resolveChildWorkflowExecutionStart', seq)) {
            this.#obey(run, command);
          } else if (!came('resolveChildWorkflowExecution', seq)) {
            this.#children.adopt(run, from, startChildWorkflowExecution);
          }
        } else if (command.requestCancelActivity || command.cancelChildWorkflowExecution) {
          time.after(0, () => this.#obey(run, command), null);
        }
      }
    }
  }
}

type CompletedTaskLike = Execution['history'][number];
