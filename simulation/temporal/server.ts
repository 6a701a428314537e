import type { Client } from '@temporalio/client';
import { TerminatedFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import type { ActivityHost } from './activity-task';
import { Children } from './children';
import { Commands } from './commands';
import { failureOf, memoOf, payloadsOf, type Command, type Job } from './conversion';
import { Execution, type StartOptions, type Status } from './execution';
import { Resets } from './resets';
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
  readonly backsOff: ActivityHost['backsOff'];
  readonly givesUp: ActivityHost['givesUp'];
  /** A workflow asks for an activity, in the last of its completed tasks. */
  readonly asks: (execution: Execution, activity: string) => void;
  readonly trace: (line: () => string) => void;
}

/** A namespace of Temporal with one task queue, in memory. Its workflows run in the SDK's own runtime. */
export class TemporalServer {
  readonly workers: SimulatedWorker[] = [];
  /** Every run that Temporal knows of, in the order of their starts. */
  runs: Execution[] = [];
  /** Runs that had ended before Temporal lost all that it knew. */
  readonly forgotten: Execution[] = [];
  /** Whether the close policy of a run that is reset reaches its children; servers differ. */
  resetReachesChildren = false;
  /** Those that the namespace has, with their types. */
  readonly searchAttributes: Record<string, number> = {};
  readonly #parts: TemporalParts;
  readonly #tasks: WorkflowTasks;
  readonly #children: Children;
  readonly #updates: Updates;
  readonly #commands: Commands;
  readonly #resets: Resets;
  #number = 0;

  constructor(parts: TemporalParts) {
    this.#parts = parts;
    const host = {
      ...parts,
      searchAttributes: this.searchAttributes,
      latency: () => this.#latency(),
      anyWorker: (taskQueue?: string) => this.#anyWorker(taskQueue),
      newId: (kind: string) => this.#newId(kind),
      runs: () => this.runs,
      latest: (workflowId: string) => this.latest(workflowId),
      start: (options: StartOptions) => this.#start(options),
      cancel: (execution: Execution) => this.cancel(execution),
      terminate: (execution: Execution, reason: string) => this.terminate(execution, reason),
      begin: (run: Execution) => this.#begin(run),
      close: (execution: Execution, status: Status, how?: { readonly reset: boolean }) =>
        this.#close(execution, status, how),
      happened: (execution: Execution, job: Job) => this.#happened(execution, job),
      backsOff: (activity: string, forMs: number) => this.#parts.backsOff(activity, forMs),
      givesUp: (activity: string) => this.#parts.givesUp(activity),
      obey: (execution: Execution, command: Command) => {
        const { activityType } = command.scheduleActivity ?? {};
        if (activityType) {
          this.#parts.asks(execution, activityType);
        }
        this.#commands.obey(execution, command);
      },
    };
    this.#tasks = new WorkflowTasks(host);
    const timers = new Timers(host);
    const children = (this.#children = new Children(host));
    const updates = (this.#updates = new Updates(host));
    const commands = (this.#commands = new Commands(host, { timers, children, updates }));
    this.#resets = new Resets(host, { commands, timers, children });
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
    const ended = this.runs.filter(({ open }) => !open);
    for (const run of this.runs) {
      if (run.open) {
        run.status = 'TERMINATED';
        this.#tasks.forget(run);
        this.#stopAll(run);
      }
    }
    this.forgotten.push(...ended);
    this.runs = [];
  }

  /**
   * A new run that begins with the first `tasks` workflow tasks of another one, and does the next one anew. The other one
   * is terminated if it is open, and so is every other open run of this id.
   */
  reset(from: Execution, tasks: number): void {
    this.#resets.reset(from, tasks);
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

  /** Who has asked for tasks lately. One that is gone, or cut off, is remembered for minutes. */
  pollers(): { readonly identity: string; readonly lastAccessTime: { readonly seconds: number } }[] {
    const { time } = this.#parts;
    return this.workers.map((worker) => ({
      identity: worker.name,
      lastAccessTime: { seconds: Math.floor(time.now / 1_000) - (worker.polls(time) ? 0 : 10) },
    }));
  }

  /** A worker's process is gone, and with it what it remembered. */
  workerGone(worker: SimulatedWorker): void {
    for (const execution of this.runs.filter(({ instance, sticky }) => instance && sticky === worker)) {
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

  #anyWorker(taskQueue?: string): SimulatedWorker | undefined {
    const polling = this.workers.filter((worker) => worker.polls(this.#parts.time, taskQueue));
    return polling.length > 0 ? this.#parts.random.pick(polling) : undefined;
  }

  #start(options: StartOptions): Execution {
    const { time, random } = this.#parts;
    const execution = new Execution(options, {
      runId: this.#newId('run'),
      startedAt: time.now,
      seed: Array.from({ length: 4 }, () => random.whole(0, 255)),
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

  #begin(run: Execution): void {
    this.runs.push(run);
    this.#tasks.schedule(run);
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
    if (!reset || this.resetReachesChildren) {
      this.#children.parentClosed(execution);
    }
    if (!reset) {
      this.#children.tellParent(execution);
    }
  }

  #stopAll(execution: Execution): void {
    for (const task of execution.activities.values()) {
      // Whatever it does, nobody hears of it.
      this.#parts.givesUp(task.type);
      task.abandon();
    }
    for (const timer of execution.timers.values()) {
      timer.cancel();
    }
    execution.activities.clear();
    execution.timers.clear();
  }
}
