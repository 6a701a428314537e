import { loadConfiguration, logNamed } from '../../config/load';
import { temporalTarget } from '../../config/temporal-target';
import { dangersOf } from '../../schedules/dangers';
import { readSchedules } from '../../workers/schedules';
import { withTemporal } from '../../workers/temporal-connection';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import { exitCodes } from '../exit-codes';
import { firesInYear, makeSchedule, scheduleIdOf } from '../schedule/making';
import { lostNightTexts, nextWindows } from '../schedule/outlook';
import { policyLines, policyOf, policyOptionProblems, type PolicyOptions } from '../schedule/policy-options';
import { outlookLines } from '../schedule/text';
import type { Terminal } from '../terminal';
import { list, table, titled } from '../text';
import { logGiven, type LogCommand } from '../usage';

export interface ScheduleCreateOptions extends PolicyOptions {
  readonly config?: string;
  readonly name?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

/** `schedule create LOG`: makes a schedule of a policy, and says what it will do. */
export const scheduleCreate: LogCommand<ScheduleCreateOptions> = async (named, options, terminal) => {
  const policy = policyOf(named ?? 'LOG', options);
  // What else is wrong is said even where the log is not named, or is unknown.
  const log = logGiven(named, options, ...policyOptionProblems(policy), nameProblem(options.name));
  const configuration = loadConfiguration(options.config);
  const { trillian } = logNamed(configuration, log);
  logGiven(named, options, ...policyOptionProblems(policy, trillian));
  const target = await temporalTarget(configuration.temporal);
  return await withTemporal(target, async ({ client }) => {
    const scheduleId = scheduleIdOf(log, options.name);
    const { taskQueue } = target;
    const state = await makeSchedule(client, scheduleId, policy, {
      taskQueue,
      replace: options.replace === true,
    });
    const now = Date.now();
    const fires = await firesInYear(client, scheduleId, now);
    const all = await readSchedules(client, taskQueue);
    const dangers = all
      .filter((one) => one.scheduleId === scheduleId)
      .flatMap((one) => dangersOf(one, all, Object.keys(configuration.logs)));
    const made = {
      ...{ schedule: scheduleId, state, policy },
      windows: nextWindows(policy, {
        now,
        fires,
        paused: state === 'replaced, and still paused',
        shard: null,
      }),
      warnings: [...oftenWarning(policy), ...dangers, ...lostNightTexts(policy, fires, now)],
    };
    terminal.out(options.json ? JSON.stringify(made, null, 2) : madeText(made, terminal));
    return exitCodes.done.code;
  });
};

/** A name becomes part of the ids of schedules and workflows, which stand in addresses of Temporal's UI. */
function nameProblem(name: string | undefined): string | undefined {
  return name === undefined || /^[a-z0-9][a-z0-9-]*$/.test(name)
    ? undefined
    : `--name is ${name}; it must be of small letters, digits and hyphens.`;
}

function oftenWarning({ due, atMostOnceInDays }: SchedulePolicy): string[] {
  return due === undefined && atMostOnceInDays === undefined
    ? [
        'Nothing says when a rotation is due, so each window sees one, and each makes a shard. Say --due-age-days, --due-entries or --at-most-once-in-days for fewer.',
      ]
    : [];
}

interface Made {
  readonly schedule: string;
  readonly state: string;
  readonly policy: SchedulePolicy;
  readonly windows: ReturnType<typeof nextWindows>;
  readonly warnings: readonly string[];
}

function madeText({ schedule, state, policy, windows, warnings }: Made, { columns }: Terminal): string {
  return [
    `The schedule ${schedule} is ${state}.`,
    '',
    ...table(policyLines(policy), columns),
    ...titled('Next windows', outlookLines(windows, columns)),
    ...titled('Warnings', list(warnings, columns)),
  ].join('\n');
}
