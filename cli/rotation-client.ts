import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { Configuration } from '../config/configuration';
import { readGuardian, type Guardian } from '../workers/guardian';
import { pollersOf, type Pollers } from '../activities/clients/pollers';
import { connectClient, whileNotAborted, type TemporalClient } from '../workers/temporal-connection';
import { temporalTarget } from '../config/temporal-target';
import {
  criticalSectionId,
  lockId,
  PROGRESS,
  PRUNE_TREES,
  RECOVER_LOG,
  RECOVER_UNDER_LOCK,
  ROTATE_LOG,
  type Progress,
} from '../workflows/messages';
import { isOpen, pausedAmong, type Pause } from '../workflows/model/executions';
import type { InstructionName } from '../workflows/model/instruction';
import type { RecoveryRequest, RotationRequest, PruneRequest } from '../workflows/model/request';
import type { PruneResult } from '../workflows/prune-trees';
import type { Course } from '../receipt/making';
import { endedOf, type Ended, type EndedRotation } from './ended';
import { courseOf } from './receipt/course';
import type { RotationHandle } from './rotation-handle';
import { startersOf, type Starter } from './starters';

/** A worker that is slower than this to answer a query is treated as silent. Milliseconds. */
const QUERY_DEADLINE_MS = 2_000;

/** How long an Update may take to be accepted and answered: a signature is verified by an activity. Milliseconds. */
const UPDATE_DEADLINE_MS = 20_000;

/** A workflow that was started and has a result when it ends. */
export interface Started<Result> {
  readonly workflowId: string;
  result(): Promise<Result>;
}

/** The last run of a log's rotation or recovery; `paused` when that, or its critical section, stands still. */
export type LockState =
  | { readonly state: 'never' }
  | {
      readonly state: 'running' | 'ended';
      readonly what: 'rotation' | 'recovery';
      readonly startedBy?: string;
      readonly startedAt: Date;
      readonly endedAt?: Date;
      readonly paused: Pause | null;
      readonly handle: RotationHandle;
    };

/** A rotation or recovery that only looks yet. */
export interface Preparing extends Starter {
  /** Null when no worker answers. */
  readonly progress: Progress | null;
}

/** A rotation or recovery that is open: it was asked for and has not begun, or it holds the lock. */
export interface OpenRotation {
  readonly what: 'rotation' | 'recovery';
  readonly stage: 'asked' | 'running';
  readonly handle: RotationHandle;
  readonly startedAt: Date;
  readonly paused: Pause | null;
  /** Null when no worker answers. */
  readonly progress: Progress | null;
}

/** What somebody has asked for of a log, and what holds no lock. */
export interface Asked {
  /** Newest first; several may wait to begin. */
  readonly preparing: readonly Preparing[];
  /** The workflow ids of dry runs: they change nothing, and hide nothing of what a rotation did. */
  readonly dryRuns: readonly string[];
}

/** A workflow id can be used again: the later run of it has not started an earlier lock. */
function hasStarted({ handle, startedAt }: Starter, lock: LockState): boolean {
  return lock.state !== 'never' && lock.startedBy === handle.workflowId && startedAt <= lock.startedAt;
}

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
  async start(request: RotationRequest): Promise<RotationHandle> {
    if (request.rehearse) {
      return await this.#start(ROTATE_LOG, 'rehearse', 'Rehearsal of the rotation', request);
    }
    const what = request.dryRun ? 'Dry run of the rotation' : 'Rotation';
    return await this.#start(ROTATE_LOG, request.dryRun ? 'plan' : 'rotate', what, request);
  }

  /** Starts `recoverLog`. */
  async startRecovery(request: RecoveryRequest): Promise<RotationHandle> {
    const what = request.dryRun ? 'Dry run of the recovery' : 'Recovery';
    return await this.#start(RECOVER_LOG, request.dryRun ? 'recover-plan' : 'recover', what, request);
  }

  /** Starts `pruneTrees`. */
  async startPruning(request: PruneRequest): Promise<Started<PruneResult>> {
    const what = request.deleteTrees ? 'Deletion of retired trees' : 'List of retired trees';
    return await this.#start(PRUNE_TREES, 'prune', what, request);
  }

  #start<Result>(
    type: string,
    verb: string,
    what: string,
    request: { readonly log: string },
  ): Promise<WorkflowHandle<() => Promise<Result>>> {
    const time = new Date().toISOString().replace(/[-:.]/g, '');
    return this.#temporal.client.workflow.start<(request: object) => Promise<Result>>(type, {
      workflowId: `${verb}-${request.log}-${time}`,
      taskQueue: this.taskQueue,
      staticSummary: `${what} of ${request.log}`,
      args: [request],
    });
  }

  /** Sends an instruction to an open rotation; gives its answer. A refused one is an error of the SDK. */
  async tell(
    rotation: RotationHandle,
    update: InstructionName,
    input: object,
    signal: AbortSignal,
  ): Promise<string> {
    const { connection } = this.#temporal;
    return await whileNotAborted(connection, signal, () =>
      connection.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
        rotation.executeUpdate<string, [object]>(update, { args: [input] }),
      ),
    );
  }

  /** What the workflow says of itself; null when no worker answers in time. */
  async progress(rotation: RotationHandle): Promise<Progress | null> {
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
  result<Result>(workflow: Started<Result>, signal: AbortSignal): Promise<Result> {
    return whileNotAborted(this.#temporal.connection, signal, () => workflow.result());
  }

  /** The last run of the log's rotation or recovery, whoever started it. */
  async lock(log: string): Promise<LockState> {
    const [lock, section] = await Promise.all([
      this.#describe(lockId(log)),
      this.#describe(criticalSectionId(log)),
    ]);
    if (!lock) {
      return { state: 'never' };
    }
    const startedBy = lock.memo?.['startedBy'];
    return {
      state: isOpen(lock) ? 'running' : 'ended',
      what: lock.type === RECOVER_UNDER_LOCK ? 'recovery' : 'rotation',
      startedAt: lock.startTime,
      ...(lock.closeTime && { endedAt: lock.closeTime }),
      ...(typeof startedBy === 'string' && { startedBy }),
      paused: pausedAmong(section ? [lock, section] : [lock]),
      handle: this.#temporal.client.workflow.getHandle(lockId(log)),
    };
  }

  /**
   * What was started for the log and holds no lock: rotations and recoveries, and every dry run beside them. The one that
   * started the lock that was found is neither: it only takes over a result, and may stay open some moments for that.
   */
  async preparing(log: string, lock: LockState): Promise<Asked> {
    const starters = (await startersOf(this.#temporal.client, log)).filter((one) => !hasStarted(one, lock));
    const preparing = await Promise.all(
      starters
        .filter(({ dryRun }) => !dryRun)
        .map(async (starter): Promise<Preparing> => ({
          ...starter,
          progress: starter.paused ? null : await this.progress(starter.handle),
        })),
    );
    return {
      preparing: preparing.filter(({ progress }) => progress?.phase !== 'ended'),
      dryRuns: starters.filter(({ dryRun }) => dryRun).map(({ handle }) => handle.workflowId),
    };
  }

  /** Every open rotation and recovery of a log, the one that holds the lock first. */
  async openRotations(log: string): Promise<readonly OpenRotation[]> {
    const lock = await this.lock(log);
    const { preparing } = await this.preparing(log, lock);
    const asked = preparing.map((one): OpenRotation => ({ stage: 'asked', ...one }));
    return lock.state === 'running'
      ? [
          { stage: 'running', ...lock, progress: lock.paused ? null : await this.progress(lock.handle) },
          ...asked,
        ]
      : asked;
  }

  /** What has ended of a log, newest first. */
  ended(log: string, limit: number): Promise<Ended> {
    return endedOf(this.#temporal.client, log, limit);
  }

  /** What Temporal knows of one of them beside its result. */
  course(ended: EndedRotation): Promise<Omit<Course, 'version'>> {
    return courseOf(this.#temporal.client, ended);
  }

  /** What the log's guardian saw last, and whether it still looks. */
  guardian(log: string): Promise<Guardian> {
    return readGuardian(this.#temporal.client, log);
  }

  /** The first of these workflows that is paused; null when none is, or Temporal cannot be asked. */
  async pausedAmong(workflowIds: readonly string[]): Promise<Pause | null> {
    try {
      const found = await Promise.all(workflowIds.map((workflowId) => this.#describe(workflowId)));
      return pausedAmong(found.filter((description) => description !== null));
    } catch {
      return null;
    }
  }

  async #describe(workflowId: string): Promise<WorkflowExecutionDescription | null> {
    try {
      return await this.#temporal.client.workflow.getHandle(workflowId).describe();
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
        return null;
      }
      throw error;
    }
  }

  /** True when some worker has asked the task queue for workflow tasks lately. */
  async hasWorker(): Promise<boolean> {
    return (await this.pollers()).polling.length > 0;
  }

  /** Who asks the task queue for workflow tasks. */
  async pollers(): Promise<Pollers> {
    const { connection, client } = this.#temporal;
    const { namespace } = client.options;
    return await pollersOf(connection, { namespace, taskQueue: this.taskQueue }, 'workflows', Date.now());
  }
}
