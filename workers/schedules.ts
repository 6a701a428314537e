import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import { rotatingTypes, type RotationSchedule } from '../schedules/dangers';

/** A schedule that rotates a log, with what Temporal knows of its runs. */
export interface FoundSchedule extends RotationSchedule {
  readonly description: ScheduleDescription;
}

/** How many schedules are looked at. */
const MOST_SCHEDULES = 200;

/**
 * Every schedule that rotates a log, whoever made it, ordered by id: those of one task queue, or of all. Describing one also
 * lets Temporal pause it when its last run failed and it was told to: it does so only when somebody looks, and says it only
 * to who looks next.
 */
export async function readSchedules(client: Client, taskQueue?: string): Promise<FoundSchedule[]> {
  const ids: string[] = [];
  for await (const { scheduleId, action } of client.schedule.list()) {
    if (action && rotatingTypes.includes(action.workflowType)) ids.push(scheduleId);
    if (ids.length === MOST_SCHEDULES) break;
  }
  const found = await Promise.all(ids.map((id) => readSchedule(client, id)));
  return found
    .filter((one) => one !== null)
    .filter((one) => taskQueue === undefined || one.taskQueue === taskQueue)
    .sort((one, other) => (one.scheduleId < other.scheduleId ? -1 : 1));
}

/** One schedule, as it is after Temporal has looked at its last run; null when there is none of this id. */
export async function readSchedule(client: Client, scheduleId: string): Promise<FoundSchedule | null> {
  try {
    const handle = client.schedule.getHandle(scheduleId);
    await handle.describe();
    return foundSchedule(await handle.describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

function foundSchedule(description: ScheduleDescription): FoundSchedule {
  const { scheduleId, action, policies, state } = description;
  return {
    scheduleId,
    workflowType: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    input: action.args?.[0],
    overlap: policies.overlap ?? ScheduleOverlapPolicy.SKIP,
    catchUpMs: policies.catchupWindow,
    paused: state.paused,
    ...(state.remainingActions !== undefined && { remaining: state.remainingActions }),
    description,
  };
}
