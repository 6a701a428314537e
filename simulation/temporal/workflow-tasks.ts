import { coresdk } from '@temporalio/proto';
import type { VirtualTime } from '../virtual-time';
import { timestamp, valueOf, type Command, type Job } from './conversion';
import type { Execution } from './execution';
import type { Workflow, WorkflowCreateOptions, WorkflowRuntime } from './runtime';
import { TASK_QUEUE, type SimulatedWorker } from './worker';

/** A sticky task of a worker that is gone waits so long on a server with default settings, in milliseconds. */
const STICKY_MS = 1_000;
/** As after a failed workflow task. */
const TASK_RETRY_MS = 1_000;

/** What a workflow said to its log or metrics. */
export interface SinkCall {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly interfaceName: string;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** What workflow tasks need of the server. */
export interface WorkflowTaskHost {
  readonly time: VirtualTime;
  readonly runtime: WorkflowRuntime;
  readonly onSink: (call: SinkCall) => void;
  readonly trace: (line: () => string) => void;
  latency(): number;
  anyWorker(): SimulatedWorker | undefined;
  /** Does what a workflow has asked for. */
  obey(execution: Execution, command: Command): void;
}

/** Brings what happened to workflows, on a worker that remembers them or replays them, and takes what they ask for. */
export class WorkflowTasks {
  readonly #host: WorkflowTaskHost;
  #queries = 0;

  constructor(host: WorkflowTaskHost) {
    this.#host = host;
  }

  /** A workflow task is given to a worker soon, unless one is on its way already. */
  schedule(execution: Execution, delayMs = 0): void {
    if (execution.task !== 'none' || !execution.open) {
      return;
    }
    execution.task = 'scheduled';
    this.#host.time.after(delayMs + this.#host.latency(), () => this.#dispatch(execution), null);
  }

  #dispatch(execution: Execution): void {
    const { time } = this.#host;
    const { sticky } = execution;
    if (sticky && !sticky.polls(time)) {
      // Its private queue is waited on first.
      execution.sticky = undefined;
      time.after(STICKY_MS, () => this.#dispatch(execution), null);
      return;
    }
    const worker = sticky ?? this.#host.anyWorker();
    if (!execution.open) {
      execution.task = 'none';
    } else if (worker) {
      void time.outside(this.#runTask(execution, worker));
    } else {
      time.after(20, () => this.#dispatch(execution), null);
    }
  }

  async #runTask(execution: Execution, worker: SimulatedWorker): Promise<void> {
    const { time } = this.#host;
    execution.task = 'running';
    const { process } = worker;
    const jobs = inOrder(execution.pending.splice(0));
    const at = Math.floor(time.now);
    const instance = await this.#instanceOf(execution, worker);
    const completion = await instance.activate(this.#activation(execution, jobs, at, false));
    for (const call of await instance.getAndResetSinkCalls()) {
      this.#host.onSink({
        workflowId: execution.workflowId,
        workflowType: execution.options.type,
        interfaceName: call.ifaceName,
        functionName: call.fnName,
        args: call.args,
      });
    }
    const done = (): void => {
      execution.task = 'none';
      if (!execution.open) {
        this.forget(execution);
        return;
      }
      const failure = completion.failed?.failure;
      if (failure) {
        this.#host.trace(() => `workflow task of ${execution.workflowId} FAILED: ${failure.message ?? ''}`);
        execution.taskAttempts += 1;
        this.forget(execution);
        execution.pending.unshift(...jobs);
        this.schedule(execution, TASK_RETRY_MS);
        return;
      }
      const commands = completion.successful?.commands ?? [];
      if (commands.some(closes) && execution.pending.length > 0) {
        // "Unhandled command": something happened meanwhile that the workflow must see before it ends.
        this.forget(execution);
        execution.pending.unshift(...jobs);
        this.schedule(execution);
        return;
      }
      execution.taskAttempts = 0;
      execution.lastEventAt = time.now;
      execution.flags = [
        ...new Set([...execution.flags, ...(completion.successful?.usedInternalFlags ?? [])]),
      ];
      this.#record(execution, jobs, at, commands);
      for (const command of commands) {
        this.#host.obey(execution, command);
      }
      if (execution.pending.length > 0) {
        this.schedule(execution);
      }
    };
    // A worker that dies or is cut off before it answers has done nothing: after the timeout the task is given again.
    const givenAgain = time.after(
      execution.options.taskTimeoutMs,
      () => {
        answered.cancel();
        execution.taskAttempts += 1;
        execution.task = 'none';
        this.forget(execution);
        execution.pending.unshift(...jobs);
        this.schedule(execution);
      },
      null,
    );
    const answered = time.after(
      this.#host.latency(),
      () => {
        if (worker.cutOffUntil <= time.now) {
          givenAgain.cancel();
          done();
        }
      },
      process,
    );
  }

  #activation(execution: Execution, jobs: readonly Job[], at: number, replaying: boolean) {
    return {
      runId: execution.runId,
      timestamp: timestamp(at),
      isReplaying: replaying,
      historyLength: 3 + execution.history.length * 5,
      jobs: [...jobs],
      availableInternalFlags: execution.flags,
    };
  }

  /** The worker's memory of the workflow; one that has none makes it again from the history. */
  async #instanceOf(execution: Execution, worker: SimulatedWorker): Promise<Workflow> {
    if (execution.instance && execution.sticky === worker) {
      return execution.instance;
    }
    this.forget(execution);
    const instance = await this.#newInstance(execution);
    execution.instance = instance;
    execution.sticky = worker;
    return instance;
  }

  async #newInstance(execution: Execution): Promise<Workflow> {
    const { options, runId, seed, startedAt } = execution;
    const { parent } = options;
    const instance = await this.#host.runtime.instance({
      info: {
        workflowId: options.workflowId,
        runId,
        workflowType: options.type,
        ...noSearchAttributes,
        historyLength: 3,
        historySize: 300,
        continueAsNewSuggested: false,
        targetWorkerDeploymentVersionChanged: false,
        taskQueue: TASK_QUEUE,
        namespace: 'default',
        firstExecutionRunId: execution.firstRunId,
        originalExecutionRunId: execution.originalRunId,
        startTime: new Date(startedAt),
        runStartTime: new Date(startedAt),
        taskTimeoutMs: options.taskTimeoutMs,
        attempt: 1,
        ...(parent && {
          parent: { workflowId: parent.workflowId, runId: parent.runId, namespace: 'default' },
        }),
        unsafe: { isReplaying: execution.history.length > 0, isReplayingHistoryEvents: false } as never,
      },
      randomnessSeed: [...seed],
      now: startedAt,
      showStackTraceSources: false,
    });
    for (const task of execution.history) {
      const completion = await instance.activate(this.#activation(execution, task.jobs, task.at, true));
      await instance.getAndResetSinkCalls();
      const commands = completion.successful?.commands ?? [];
      if (shape(commands) !== shape(task.commands)) {
        throw new Error(
          `${options.workflowId} is not deterministic: replayed, it says [${shape(commands)}], not [${shape(task.commands)}]: ${completion.failed?.failure?.message ?? ''}`,
        );
      }
    }
    return instance;
  }

  /** No worker remembers the workflow any more; the next task begins with a replay. */
  forget(execution: Execution): void {
    const { instance } = execution;
    execution.instance = undefined;
    if (instance) {
      void this.#host.time.outside(instance.dispose());
    }
  }

  /** An update that its validator rejected leaves no trace in the history; one that was accepted and then failed does. */
  #record(execution: Execution, jobs: readonly Job[], at: number, commands: readonly Command[]): void {
    const answered = (how: 'accepted' | 'rejected', given: readonly Command[]) =>
      given.flatMap(({ updateResponse }) =>
        updateResponse?.[how] ? [updateResponse.protocolInstanceId] : [],
      );
    const before = execution.history.flatMap((task) => task.commands);
    const accepted = new Set(answered('accepted', [...before, ...commands]));
    const rejected = new Set(answered('rejected', commands).filter((id) => !accepted.has(id)));
    const kept = jobs
      .filter((job) => !job.doUpdate || !rejected.has(job.doUpdate.protocolInstanceId))
      .map((job) => (job.doUpdate ? { doUpdate: { ...job.doUpdate, runValidator: false } } : job));
    const answers = commands.filter(
      (command) =>
        !command.respondToQuery &&
        !(command.updateResponse && rejected.has(command.updateResponse.protocolInstanceId)),
    );
    if (kept.length > 0 || answers.length > 0) {
      execution.history.push({ jobs: kept, at, commands: answers });
    }
  }

  /** Asks a worker, which remembers or replays the workflow; rejects with what the query failed with. */
  async query(execution: Execution, worker: SimulatedWorker, name: string): Promise<unknown> {
    const instance = execution.open
      ? await this.#instanceOf(execution, worker)
      : await this.#newInstance(execution);
    const id = `query-${(this.#queries += 1)}`;
    const jobs = [{ queryWorkflow: { queryId: id, queryType: name, arguments: [], headers: {} } }];
    const activation = this.#activation(execution, jobs, Math.floor(this.#host.time.now), true);
    const completion = await instance.activate(
      coresdk.workflow_activation.WorkflowActivation.fromObject(activation),
    );
    if (!execution.open) {
      await instance.dispose();
    }
    const response = completion.successful?.commands?.find(
      (command) => command.respondToQuery,
    )?.respondToQuery;
    if (!response?.succeeded) {
      throw new Error(
        `query ${name}: ${response?.failed?.message ?? completion.failed?.failure?.message ?? 'no answer'}`,
      );
    }
    return valueOf(response.succeeded.response);
  }
}

/** The SDK fills them in when it initialises the workflow. */
const noSearchAttributes = {} as Pick<
  WorkflowCreateOptions['info'],
  'searchAttributes' | 'typedSearchAttributes'
>;

/** In the order in which the SDK's core gives them: the start, the seed, updates, then the rest. */
function inOrder(jobs: readonly Job[]): Job[] {
  const rank = (job: Job): number => {
    if (job.initializeWorkflow) return 0;
    if (job.notifyHasPatch) return 1;
    if (job.updateRandomSeed) return 2;
    if (job.doUpdate) return 3;
    return 4;
  };
  return [...jobs].sort((one, other) => rank(one) - rank(other));
}

function closes(command: Command): boolean {
  return Boolean(
    command.completeWorkflowExecution ?? command.failWorkflowExecution ?? command.cancelWorkflowExecution,
  );
}

/** What a workflow asked for, as far as a replay must repeat it. */
function shape(commands: readonly Command[]): string {
  return commands
    .filter((command) => !command.respondToQuery)
    .map((command) => {
      const name =
        Object.keys(command).find((key) => key !== 'userMetadata' && key !== 'eventGroupMarkers') ?? '';
      const { scheduleActivity, startChildWorkflowExecution } = command;
      return `${name} ${scheduleActivity?.activityType ?? startChildWorkflowExecution?.workflowId ?? ''}`.trim();
    })
    .join(', ');
}
