import type { WorkflowHandle } from '@temporalio/client';
import type { Configuration } from '../workers/config';
import { connectClient, temporalTarget, type TemporalClient } from '../workers/temporal-connection';
import { lockId, PROGRESS, ROTATE_LOG, type Progress } from '../workflows/messages';
import type { RotationRequest, RotationResult } from '../workflows/model/rotation';

/** A worker that is slower than this to answer a query is treated as silent. Milliseconds. */
const QUERY_DEADLINE_MS = 2_000;

/** A poller asks again at least every 70 s; one that was seen longer ago than that is gone. */
const POLLER_SEEN_WITHIN_MS = 75_000;

/** How many open rotations that hold no lock yet are looked through for one of a log. */
const OPEN_WORKFLOWS = 20;

/** A workflow whose result is a `RotationResult` and that answers `progress`. */
export type Rotation = WorkflowHandle<() => Promise<RotationResult>>;

export type LockState =
  | { readonly state: 'never' }
  | { readonly state: 'running' | 'ended'; readonly startedBy?: string; readonly handle: Rotation };

/** What the commands ask of Temporal. */
export class RotationClient {
  readonly address: string;
  readonly taskQueue: string;
  readonly #temporal: TemporalClient;

  /** Connects; refuses when Temporal is not there or says no. */
  static async connect(configuration: Configuration): Promise<RotationClient> {
    const target = await temporalTarget(configuration.temporal);
    return new RotationClient(await connectClient(target), target);
  }

  constructor(temporal: TemporalClient, target: { readonly address: string; readonly taskQueue: string }) {
    this.#temporal = temporal;
    this.address = target.address;
    this.taskQueue = target.taskQueue;
  }

  close(): Promise<void> {
    return this.#temporal.close();
  }

  /** Starts `rotateLog`; its id says what it is and when it was asked for. */
  async start(request: RotationRequest): Promise<Rotation> {
    const time = new Date().toISOString().replace(/[-:.]/g, '');
    const workflowId = `${request.dryRun ? 'plan' : 'rotate'}-${request.log}-${time}`;
    return await this.#temporal.client.workflow.start<(request: RotationRequest) => Promise<RotationResult>>(
      ROTATE_LOG,
      {
        workflowId,
        taskQueue: this.taskQueue,
        args: [request],
        staticSummary: `${request.dryRun ? 'Dry run of the rotation' : 'Rotation'} of ${request.log}`,
      },
    );
  }

  /** What the workflow says of itself; null when no worker answers in time. */
  async progress(rotation: Rotation): Promise<Progress | null> {
    try {
      return await this.#temporal.connection.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
        rotation.query<Progress>(PROGRESS),
      );
    } catch {
      return null;
    }
  }

  /**
   * The result, once there is one. The signal ends the waiting: a call left to itself would be tried again on the
   * closed connection, and the error of that reaches nobody who could catch it.
   */
  result(rotation: Rotation, signal: AbortSignal): Promise<RotationResult> {
    return this.#temporal.connection.withAbortSignal(signal, () => rotation.result());
  }

  /** The last run of the log's rotation, whoever started it. */
  async lock(log: string): Promise<LockState> {
    const handle: Rotation = this.#temporal.client.workflow.getHandle(lockId(log));
    try {
      const { status, memo } = await handle.describe();
      const startedBy = memo?.['startedBy'];
      return {
        state: status.name === 'RUNNING' ? 'running' : 'ended',
        ...(typeof startedBy === 'string' && { startedBy }),
        handle,
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
        return { state: 'never' };
      }
      throw error;
    }
  }

  /** A rotation of the log that is still looking and holds no lock; dry runs too. */
  async preparing(log: string): Promise<{ readonly handle: Rotation; readonly progress: Progress } | null> {
    const query = `WorkflowType = "${ROTATE_LOG}" AND ExecutionStatus = "Running"`;
    let looked = 0;
    for await (const { workflowId, runId } of this.#temporal.client.workflow.list({
      query,
      pageSize: OPEN_WORKFLOWS,
    })) {
      const handle: Rotation = this.#temporal.client.workflow.getHandle(workflowId, runId);
      const progress = await this.progress(handle);
      if (progress?.log === log && progress.phase !== 'ended') {
        return { handle, progress };
      }
      looked += 1;
      if (looked === OPEN_WORKFLOWS) {
        break;
      }
    }
    return null;
  }

  /** True when some worker has asked the task queue for workflow tasks lately (the type described by default). */
  async hasWorker(): Promise<boolean> {
    const { connection, client } = this.#temporal;
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: this.taskQueue },
    });
    const since = Date.now() / 1000 - POLLER_SEEN_WITHIN_MS / 1000;
    return pollers.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since);
  }
}
