import {
  criticalSectionId,
  GUARD_LOG,
  lockId,
  PROGRESS,
  PRUNE_TREES,
  RECOVER_LOG,
  RESUME,
  ROTATE_LOG,
  ROTATE_UNDER_LOCK,
  SCHEDULED_ROTATION,
  type Progress,
} from '../../workflows/messages';
import type { GuardResult } from '../../workflows/model/guarding';
import type { Held, ResumeInput } from '../../workflows/model/held';
import { inMinutes } from '../../workflows/model/times';
import type { PruneRequest, RecoveryRequest, RotationRequest } from '../../workflows/model/request';
import type { ScheduledResult } from '../../workflows/model/scheduled';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import type { RotationResult } from '../../workflows/model/result';
import type { Waiting } from '../../workflows/model/waiting';
import type { PruneResult } from '../../workflows/prune-trees';

/** As much of the SDK's handle as these tests use; the simulated Temporal has the same. */
export interface Handle<Result = unknown> {
  readonly workflowId: string;
  result(): Promise<Result>;
  cancel(): Promise<unknown>;
  terminate(reason?: string): Promise<unknown>;
  describe(): Promise<{ readonly memo?: Record<string, unknown> }>;
  query<Answer>(name: string): Promise<Answer>;
  executeUpdate<Answer>(name: string, options: { args: [unknown] }): Promise<Answer>;
}

/** Where workflows are started and found. */
export interface Temporal {
  start<Result>(type: string, options: { workflowId: string; args: [unknown] }): Promise<Handle<Result>>;
  getHandle<Result>(workflowId: string): Handle<Result>;
  /** Lets that much time pass. */
  pass(ms: number): Promise<unknown>;
}

/** What people and schedules do with the log of one world. */
export type Rotations = ReturnType<typeof rotationsOf>;

let started = 0;

/** Speaks to the workflows of a log as its people do. */
export function rotationsOf(temporal: Temporal, log: string) {
  const begin = <Result>(type: string, request: object = {}, id?: string): Promise<Handle<Result>> => {
    const workflowId = id ?? `${type}-${(started += 1)}`;
    return temporal.start<Result>(type, { workflowId, args: [{ log, ...request }] });
  };
  const start = (request?: Partial<RotationRequest>, id?: string) =>
    begin<RotationResult>(ROTATE_LOG, request, id);
  /** Starts what `rotateLog` starts, as somebody may who can reach Temporal. */
  const startUnderLock = (input: object) =>
    temporal.start<RotationResult>(ROTATE_UNDER_LOCK, { workflowId: lockId(log), args: [input] });
  const startRecovery = (request?: Partial<RecoveryRequest>) => begin<RotationResult>(RECOVER_LOG, request);
  const startGuard = () => begin<GuardResult>(GUARD_LOG);
  const startScheduled = (policy?: Partial<SchedulePolicy>) =>
    begin<ScheduledResult>(SCHEDULED_ROTATION, policy);
  const startPrune = (request?: Partial<PruneRequest>) => begin<PruneResult>(PRUNE_TREES, request);
  const ended =
    <Request, Result>(begun: (request?: Request) => Promise<Handle<Result>>) =>
    async (request?: Request): Promise<Result> =>
      await (await begun(request)).result();
  const lock = temporal.getHandle<RotationResult>(lockId(log));
  return {
    start,
    startUnderLock,
    startRecovery,
    startGuard,
    startPrune,
    startScheduled,
    rotate: ended(start),
    recover: ended(startRecovery),
    guard: ended(startGuard),
    prune: ended(startPrune),
    scheduled: ended(startScheduled),
    /** Asks the rotation itself, the holder of the lock, to cancel. */
    cancel: async (): Promise<void> => {
      await lock.cancel();
    },
    /** Waits until a rotation waits for something. */
    waits: async (handle: Handle, what?: Waiting['for']): Promise<Waiting & Pick<Progress, 'takes'>> => {
      for (;;) {
        const progress = await handle.query<Progress>(PROGRESS).catch(() => null);
        if (progress?.waiting && (what === undefined || progress.waiting.for === what)) {
          return { ...progress.waiting, takes: progress.takes };
        }
        await temporal.pass(100);
      }
    },
    pass: (ms: number) => temporal.pass(ms),
    /** Waits until the holder of the lock needs a person. */
    held: async (): Promise<Held> => {
      for (;;) {
        const progress = await lock.query<Progress>(PROGRESS).catch(() => null);
        if (progress?.held && !progress.result) {
          return progress.held;
        }
        await temporal.pass(100);
      }
    },
    /** Says what becomes of the step that is held; `until`: long after that. */
    resume: async (input: Omit<ResumeInput, 'step' | 'until'> & Partial<ResumeInput>): Promise<string> => {
      const { held } = await lock.query<Progress>(PROGRESS);
      const filled = Array.isArray(input)
        ? input
        : { step: held?.step ?? '', until: inMinutes(Date.now(), 60), ...input };
      return await lock.executeUpdate<string>(RESUME, { args: [filled] });
    },
    /** The holder of the lock, and its critical section. */
    lock,
    criticalSection: temporal.getHandle<unknown>(criticalSectionId(log)),
    getHandle: <Result>(workflowId: string) => temporal.getHandle<Result>(workflowId),
  };
}
