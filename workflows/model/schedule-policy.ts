import { fieldProblems, invalid, logField, type Field } from './fields';
import { lullProblems, type Lull } from './lull';
import type { Refusal } from './refusals';
import { BLACKOUT_FORM, readBlackout, readWindow, WINDOW_FORM } from './window';

/** When a log is to be rotated: the one argument of the workflow `scheduledRotation`. */
export interface SchedulePolicy {
  /** The log's name in the configuration. */
  readonly log: string;
  /** When a rotation may begin, such as `sun 02:00-05:00`; at any time without it. */
  readonly windows?: readonly string[];
  /** Whose hours and dates these are: an IANA name. Default `UTC`. */
  readonly timeZone?: string;
  /** Dates on which none begins, such as `2026-12-24` or `2026-12-20..2027-01-06`. */
  readonly blackout?: readonly string[];
  /** What makes it due: any of these. Without it, it is always due. */
  readonly due?: Due;
  /** Not due before the active shard is so many days old, whatever else is. */
  readonly atMostOnceInDays?: number;
  /** Waits in the window until the log is as quiet as this. */
  readonly lull?: Lull;
  /** What happens when the window ends without a lull. Default `skip`. */
  readonly atWindowEnd?: 'go' | 'skip';
}

/** When a rotation is due: when any of these has been reached. */
export interface Due {
  /** Entries of the active shard. */
  readonly entries?: number;
  /** Age of the active shard, in days of the calendar. */
  readonly ageDays?: number;
  /** Size of Trillian's database, where its configuration says how it is read. */
  readonly databaseBytes?: number;
}

const POLICY_EXAMPLE =
  '{"log": "production", "windows": ["sun 02:00-05:00"], "timeZone": "Europe/Berlin", "due": {"ageDays": 90}}';

const whole = (unit: string): Field => ({
  allowed: `a whole number of ${unit}, at least 1`,
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
});

const anything = { allowed: '', fits: () => true } satisfies Field;

const texts = (form: string, reads: (text: string) => unknown): Field => ({
  allowed: `a list of at least one: ${form}`,
  fits: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((text) => typeof text === 'string' && reads(text) !== undefined),
});

const fields = {
  log: logField,
  windows: texts(WINDOW_FORM, readWindow),
  timeZone: {
    allowed: 'a name of the IANA time zone database, such as "Europe/Berlin" or "UTC"',
    // Whether there is such a zone, Intl knows, which no workflow may ask.
    fits: (value) => typeof value === 'string',
  },
  blackout: texts(BLACKOUT_FORM, readBlackout),
  due: anything,
  atMostOnceInDays: whole('days'),
  lull: anything,
  atWindowEnd: {
    allowed: '"go" or "skip"',
    fits: (value) => value === 'go' || value === 'skip',
  },
} satisfies Record<keyof SchedulePolicy, Field>;

const dueFields = {
  entries: whole('entries'),
  ageDays: whole('days'),
  databaseBytes: whole('bytes'),
} satisfies Record<keyof Due, Field>;

/**
 * Everything that is wrong with a policy as it came, from a person's form for example; empty for one that can be followed. What
 * only Intl and the configuration know, whether there is such a time zone and such a log, is not looked at here.
 */
export function policyProblems(input: unknown): Refusal[] {
  const problems = fieldProblems(input, fields, ['log'], POLICY_EXAMPLE);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return problems;
  }
  const {
    due,
    lull,
    windows,
    atWindowEnd,
    atMostOnceInDays,
  }: Partial<Record<keyof SchedulePolicy, unknown>> = input;
  return [
    ...problems,
    ...(due === undefined ? [] : dueProblems(due, atMostOnceInDays)),
    ...(lull === undefined ? [] : lullProblems(lull, 'lull')),
    ...(lull !== undefined && windows === undefined
      ? [
          invalid(
            'windows',
            windows,
            `a list where there is a lull, which is waited for until a window ends: ${WINDOW_FORM}`,
          ),
        ]
      : []),
    ...(lull === undefined && atWindowEnd !== undefined
      ? [invalid('atWindowEnd', atWindowEnd, 'nothing: without a lull no end of a window is waited for')]
      : []),
  ];
}

function dueProblems(due: unknown, atMostOnceInDays: unknown): Refusal[] {
  const example = '{"entries": 1000000, "ageDays": 90}';
  const problems = fieldProblems(due, dueFields, [], example, 'due');
  if (problems.length > 0) {
    return problems;
  }
  if (Object.values(due as Due).every((value) => value === undefined)) {
    return [invalid('due', due, `at least one of ${Object.keys(dueFields).join(', ')}`)];
  }
  const { databaseBytes } = due as Due;
  return databaseBytes !== undefined && atMostOnceInDays === undefined
    ? [
        invalid(
          'due.databaseBytes',
          databaseBytes,
          'a size together with atMostOnceInDays: no rotation makes the database smaller, so each window would be due',
        ),
      ]
    : [];
}
