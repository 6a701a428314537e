import type { Workflow } from './runtime';
import type { Waiting } from '../virtual-time';
import type { Command, Failure, Job, Payload } from './conversion';
import type { SimulatedWorker } from './worker';

export type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELED' | 'TERMINATED';

/** A workflow's answer to an update. */
export type UpdateResponse = NonNullable<Command['updateResponse']>;

/** One workflow task that was completed: what a worker was told, and what it answered. */
export interface CompletedTask {
  readonly jobs: readonly Job[];
  /** When it was told, in milliseconds since the epoch: the workflow's clock. */
  readonly at: number;
  readonly commands: readonly Command[];
}

export interface Child {
  readonly seq: number;
  readonly workflowId: string;
  readonly closePolicy: 'TERMINATE' | 'ABANDON' | 'REQUEST_CANCEL';
  readonly cancellation: number;
  started: boolean;
  /** Asked to cancel before it was started. */
  cancelled: boolean;
}

export interface ParentLink {
  readonly workflowId: string;
  /** The same for every run that a reset makes. */
  readonly originalRunId: string;
  readonly runId: string;
  readonly seq: number;
}

export interface StartOptions {
  readonly workflowId: string;
  readonly type: string;
  readonly args: readonly Payload[];
  readonly memo: Record<string, Payload>;
  readonly taskTimeoutMs: number;
  readonly parent?: ParentLink;
}

/** An activity that a workflow has asked for and that has not ended. */
export interface OpenActivity {
  readonly activityId: string;
  readonly type: string;
  /** When its last try began, or its next one is to. */
  readonly beginsAt: number;
  /** When its worker last showed a sign of life. */
  readonly heardAt: number;
  /** The workflow no longer waits for it. */
  abandon(): void;
  requestCancel(): void;
  /** Somebody else says how this attempt failed; false where that is over. */
  fail(attempt: number, error: Error): boolean;
}

/** One run of one workflow, as Temporal's server knows it. */
export class Execution {
  readonly options: StartOptions;
  readonly runId: string;
  readonly firstRunId: string;
  readonly originalRunId: string;
  readonly startedAt: number;
  readonly seed: readonly number[];
  status: Status = 'RUNNING';
  closedAt: number | undefined;
  result: Payload | undefined;
  failure: Failure | undefined;
  cancelRequested = false;
  /** How often its next workflow task has failed or run out of time. */
  taskAttempts = 0;
  lastEventAt: number;

  history: CompletedTask[] = [];
  /** What happened since the last workflow task began. */
  pending: Job[] = [];
  task: 'none' | 'scheduled' | 'running' = 'none';
  flags: number[] = [];
  /** The worker that has the workflow in memory, where its next task goes first. */
  sticky: SimulatedWorker | undefined;
  /** That worker's memory of it. */
  instance: Workflow | undefined;

  readonly searchAttributes = new Map<string, string>();
  readonly activities = new Map<number, OpenActivity>();
  readonly timers = new Map<number, Waiting>();
  readonly children = new Map<number, Child>();
  /** What to do with the answers to updates. */
  readonly updates = new Map<string, (response: UpdateResponse) => void>();

  constructor(
    options: StartOptions,
    identity: {
      readonly runId: string;
      readonly firstRunId?: string;
      readonly originalRunId?: string;
      readonly startedAt: number;
      readonly seed: readonly number[];
    },
  ) {
    this.options = options;
    this.runId = identity.runId;
    this.firstRunId = identity.firstRunId ?? identity.runId;
    this.originalRunId = identity.originalRunId ?? identity.runId;
    this.startedAt = identity.startedAt;
    this.lastEventAt = identity.startedAt;
    this.seed = identity.seed;
  }

  get workflowId(): string {
    return this.options.workflowId;
  }

  get open(): boolean {
    return this.status === 'RUNNING';
  }
}
