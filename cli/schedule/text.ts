import type { FoundSchedule } from '../../workers/schedules';
import { SCHEDULED_ROTATION } from '../../workflows/messages';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import { logOf } from '../../schedules/dangers';
import { utcText } from '../../schedules/local-time';
import { list, table, titled, wrap, type Row } from '../text';
import type { Outlook } from './outlook';
import { policyLines } from './policy-options';
import type { ScheduleRun } from './runs';

/** What `schedule show` says of one schedule. */
export interface ShownSchedule {
  readonly schedule: FoundSchedule;
  /** Null where it starts something else than a scheduled rotation, or one that is refused. */
  readonly policy: SchedulePolicy | null;
  readonly runs: readonly ScheduleRun[];
  readonly windows: readonly Outlook[];
  readonly dangers: readonly string[];
}

/** One schedule: what it does, how it is, what it did and will do. */
export function scheduleText(
  { schedule, policy, runs, windows, dangers }: ShownSchedule,
  columns: number,
): string {
  const { scheduleId, workflowType, input, description } = schedule;
  const { info, policies } = description;
  const next = info.nextActionTimes.slice(0, 3).map((time) => utcText(time.getTime()));
  const rows: readonly Row[] = [
    ['State', stateOf(schedule)],
    [
      'Starts',
      workflowType === SCHEDULED_ROTATION ? workflowType : `${workflowType} ${JSON.stringify(input)}`,
    ],
    ...(policy ? policyLines(policy) : []),
    ['Fires', next.length === 0 ? 'never' : next.join(', ')],
    ['Overlap', policies.overlap],
    ['Catch-up', `${Math.round(policies.catchupWindow / 60_000)} minutes`],
    ['On failure', policies.pauseOnFailure ? 'it is paused' : 'it goes on'],
    [
      'Runs',
      `${info.numActionsTaken} started, ${info.numActionsSkippedOverlap} left out because one was open, ${info.numActionsMissedCatchupWindow} missed`,
    ],
  ];
  return [
    `Schedule ${scheduleId} of ${logOf(schedule) ?? 'no log'}`,
    '',
    ...table(rows, columns),
    ...titled('Last runs', runLines(runs, columns)),
    ...titled('Next windows', outlookLines(windows, columns)),
    ...titled('Dangers', list(dangers, columns)),
  ].join('\n');
}

/** The next windows, a line each, which wraps. */
export function outlookLines(windows: readonly Outlook[], columns: number): string[] {
  return list(
    windows.map(({ text, happens }) => `${text}: ${happens}`),
    columns,
  );
}

function runLines(runs: readonly ScheduleRun[], columns: number): string[] {
  return list(
    runs.map(({ startedAt, outcome, reason }) =>
      `${utcText(startedAt.getTime())}: ${outcome}. ${reason}`.trim(),
    ),
    columns,
  );
}

function stateOf({ paused, description }: FoundSchedule): string {
  const { note } = description.state;
  const said = note === undefined || note === '' ? '' : `: ${note}`;
  return `${paused ? 'paused' : 'active'}${said}`;
}

/** Every schedule, two lines each and more where something is dangerous. */
export function schedulesText(
  schedules: readonly { readonly schedule: FoundSchedule; readonly dangers: readonly string[] }[],
  columns: number,
): string {
  if (schedules.length === 0) {
    return 'No schedule rotates a log. `rekor-rotate schedule create` makes one.';
  }
  return schedules
    .flatMap(({ schedule, dangers }) => {
      const [next] = schedule.description.info.nextActionTimes;
      const fires = schedule.paused || !next ? '' : `; fires next at ${utcText(next.getTime())}`;
      const line = `${schedule.scheduleId}: ${logOf(schedule) ?? 'no log'}, ${stateOf(schedule)}${fires}`;
      return [...wrap(line, columns), ...list(dangers, columns)];
    })
    .join('\n');
}
