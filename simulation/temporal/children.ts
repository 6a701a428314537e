import type { VirtualTime } from '../virtual-time';
import { milliseconds, type Command, type Job, type Payload } from './conversion';
import type { Child, Execution, StartOptions } from './execution';

/** What Temporal calls WORKFLOW_ALREADY_EXISTS when a child cannot be started. */
const ALREADY_EXISTS = 1;
/** `ChildWorkflowCancellationType`. */
const CHILD_ABANDON = 0;
const CHILD_TRY_CANCEL = 1;
const CHILD_WAIT_REQUESTED = 3;
/** `ParentClosePolicy`, by its number; the first is the server's default. */
const CLOSE_POLICIES: readonly Child['closePolicy'][] = [
  'TERMINATE',
  'TERMINATE',
  'ABANDON',
  'REQUEST_CANCEL',
];

type StartChild = NonNullable<Command['startChildWorkflowExecution']>;

/** What child workflows need of the server. */
export interface ChildHost {
  readonly time: VirtualTime;
  readonly trace: (line: () => string) => void;
  latency(): number;
  runs(): readonly Execution[];
  latest(workflowId: string): Execution | undefined;
  start(options: StartOptions): Execution;
  cancel(execution: Execution): void;
  terminate(execution: Execution, reason: string): void;
  /** Tells a workflow what happened. */
  happened(execution: Execution, job: Job): void;
}

/** Workflows that workflows start: by their ids, which only one open run can have. */
export class Children {
  readonly #host: ChildHost;

  constructor(host: ChildHost) {
    this.#host = host;
  }

  /** The close policies of a run that has closed, for those of its children that it has started and that are open. */
  parentClosed(execution: Execution): void {
    for (const child of execution.children.values()) {
      const run = this.#host.latest(child.workflowId);
      if (child.started && run?.open && run.options.parent?.originalRunId === execution.originalRunId) {
        this.#applyClosePolicy(child, run);
      }
    }
  }

  /** Starts a child, unless its id is taken. */
  start(parent: Execution, command: StartChild): void {
    const seq = command.seq ?? 0;
    const workflowId = command.workflowId ?? '';
    const type = command.workflowType ?? '';
    const child = childOf(command, false);
    parent.children.set(seq, child);
    this.#host.time.after(
      this.#host.latency(),
      () => {
        if (parent.children.get(seq) !== child || !parent.open) {
          return;
        }
        if (child.cancelled) {
          parent.children.delete(seq);
          const failure = childFailure(parent, child, type, {
            message: 'cancelled',
            canceledFailureInfo: {},
          });
          this.#host.happened(parent, {
            resolveChildWorkflowExecutionStart: { seq, cancelled: { failure } },
          });
          return;
        }
        if (this.#host.latest(workflowId)?.open) {
          parent.children.delete(seq);
          this.#host.trace(() => `${parent.workflowId} cannot start ${workflowId}: it is open`);
          const failed = { workflowId, workflowType: type, cause: ALREADY_EXISTS };
          this.#host.happened(parent, { resolveChildWorkflowExecutionStart: { seq, failed } });
          return;
        }
        child.started = true;
        const execution = this.#host.start({
          type,
          workflowId,
          args: command.input ?? [],
          memo: command.memo ?? {},
          taskTimeoutMs: milliseconds(command.workflowTaskTimeout) ?? 10_000,
          parent: {
            workflowId: parent.workflowId,
            originalRunId: parent.originalRunId,
            runId: parent.runId,
            seq,
          },
        });
        this.#host.happened(parent, {
          resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: execution.runId } },
        });
      },
      null,
    );
  }

  /** The parent asks its child to cancel. */
  cancel(parent: Execution, seq: number): void {
    const child = parent.children.get(seq);
    if (!child) {
      return;
    }
    if (!child.started) {
      child.cancelled = true;
      return;
    }
    const execution = this.#host.latest(child.workflowId);
    if (child.cancellation !== CHILD_ABANDON && execution?.open) {
      this.#host.time.after(this.#host.latency(), () => this.#host.cancel(execution), null);
    }
    if ([CHILD_ABANDON, CHILD_TRY_CANCEL, CHILD_WAIT_REQUESTED].includes(child.cancellation)) {
      parent.children.delete(seq);
      const type = execution?.options.type ?? '';
      const failure = childFailure(parent, child, type, { message: 'cancelled', canceledFailureInfo: {} });
      this.#host.happened(parent, {
        resolveChildWorkflowExecution: { seq, result: { cancelled: { failure } } },
      });
    }
  }

  #applyClosePolicy(child: Child, run: Execution): void {
    const { time } = this.#host;
    if (child.closePolicy === 'TERMINATE') {
      time.after(this.#host.latency(), () => this.#host.terminate(run, 'its parent closed'), null);
    } else if (child.closePolicy === 'REQUEST_CANCEL') {
      time.after(this.#host.latency(), () => this.#host.cancel(run), null);
    }
  }

  /** Tells its parent, if it waits for it, how a run has ended. */
  tellParent(execution: Execution): void {
    const { parent } = execution.options;
    if (parent) {
      this.#host.time.after(this.#host.latency(), () => this.#childClosed(execution), null);
    }
  }

  #childClosed(execution: Execution): void {
    const link = execution.options.parent;
    const parent = link && this.#host.latest(link.workflowId);
    const child = link && parent?.children.get(link.seq);
    if (!parent?.open || !child || parent.originalRunId !== link.originalRunId) {
      return;
    }
    if (child.workflowId !== execution.workflowId) {
      return;
    }
    parent.children.delete(child.seq);
    this.#host.happened(parent, {
      resolveChildWorkflowExecution: { seq: child.seq, result: childResult(parent, child, execution) },
    });
  }

  /** A child that was started before the point of the reset: it still runs, or its end is told once more. */
  adopt(run: Execution, from: Execution, command: StartChild): void {
    const seq = command.seq ?? 0;
    const workflowId = command.workflowId ?? '';
    const child = childOf(command, true);
    run.children.set(seq, child);
    const execution = this.#host
      .runs()
      .findLast(
        (candidate) =>
          candidate.workflowId === workflowId &&
          candidate.options.parent?.originalRunId === from.originalRunId &&
          candidate.options.parent.seq === seq,
      );
    if (execution && !execution.open) {
      this.tellParent(execution);
    }
  }
}

function childOf(command: StartChild, started: boolean): Child {
  return {
    seq: command.seq ?? 0,
    workflowId: command.workflowId ?? '',
    closePolicy: CLOSE_POLICIES[command.parentClosePolicy ?? 0] ?? 'TERMINATE',
    cancellation: command.cancellationType ?? 0,
    started,
    cancelled: false,
  };
}

function childFailure(parent: Execution, child: Child, type: string, cause: object) {
  return {
    message: 'Child Workflow execution failed',
    cause,
    childWorkflowExecutionFailureInfo: {
      namespace: 'default',
      workflowExecution: { workflowId: child.workflowId, runId: parent.runId },
      workflowType: { name: type },
    },
  };
}

function childResult(parent: Execution, child: Child, execution: Execution) {
  const { type } = execution.options;
  if (execution.status === 'COMPLETED') {
    const result: Payload | undefined = execution.result;
    return { completed: { ...(result && { result }) } };
  }
  if (execution.status === 'CANCELED') {
    const cause = { message: 'Workflow execution canceled', canceledFailureInfo: {} };
    return { cancelled: { failure: childFailure(parent, child, type, cause) } };
  }
  return {
    failed: {
      failure: childFailure(parent, child, type, execution.failure ?? { message: execution.status }),
    },
  };
}
