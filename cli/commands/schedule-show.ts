import type { Client } from '@temporalio/client';
import type { Configuration } from '../../config/configuration';
import { dangersOf, logOf } from '../../schedules/dangers';
import { zoneProblem } from '../../schedules/local-time';
import { readSchedules, type FoundSchedule } from '../../workers/schedules';
import { SCHEDULED_ROTATION } from '../../workflows/messages';
import { policyProblems, type SchedulePolicy } from '../../workflows/model/schedule-policy';
import { exitCodes } from '../exit-codes';
import { firesInYear } from '../schedule/making';
import { chosenSchedule, withSchedules, type ScheduleOptions } from '../schedule/chosen';
import { knownShard, lostNightTexts, nextWindows } from '../schedule/outlook';
import { lastRuns } from '../schedule/runs';
import { schedulesText, scheduleText, type ShownSchedule } from '../schedule/text';
import type { Terminal } from '../terminal';
import type { LogCommand } from '../usage';

export interface ScheduleShowOptions extends ScheduleOptions {
  readonly json?: boolean;
}

/** How many runs are shown. */
const RUNS = 5;

/** `schedule list`: every schedule that rotates a log, whoever made it. Needs no worker. */
export async function scheduleList(options: ScheduleShowOptions, terminal: Terminal): Promise<number> {
  return await withSchedules(undefined, options, async (client, configuration) => {
    const all = await readSchedules(client);
    const found = all.map((schedule) => ({
      schedule,
      dangers: dangersOf(schedule, all, knownTo(schedule, configuration)),
    }));
    const told = found.map(({ schedule, dangers }) => ({ ...forPrograms(schedule), dangers }));
    terminal.out(options.json ? JSON.stringify(told, null, 2) : schedulesText(found, terminal.columns));
    return exitCodes.done.code;
  });
}

/** `schedule show LOG`: all of one schedule: its policy and state, what it did, and what it will do. */
export const scheduleShow: LogCommand<ScheduleShowOptions> = async (log, options, terminal) => {
  return await withSchedules(log, options, async (client, configuration) => {
    const shown = await shownSchedule(client, await chosenSchedule(client, log, options), configuration);
    const { schedule, ...rest } = shown;
    terminal.out(
      options.json
        ? JSON.stringify({ ...forPrograms(schedule), ...rest }, null, 2)
        : scheduleText(shown, terminal.columns),
    );
    return exitCodes.done.code;
  });
};

async function shownSchedule(
  client: Client,
  schedule: FoundSchedule,
  configuration: Configuration,
): Promise<ShownSchedule> {
  const { scheduleId, paused } = schedule;
  const now = Date.now();
  const [all, runs, fires] = await Promise.all([
    readSchedules(client),
    lastRuns(client, scheduleId, RUNS),
    firesInYear(client, scheduleId, now),
  ]);
  const policy = policyOf(schedule);
  const lost = policy ? lostNightTexts(policy, fires, now) : [];
  return {
    ...{ schedule, policy, runs },
    windows: policy ? nextWindows(policy, { now, paused, fires, shard: knownShard(runs) }) : [],
    dangers: [...dangersOf(schedule, all, knownTo(schedule, configuration)), ...lost],
  };
}

/** The policy, where it is one that can be followed and says windows. */
function policyOf({ workflowType, input }: FoundSchedule): SchedulePolicy | null {
  if (workflowType !== SCHEDULED_ROTATION || policyProblems(input).length > 0) return null;
  const policy = input as SchedulePolicy;
  return policy.timeZone !== undefined && zoneProblem(policy.timeZone) !== undefined ? null : policy;
}

/** A schedule of another task queue is for workers with a configuration of their own. */
function knownTo({ taskQueue }: FoundSchedule, { temporal, logs }: Configuration): string[] | undefined {
  return taskQueue === temporal.taskQueue ? Object.keys(logs) : undefined;
}

function forPrograms(schedule: FoundSchedule): object {
  const { description, ...told } = schedule;
  const { state, info, policies } = description;
  return {
    ...{ log: logOf(schedule) ?? null, ...told, note: state.note ?? '' },
    pauseOnFailure: policies.pauseOnFailure,
    nextFirings: info.nextActionTimes,
    ...{ started: info.numActionsTaken, leftOut: info.numActionsSkippedOverlap },
    missed: info.numActionsMissedCatchupWindow,
  };
}
