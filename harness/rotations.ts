import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import {
  guardId,
  lockId,
  PROGRESS,
  RECOVER_LOG,
  RESUME,
  ROTATE_LOG,
  type Progress,
} from '../workflows/messages';
import { OPEN_EXECUTIONS } from '../workflows/model/executions';
import type { Choice } from '../workflows/model/choices';
import type { ResumeInput } from '../workflows/model/held';
import { inMinutes } from '../workflows/model/times';
import type { RecoveryRequest, RotationRequest } from '../workflows/model/request';

import type { RotationResult } from '../workflows/model/result';
import { PATIENCE_MS, until, within } from './waiting';

export type Rotate = (request: RotationRequest) => Promise<RotationResult>;

/** Who decides in these tests when a rotation is held. */
export const person = { who: 'the person in the test', why: 'the test has looked' } as const;

/** All that a client of Temporal asks for of one log. */
export interface Rotations {
  start(request?: Partial<RotationRequest>): Promise<WorkflowHandle<Rotate>>;
  /** Starts a rotation and waits for its result. */
  rotate(request?: Partial<RotationRequest>): Promise<RotationResult>;
  result(rotation: WorkflowHandle<Rotate>): Promise<RotationResult>;
  /** The open rotation or recovery: the workflow that is the lock. */
  lock(): WorkflowHandle<Rotate>;
  /** What the open rotation or recovery says of itself. */
  progress(): Promise<Progress>;
  /** Answers one that is held. */
  resume(choice: Choice): Promise<string>;
  /**
   * Lets a person ask for another try of one that is held, and mends what keeps it only once that was tried in vain: mended
   * before, it may end by itself before the person has spoken. Returns the answer to the person.
   */
  retry(mend: () => unknown): Promise<string>;
  /** Recovers the log by hand, and waits for the result. */
  recover(request?: Partial<RecoveryRequest>): Promise<RotationResult>;
  /** Lets the guardian look now. */
  guardLooks(): Promise<void>;
  /** Waits until nothing rotates, recovers or guards this log. */
  idle(): Promise<void>;
}

/** `lastWords` is what the worker wrote: a result that does not come is explained there. */
export function rotationsOf(
  temporal: Client,
  taskQueue: string,
  logName: string,
  lastWords: () => string,
): Rotations {
  const started = (workflow: string, request: object = {}): Promise<WorkflowHandle<Rotate>> =>
    temporal.workflow.start<Rotate>(workflow, {
      workflowId: `test-${randomUUID()}`,
      taskQueue,
      args: [{ log: logName, ...request }],
    });
  const result = (rotation: WorkflowHandle<Rotate>): Promise<RotationResult> =>
    within(`the result of ${rotation.workflowId}`, PATIENCE_MS, rotation.result()).catch((error: unknown) => {
      throw new Error(`${String(error)}\nThe worker's last words:\n${lastWords().slice(-4_000)}`, {
        cause: error,
      });
    });
  const lock = (): WorkflowHandle<Rotate> => temporal.workflow.getHandle<Rotate>(lockId(logName));
  const progress = (): Promise<Progress> => lock().query<Progress>(PROGRESS);
  const resume = async (choice: Choice): Promise<string> => {
    const step = (await progress()).held?.step ?? '';
    const until = inMinutes(Date.now(), 5);
    const input = { choice, step, until, ...person };
    return await lock().executeUpdate<string, [ResumeInput]>(RESUME, { args: [input] });
  };
  const triesOfHeld = async (): Promise<number> => (await progress()).held?.tries ?? 0;
  return {
    start: (request) => started(ROTATE_LOG, request),
    rotate: async (request) => await result(await started(ROTATE_LOG, request)),
    recover: async (request) => await result(await started(RECOVER_LOG, request)),
    result,
    lock,
    progress,
    resume,
    retry: async (mend) => {
      const answer = await resume('retry');
      const tries = await triesOfHeld();
      await until('another try', PATIENCE_MS, async () => (await triesOfHeld()) > tries);
      await mend();
      return answer;
    },
    guardLooks: () => temporal.schedule.getHandle(guardId(logName)).trigger(ScheduleOverlapPolicy.SKIP),
    idle: async () => {
      await until('the end of everything that concerns the log', PATIENCE_MS, async () => {
        const { count } = await temporal.workflow.count(OPEN_EXECUTIONS);
        return count === 0;
      });
    },
  };
}
