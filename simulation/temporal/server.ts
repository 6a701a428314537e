import type { Client } from '@temporalio/client';
import { TerminatedFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import type { ActivityHost } from './activity-task';
import { Children } from './children';
import { Commands } from './commands';
import { failureOf, memoOf, payloadsOf, timestamp, type Command, type Job } from './conversion';
import { Execution, type StartOptions, type Status } from './execution';
import type { WorkflowRuntime } from './runtime';
import { Timers } from './timers';
import { Updates } from './updates';
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
  readonly #tasks: WorkflowTasks;
  readonly #timers: Timers;
  readonly #children: Children;
  readonly #updates: Updates;
  readonly #commands: Commands;
  #number = 0;

  constructor(parts: TemporalParts) {
    this.#parts = parts;
    const host = {
      ...parts,
      latency: () => this.#latency(),
      anyWorker: () => this.#anyWorker(),
      newId: (kind: string) => this.#newId(kind),
      runs: () => this.runs,
      latest: (workflowId: string) => this.latest(workflowId),
      start: (options: StartOptions, before?: { readonly firstRunId: string }) =>
        this.#start(options, before),
      cancel: (execution: Execution) => this.cancel(execution),
      terminate: (execution: Execution, reason: string) => this.terminate(execution, reason),
      close: (execution: Execution, status: Status) => this.#close(execution, status),
      happened: (execution: Execution, job: Job) => this.#happened(execution, job),
      obey: (execution: Execution, command: Command) => this.#commands.obey(execution, command),
    };
    this.#tasks = new WorkflowTasks(host);
    this.#timers = new Timers(host);
    this.#children = new Children(host);
    this.#updates = new Updates(host);
    this.#commands = new Commands(host, {
      timers: this.#timers,
      children: this.#children,
      updates: this.#updates,
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
      runId: this.#newId('run'),
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
    return this.#updates.ask(execution, name, args);
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

  #newId(kind: string): string {
    return `${kind}-${(this.#number += 1)}`;
  }

  #anyWorker(): SimulatedWorker | undefined {
    const polling = this.workers.filter((worker) => worker.polls(this.#parts.time));
    return polling.length > 0 ? this.#parts.random.pick(polling) : undefined;
  }

  #start(options: StartOptions, before?: { readonly firstRunId: string }): Execution {
    const { time, random } = this.#parts;
    const execution = new Execution(options, {
      runId: this.#newId('run'),
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
          this.#commands.obey(run, command);
        } else if (startTimer && !came('fireTimer', startTimer.seq ?? 0)) {
          this.#timers.start(run, startTimer, task.at);
        } else if (cancelTimer) {
          this.#commands.obey(run, command);
        } else if (startChildWorkflowExecution) {
          const seq = startChildWorkflowExecution.seq ?? 0;
          if (!came('resolveChildWorkflowExecutionStart', seq)) {
            this.#commands.obey(run, command);
          } else if (!came('resolveChildWorkflowExecution', seq)) {
            this.#children.adopt(run, from, startChildWorkflowExecution);
          }
        } else if (command.requestCancelActivity || command.cancelChildWorkflowExecution) {
          time.after(0, () => this.#commands.obey(run, command), null);
        }
      }
    }
  }
}

type CompletedTaskLike = Execution['history'][number];
