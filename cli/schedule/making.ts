import { setTimeout as rest } from 'node:timers/promises';
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { firingsOf, longestUntilClose, type Firing } from '../../schedules/firing';
import { windowsOf } from '../../schedules/windows';
import { changeSchedule } from '../../workers/schedule-change';
import { readSchedule } from '../../workers/schedules';
import { SCHEDULED_ROTATION } from '../../workflows/messages';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import { CommandError, innermost } from '../errors';
import { exitCodes } from '../exit-codes';

/** What a schedule does, as Temporal keeps it. */
interface Wanted {
  readonly policy: SchedulePolicy;
  readonly firings: readonly Firing[];
  readonly catchUpMs: number;
}

const MINUTE_MS = 60_000;

/** How often, and how long, a change is tried and looked for: Temporal's scheduler takes it up some moments later. */
const TRIES = 5;
const LOOKS = 20;
const LOOK_EVERY_MS = 100;

/** The id of a log's schedule, which is that of its workflows, too: shared by two, one of them would lose its run. */
export function scheduleIdOf(log: string, name?: string): string {
  return name === undefined ? `rotate-${log}` : `rotate-${log}-${name}`;
}

function wantedFor(policy: SchedulePolicy, now: number): Wanted {
  const windows = windowsOf(policy);
  // A run that is made up for within its window still rotates; one that is later would find it closed.
  const catchUpMs = Math.ceil(longestUntilClose(windows, now) / MINUTE_MS) * MINUTE_MS;
  return { policy, firings: firingsOf(windows, now), catchUpMs };
}

/** Makes a schedule; refuses one that is there already, unless it is to be replaced. Gives whether it is paused. */
export async function makeSchedule(
  client: Client,
  scheduleId: string,
  policy: SchedulePolicy,
  { taskQueue, replace }: { readonly taskQueue: string; readonly replace: boolean },
): Promise<'made' | 'replaced' | 'replaced, and still paused'> {
  const wanted = wantedFor(policy, Date.now());
  const { firings, catchUpMs } = wanted;
  try {
    await client.schedule.create({
      scheduleId,
      spec: { calendars: firings.map((firing) => ({ ...firing, second: 0 })) },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpMs, pauseOnFailure: true },
      action: {
        type: 'startWorkflow',
        workflowType: SCHEDULED_ROTATION,
        workflowId: scheduleId,
        args: [policy],
        taskQueue,
        staticSummary: `Scheduled rotation of ${policy.log}`,
      },
    });
    return 'made';
  } catch (error) {
    const refused = invalidBecause(error);
    if (refused !== undefined) {
      const text = `Temporal does not take this schedule: ${refused}.`;
      throw new CommandError(text, exitCodes.usage, { cause: error });
    }
    if (!(error instanceof ScheduleAlreadyRunning)) {
      throw error;
    }
  }
  if (!replace) {
    const text = `There is a schedule ${scheduleId} already. Look at it with \`rekor-rotate schedule show\`, replace it with --replace, or give this one a --name of its own.`;
    throw new CommandError(text, exitCodes.refused);
  }
  return await replaced(client, scheduleId, wanted);
}

/** gRPC's status INVALID_ARGUMENT (grpc.io, "Status codes"). */
const INVALID_ARGUMENT = 3;

/** Why Temporal calls a schedule invalid: the SDK throws a TypeError for its times, and an error of its own for all else. */
function invalidBecause(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const inner = innermost(error);
  const invalid = error instanceof TypeError || ('code' in inner && inner.code === INVALID_ARGUMENT);
  return invalid ? inner.message : undefined;
}

/**
 * Gives a schedule another policy and leaves it paused or not, as it is. A change that came too late is dropped without a word:
 * so it is looked for.
 */
async function replaced(
  client: Client,
  scheduleId: string,
  { policy, firings, catchUpMs }: Wanted,
): Promise<'replaced' | 'replaced, and still paused'> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await foundSchedule(client, scheduleId);
    if (found.action.workflowType !== SCHEDULED_ROTATION) {
      const text = `The schedule ${scheduleId} starts ${found.action.workflowType}; it is not replaced.`;
      throw new CommandError(text, exitCodes.refused);
    }
    const structuredCalendar = firings.map(({ dayOfWeek, hour, minute }) => ({
      ...{ second: [{ start: 0 }], minute: [{ start: minute }], hour: [{ start: hour }] },
      ...{ dayOfMonth: [{ start: 1, end: 31 }], month: [{ start: 1, end: 12 }] },
      dayOfWeek: dayOfWeek.map((day) => ({ start: weekdays.indexOf(day) })),
    }));
    await changeSchedule(client, found, {
      spec: { structuredCalendar },
      catchUpMs,
      pauseOnFailure: true,
      startWorkflow: { workflowId: scheduleId },
      input: policy,
    });
    const now = await shown(client, scheduleId, ({ action }) => same(action.args?.[0], policy));
    if (now) {
      return now.state.paused ? 'replaced, and still paused' : 'replaced';
    }
  }
  throw notTaken(scheduleId);
}

/** Temporal counts days of the week from Sunday. */
const weekdays = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Pauses a schedule, or lets it go on. Somebody who changes it at the same moment undoes that without a word, so it is looked
 * for, once more after a while, and said again.
 */
export async function setPaused(
  client: Client,
  scheduleId: string,
  paused: boolean,
  why: string,
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleId);
  const isSo = ({ state }: ScheduleDescription): boolean => state.paused === paused;
  for (let tries = 0; tries < TRIES; tries += 1) {
    await (paused ? handle.pause(why) : handle.unpause(why));
    if (await shown(client, scheduleId, isSo)) {
      await rest(LOOKS * LOOK_EVERY_MS);
      if (isSo(await foundSchedule(client, scheduleId))) return;
    }
  }
  throw notTaken(scheduleId);
}

/** What a trigger came to: the workflow that was started, or the one that runs already. */
export type Triggered = { readonly started: string } | { readonly runs: string };

/**
 * Lets a schedule fire now, unless a run of it is open. Always with the policy SKIP: without one Temporal would start a second
 * run beside it, which the schedule does not know.
 */
export async function trigger(client: Client, scheduleId: string): Promise<Triggered> {
  const before = (await foundSchedule(client, scheduleId)).info;
  await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.SKIP);
  const came = await shown(
    client,
    scheduleId,
    ({ info }) =>
      info.numActionsTaken > before.numActionsTaken ||
      info.numActionsSkippedOverlap > before.numActionsSkippedOverlap,
    LOOKS * TRIES,
  );
  if (!came) {
    const text = `Temporal does not say yet whether ${scheduleId} has started a run. Look with \`rekor-rotate schedule show\`.`;
    throw new CommandError(text, exitCodes.failed);
  }
  const { numActionsTaken, recentActions, runningActions } = came.info;
  if (numActionsTaken > before.numActionsTaken) {
    return { started: recentActions.at(-1)?.action.workflow.workflowId ?? scheduleId };
  }
  const [run] = [...runningActions, ...before.runningActions];
  return { runs: run?.workflow.workflowId ?? scheduleId };
}

/** The times at which Temporal itself says that a schedule fires, in the year that begins now. Milliseconds since the epoch. */
export async function firesInYear(client: Client, scheduleId: string, now: number): Promise<number[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    ...{ namespace: client.options.namespace, scheduleId },
    startTime: msToTs(now - 86_400_000),
    endTime: msToTs(now + 367 * 86_400_000),
  });
  return startTime.map(tsToMs);
}

/** Looks until a schedule is as it should be; null when it is not after a while. */
async function shown(
  client: Client,
  scheduleId: string,
  isSo: (found: ScheduleDescription) => boolean,
  looks = LOOKS,
): Promise<ScheduleDescription | null> {
  for (let look = 0; look < looks; look += 1) {
    const found = await foundSchedule(client, scheduleId);
    if (isSo(found)) return found;
    await rest(LOOK_EVERY_MS);
  }
  return null;
}

async function foundSchedule(client: Client, scheduleId: string): Promise<ScheduleDescription> {
  const found = await readSchedule(client, scheduleId);
  if (!found) {
    throw new CommandError(`There is no schedule ${scheduleId} any more.`, exitCodes.refused);
  }
  return found.description;
}

function notTaken(scheduleId: string): CommandError {
  const text = `Somebody else changes the schedule ${scheduleId} at the same time, and this change is not there. Look with \`rekor-rotate schedule show\`, then say it again.`;
  return new CommandError(text, exitCodes.failed);
}
