import type { LogConfiguration } from '../../config/configuration';
import { zoneNamed, zoneProblem } from '../../schedules/local-time';
import { counted, entries } from '../../workflows/model/counted';
import { policyProblems, type SchedulePolicy } from '../../workflows/model/schedule-policy';

/** What `schedule create` takes of a policy; what is a number in it is still text. */
export interface PolicyOptions {
  readonly window?: readonly string[];
  readonly timeZone?: string;
  readonly blackout?: readonly string[];
  readonly dueEntries?: string;
  readonly dueAgeDays?: string;
  readonly dueDatabaseBytes?: string;
  readonly atMostOnceInDays?: string;
  readonly lullWritesPerMinute?: string;
  readonly lullQuantile?: string;
  readonly lullMinutes?: string;
  readonly atWindowEnd?: string;
}

/** The option of each field, for messages. */
const optionOf: Readonly<Record<string, string>> = {
  windows: '--window',
  timeZone: '--time-zone',
  blackout: '--blackout',
  'due.entries': '--due-entries',
  'due.ageDays': '--due-age-days',
  'due.databaseBytes': '--due-database-bytes',
  atMostOnceInDays: '--at-most-once-in-days',
  lull: '--lull-writes-per-minute, --lull-quantile',
  'lull.writesPerMinute': '--lull-writes-per-minute',
  'lull.quantile': '--lull-quantile',
  'lull.forMinutes': '--lull-minutes',
  atWindowEnd: '--at-window-end',
};

/** The policy that options say, as a person would have typed it: what is wrong is still in it. */
export function policyOf(log: string, options: PolicyOptions): SchedulePolicy {
  const { window: windows, timeZone, blackout, atWindowEnd } = options;
  const due = present({
    entries: numberOf(options.dueEntries),
    ageDays: numberOf(options.dueAgeDays),
    databaseBytes: numberOf(options.dueDatabaseBytes),
  });
  const lull = present({
    writesPerMinute: numberOf(options.lullWritesPerMinute),
    quantile: numberOf(options.lullQuantile),
    forMinutes: numberOf(options.lullMinutes),
  });
  const policy = present({
    ...{ windows, timeZone: timeZone === undefined ? undefined : zoneNamed(timeZone), blackout },
    ...{ due, atMostOnceInDays: numberOf(options.atMostOnceInDays), lull, atWindowEnd },
  });
  return { log, ...policy };
}

/** What is wrong with these options, a sentence each: with the policy, and with what `schedule create` needs besides. */
export function policyOptionProblems(
  policy: SchedulePolicy,
  trillian?: LogConfiguration['trillian'],
): string[] {
  const { windows, timeZone, due } = policy;
  const zone = timeZone === undefined ? undefined : zoneProblem(timeZone);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    ...(windows === undefined
      ? [`Say when: --window 'sun 02:00-05:00'. \`quiet-hours\` finds out when.`]
      : []),
    ...(timeZone === undefined
      ? [`Say in which time zone these hours are, such as --time-zone UTC. That of this machine is ${here}.`]
      : []),
    ...(zone === undefined ? [] : [`--time-zone is ${timeZone ?? ''}; it must be ${zone}.`]),
    ...lullOptionProblems(policy),
    ...policyProblems(policy)
      .map(({ message }) => message)
      .filter((message) => !saidByOption.test(message))
      .map(inOptions),
    ...(due?.databaseBytes !== undefined && trillian && !trillian.database
      ? [
          '--due-database-bytes needs trillian.database in the configuration of the log, which says how it is read.',
        ]
      : []),
  ];
}

/** What the policy says of these is said in words of the options. */
const saidByOption = /^The request's (?:lull|lull\.forMinutes|windows) is (?:\{|absent)/;

function lullOptionProblems({ lull }: SchedulePolicy): string[] {
  if (lull === undefined) {
    return [];
  }
  const { writesPerMinute, quantile, forMinutes } = lull;
  return [
    ...((writesPerMinute === undefined) === (quantile === undefined)
      ? ['A lull needs one of --lull-writes-per-minute and --lull-quantile, not both.']
      : []),
    ...((forMinutes as unknown) === undefined ? ['A lull needs --lull-minutes: for how long it lasts.'] : []),
  ];
}

/** A problem of a policy with the options for its fields. */
function inOptions(message: string): string {
  return message
    .replace(/^The request's (\S+) is/, (_, field: string) => `${optionOf[field] ?? field} is`)
    .replace(/\batMostOnceInDays\b/g, '--at-most-once-in-days');
}

/** A number as such; anything else as it was given, to be shown in a message. */
function numberOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Without what is undefined; undefined when nothing is left. */
function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const found = Object.entries(values).filter(([, value]) => value !== undefined);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** The policy in words, a line each. */
export function policyLines(policy: SchedulePolicy): [string, string | undefined][] {
  const { windows, timeZone = 'UTC', blackout, due, atMostOnceInDays, lull, atWindowEnd = 'skip' } = policy;
  const reached = [
    due?.entries === undefined ? undefined : entries(due.entries),
    due?.ageDays === undefined ? undefined : `an age of ${counted(due.ageDays, 'day')}`,
    due?.databaseBytes === undefined ? undefined : `a database of ${due.databaseBytes} bytes`,
  ].filter((text) => text !== undefined);
  const quiet =
    lull?.writesPerMinute === undefined
      ? `the quietest ${(lull?.quantile ?? 0) * 100} % of its hours`
      : `${counted(lull.writesPerMinute, 'write')} a minute`;
  return [
    ['Windows', `${windows?.join(', ') ?? 'any time'}, in ${timeZone}`],
    ['Blackout', blackout?.join(', ')],
    ['Due', reached.length === 0 ? 'always' : `at ${reached.join(', or ')}`],
    ['At most', atMostOnceInDays === undefined ? undefined : `once in ${counted(atMostOnceInDays, 'day')}`],
    [
      'Lull',
      lull &&
        `${counted(lull.forMinutes, 'minute')} with at most ${quiet}; without one by the end: ${atWindowEnd}`,
    ],
  ];
}
