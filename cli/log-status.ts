import type { Configuration } from '../config/configuration';
import { logNamed } from '../config/load';
import type { Progress } from '../workflows/messages';
import type { Pause } from '../workflows/model/executions';
import type { RotationResult } from '../workflows/model/result';
import { innermost } from './errors';
import { guardianStatus, unknownGuardian, type GuardianStatus } from './guardian-status';
import type { LockState, Preparing, RotationClient } from './rotation-client';
import { workerStatus, type WorkerStatus } from './worker-status';

/** What is known of a log's rotations; what `status --json` prints. Times are ISO 8601. */
export interface LogStatus {
  readonly log: string;
  readonly state: 'never' | 'preparing' | 'running' | 'ended';
  /** Whether it is, or was, the recovery of an interrupted rotation. */
  readonly what?: 'rotation' | 'recovery';
  /** Rotations that wait to begin, beside what is told of here. */
  readonly others?: readonly OtherRotation[];
  /** The workflows of dry runs that still look; they change nothing. */
  readonly dryRuns?: readonly string[];
  /** The workflow to look at in the Temporal UI. */
  readonly workflowId?: string;
  readonly startedBy?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Milliseconds from its start to its end, or to now. */
  readonly tookMs?: number;
  /** Somebody has paused it in Temporal. */
  readonly paused?: Pause;
  /** Null when no worker answers. */
  readonly progress?: Progress | null;
  /** Of the last rotation that ended with one. */
  readonly result?: RotationResult;
  /** Why it ended without a result, or why nothing is heard of it. */
  readonly problem?: string;
  readonly guardian: GuardianStatus;
  /** Who would carry out anything; the same for all logs of a configuration. */
  readonly worker: WorkerStatus;
}

/** What is known of the rotations of a log alone. */
type RotationStatus = Omit<LogStatus, 'log' | 'guardian' | 'worker'>;

/** A rotation that somebody has asked for, and that has not begun. */
export interface OtherRotation {
  readonly workflowId: string;
  readonly startedAt: string;
  /** Null when no worker answers. */
  readonly progress: Progress | null;
}

/** Somebody has to look: an alarm stands or nobody can tell, a rotation is held, a workflow is paused, or no worker is there. */
export function needsSomebody({ guardian, progress, paused, worker }: LogStatus): boolean {
  return (
    guardian.alarms.length > 0 ||
    worker.polls !== true ||
    guardian.problem !== null ||
    paused !== undefined ||
    (progress?.held ?? null) !== null
  );
}

/** Asks Temporal for all that is known of a log. Refuses UNKNOWN_LOG for one that nobody has ever rotated or configured. */
export async function statusOf(
  client: RotationClient,
  configuration: Configuration,
  log: string,
): Promise<LogStatus> {
  const lock = await client.lock(log);
  if (lock.state === 'never') {
    // A misspelt name must not read as "nothing runs".
    logNamed(configuration, log);
  }
  const [state, guardian, worker] = await Promise.all([
    rotationOf(client, log, lock),
    guardianOf(client, configuration, log, lock),
    workerStatus(client),
  ]);
  return { log, ...state, guardian, worker };
}

/** What is open of a log: its lock, or what is on the way to it. */
interface OpenWorkflow {
  readonly handle: { readonly workflowId: string };
  readonly what: NonNullable<LogStatus['what']>;
  readonly startedBy?: string;
  readonly startedAt: Date;
  readonly paused: Pause | null;
}

async function openStatus(
  client: RotationClient,
  state: 'running' | 'preparing',
  { handle, what, startedBy, startedAt, paused }: OpenWorkflow,
  progress: Progress | null,
): Promise<RotationStatus> {
  const problem = progress || paused ? undefined : await silence(client);
  return {
    state,
    what,
    workflowId: handle.workflowId,
    ...(startedBy !== undefined && { startedBy }),
    ...times(startedAt),
    ...(paused && { paused }),
    progress,
    ...(problem !== undefined && { problem }),
  };
}

async function rotationOf(client: RotationClient, log: string, lock: LockState): Promise<RotationStatus> {
  const { preparing, dryRuns } = await client.preparing(log, lock);
  const [first, ...rest] = preparing;
  const others = lock.state === 'running' ? preparing : rest;
  const beside = {
    ...(dryRuns.length > 0 && { dryRuns }),
    ...(others.length > 0 && { others: others.map(otherRotation) }),
  };
  if (lock.state === 'running') {
    return { ...(await openStatus(client, 'running', lock, await client.progress(lock.handle))), ...beside };
  }
  if (first) {
    return { ...(await openStatus(client, 'preparing', first, first.progress)), ...beside };
  }
  if (lock.state === 'never') {
    return { state: 'never', ...beside };
  }
  const { handle, what, startedAt, endedAt, paused } = lock;
  const ended = {
    ...{ state: 'ended' as const, what, workflowId: handle.workflowId, ...beside },
    ...times(startedAt, endedAt),
    ...(paused && { paused }),
  };
  try {
    return { ...ended, result: await handle.result() };
  } catch (error) {
    return { ...ended, problem: reasonOf(error) };
  }
}

function otherRotation({ handle, startedAt, progress }: Preparing): OtherRotation {
  return { workflowId: handle.workflowId, startedAt: startedAt.toISOString(), progress };
}

function times(startedAt: Date, endedAt?: Date): Pick<LogStatus, 'startedAt' | 'endedAt' | 'tookMs'> {
  return {
    startedAt: startedAt.toISOString(),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    tookMs: Math.max((endedAt ?? new Date()).getTime() - startedAt.getTime(), 0),
  };
}

/** One that Temporal does not tell of must not keep the rest from being shown. */
async function guardianOf(
  client: RotationClient,
  configuration: Configuration,
  log: string,
  lock: LockState,
): Promise<GuardianStatus> {
  try {
    const everyMs = configuration.logs[log]?.guard.everyMs ?? NO_LOOKS_MS;
    const rotatedAt = lock.state === 'never' ? {} : { rotatedAt: lock.endedAt ?? null };
    return guardianStatus(await client.guardian(log), { log, everyMs, ...rotatedAt }, new Date());
  } catch (error) {
    return unknownGuardian(reasonOf(error));
  }
}

/** A log that the configuration does not have any more is looked at as its schedule says; this stands in where that is gone. */
const NO_LOOKS_MS = 60_000;

async function silence(client: RotationClient): Promise<string> {
  return (await client.hasWorker())
    ? 'The worker does not answer. If none runs any more, start one: it goes on where the rotation stands.'
    : `No worker polls the task queue ${client.taskQueue}: start one with \`rekor-rotate worker\`.`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? innermost(error).message : String(error);
}
