import { randomUUID } from 'node:crypto';
import {
  defaultPayloadConverter,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import { encodeScheduleOverlapPolicy } from '@temporalio/client/lib/schedule-types';
import { msToTs } from '@temporalio/common/lib/time';
import type { temporal } from '@temporalio/proto';

/** What a schedule is to do from now on. */
export interface ScheduleChange {
  readonly spec: temporal.api.schedule.v1.IScheduleSpec;
  /** In milliseconds. */
  readonly catchUpMs: number;
  readonly pauseOnFailure?: boolean;
  /** Those of its fields that change. */
  readonly startWorkflow: temporal.api.workflow.v1.INewWorkflowExecutionInfo;
  /** The one argument of the workflow. */
  readonly input: unknown;
}

/**
 * Gives a schedule, as it was read, another spec, policies and action; whether it is paused stays as it is. The SDK's `update`
 * would undo a pause that comes meanwhile. With the token of what was read Temporal drops a change that comes too late, without
 * a word: so whoever changes one looks for it afterwards.
 */
export async function changeSchedule(
  client: Client,
  { scheduleId, raw: { schedule, conflictToken } }: ScheduleDescription,
  { spec, catchUpMs, pauseOnFailure, startWorkflow, input }: ScheduleChange,
): Promise<void> {
  await client.workflowService.updateSchedule({
    ...{ namespace: client.options.namespace, scheduleId, conflictToken, requestId: randomUUID() },
    schedule: {
      ...schedule,
      spec,
      policies: {
        ...schedule?.policies,
        overlapPolicy: encodeScheduleOverlapPolicy(ScheduleOverlapPolicy.SKIP),
        catchupWindow: msToTs(catchUpMs),
        ...(pauseOnFailure !== undefined && { pauseOnFailure }),
      },
      action: {
        startWorkflow: {
          ...schedule?.action?.startWorkflow,
          ...startWorkflow,
          input: { payloads: [defaultPayloadConverter.toPayload(input)] },
        },
      },
    },
  });
}
