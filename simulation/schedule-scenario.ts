import type { SchedulePolicy } from '../workflows/model/schedule-policy';
import type { Fault, FaultName } from './faults';
import { localMinute, moments, openAround, type Hours, type Moment, type Open } from './local-hours';
import type { Random } from './random';
import { callsOf } from './steps';

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1440;
/** A run of the simulation is not to last for longer; milliseconds. */
const LONGEST_MS = 3 * 3_600_000;
const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** What the schedules of a log do in a run. Times are milliseconds since the epoch, or since the run began. */
export interface SchedulesScenario {
  /** The time at which the run begins: some minutes before a moment at which clocks may change or a day begins. */
  readonly beginsAt: number;
  readonly schedules: readonly ScheduleScenario[];
  /** A rotation is started by hand beside them, so long after the run began. */
  readonly byHandAfterMs: number | null;
  /** Temporal, or every worker, is away: a schedule that should have fired fires once it is back. */
  readonly away: {
    readonly who: 'Temporal' | 'workers';
    readonly fromMs: number;
    readonly forMs: number;
  } | null;
  /** Clients send few writes for a while. */
  readonly quiet: { readonly fromMs: number; readonly forMs: number };
  /** What goes wrong while schedules look at the log, beside the other faults. */
  readonly faults: readonly Fault[];
}

/** One schedule, and what is true of it whatever the code under test says. */
export interface ScheduleScenario {
  readonly policy: SchedulePolicy;
  /** When a rotation may begin; in order, apart from each other. */
  readonly open: readonly Open[];
  /** Whether the log is such that a rotation is due. */
  readonly due: boolean;
  /** When it fires, in order. */
  readonly firesAt: readonly number[];
  /** It makes up for what it missed at most so long ago. */
  readonly catchUpMs: number;
}

/** The schedules of a run; null: there are none. */
export function drawSchedules(random: Random, calm: boolean): SchedulesScenario | null {
  if (random.chance(0.75)) {
    return null;
  }
  const moment = random.pick(moments);
  const beginsAt = Date.parse(moment.at) - random.whole(1, 4) * MINUTE_MS;
  if (calm) {
    const quiet = { fromMs: 30_000, forMs: MINUTE_MS * 60 };
    return {
      beginsAt,
      schedules: [calmSchedule(random, moment)],
      byHandAfterMs: null,
      away: null,
      quiet,
      faults: [],
    };
  }
  const first = drawSchedule(random, moment, beginsAt);
  // Two schedules of one log often have the same hours.
  const second = random.chance(0.5)
    ? { ...first, catchUpMs: 10_000 }
    : drawSchedule(random, moment, beginsAt);
  return {
    beginsAt,
    schedules: random.chance(0.6) ? [first] : [first, second],
    byHandAfterMs: random.chance(0.3) ? random.between(1_000, 5 * MINUTE_MS) : null,
    away: random.chance(0.45) ? drawAway(random, first, beginsAt) : null,
    quiet: { fromMs: random.between(26_000, 4 * MINUTE_MS), forMs: random.between(70_000, 3 * MINUTE_MS) },
    faults: random.chance(0.3) ? [drawFault(random)] : [],
  };
}

/** Often over the end of a window in which the schedule fires: from just before it, or from when the run has begun to look. */
function drawAway(
  random: Random,
  { open, firesAt }: ScheduleScenario,
  beginsAt: number,
): NonNullable<SchedulesScenario['away']> {
  const who = random.pick(['Temporal', 'workers'] as const);
  const fires = random.pick(firesAt);
  const span = open.find(({ closesAt }) => closesAt > fires);
  const begins = Math.max(fires, span?.opensAt ?? fires) + random.between(300, 1_600);
  if (span && span.closesAt < beginsAt + LONGEST_MS && random.chance(0.6)) {
    // From about when a rotation has begun, until hours in which nobody wants it.
    const forMs = span.closesAt + random.whole(58, 75) * MINUTE_MS - begins;
    return { who, fromMs: begins - beginsAt, forMs };
  }
  if (!span || span.closesAt > fires + 6 * MINUTE_MS || random.chance(0.3)) {
    const forMs = random.pick([20_000, MINUTE_MS, 3 * MINUTE_MS]);
    return { who, fromMs: random.between(5_000, 5 * MINUTE_MS), forMs };
  }
  const from = random.chance(0.5) ? fires - random.between(100, 2_000) : begins;
  const to = span.closesAt + random.between(-10_000, 2 * MINUTE_MS);
  return { who, fromMs: from - beginsAt, forMs: Math.max(to - from, 1_000) };
}

/** In the quiet of which a rotation must come about: it is due, and waits for a window or a lull at most. */
function calmSchedule(random: Random, moment: Moment): ScheduleScenario {
  const at = Date.parse(moment.at);
  const hours = hoursBetween(moment, at - 5 * MINUTE_MS, 20);
  return scheduleOf(moment, [hours], {
    policy: {
      log: 'lab',
      due: { entries: 1 },
      ...(random.chance(0.5) && { lull: { writesPerMinute: 20, forMinutes: 1 } }),
    },
    ...{
      dark: [],
      due: true,
      everyDay: true,
      catchUpMs: MINUTE_MS,
      firesAt: [at + random.between(0, MINUTE_MS)],
    },
  });
}

function drawSchedule(random: Random, moment: Moment, beginsAt: number): ScheduleScenario {
  const at = Date.parse(moment.at);
  const today = Math.floor(localMinute(moment, at) / MINUTES_A_DAY);
  const windows = random.pick([0, 1, 1, 1, 2]);
  const lull = windows > 0 && random.chance(0.45);
  const hours = Array.from({ length: windows }, () => drawHours(random, moment, lull));
  const due = random.chance(0.85);
  return scheduleOf(moment, hours, {
    policy: {
      log: 'lab',
      ...drawDue(random, due),
      ...(lull && {
        lull: {
          forMinutes: 1,
          ...random.pick([
            { writesPerMinute: 0 },
            { writesPerMinute: 20 },
            { quantile: 0.5 },
            { writesPerMinute: 1_000 },
          ]),
        },
        ...(random.chance(0.6) && { atWindowEnd: random.pick(['go', 'skip'] as const) }),
      }),
    },
    due,
    dark: random.chance(0.3) ? random.pick([[today], [today - 1], [today - 1, today]]) : [],
    everyDay: random.chance(0.5),
    catchUpMs: random.pick([10_000, 2 * MINUTE_MS, 365 * MINUTES_A_DAY * MINUTE_MS]),
    firesAt: Array.from({ length: random.whole(1, 3) }, () =>
      random.chance(0.5)
        ? beginsAt + random.whole(1, 8) * MINUTE_MS
        : beginsAt + random.between(1_000, 8 * MINUTE_MS),
    ).sort((one, other) => one - other),
  });
}

/** Hours of some minutes about the moment, perhaps ones that clocks leave out; longer ones where nobody waits for a lull. */
function drawHours(random: Random, moment: Moment, lull: boolean): Hours {
  const at = Date.parse(moment.at);
  if (!lull && random.chance(0.2)) {
    const local = localMinute(moment, at) % MINUTES_A_DAY;
    const fromMinute =
      (local - (local % 60) + random.pick([-120, -90, -60, -30, 0, 30]) + MINUTES_A_DAY) % MINUTES_A_DAY;
    const day = Math.floor(localMinute(moment, at) / MINUTES_A_DAY);
    return { days: [day], fromMinute, minutes: random.pick([5, 30, 60, 180]) };
  }
  const minutes = random.pick(lull ? [2, 3, 3, 4] : [1, 2, 3, 3, 65]);
  return hoursBetween(moment, at + random.whole(-4, 2) * MINUTE_MS, minutes);
}

/** The hours that the clocks show when it is this time, and so many minutes more. */
function hoursBetween(moment: Moment, from: number, minutes: number): Hours {
  const local = localMinute(moment, from);
  return { days: [Math.floor(local / MINUTES_A_DAY)], fromMinute: local % MINUTES_A_DAY, minutes };
}

function drawDue(random: Random, due: boolean): Pick<SchedulePolicy, 'due' | 'atMostOnceInDays'> {
  return due
    ? random.pick([{}, { due: { entries: 1 } }, { due: { entries: 1, ageDays: 30 } }])
    : random.pick([
        { due: { entries: 1_000_000 } },
        { due: { ageDays: 30 } },
        { due: { entries: 1 }, atMostOnceInDays: 30 },
      ]);
}

/** A policy in the words of people, and what it means by the clock. */
function scheduleOf(
  moment: Moment,
  hours: readonly Hours[],
  {
    policy,
    dark,
    everyDay,
    ...rest
  }: Pick<ScheduleScenario, 'policy' | 'due' | 'firesAt' | 'catchUpMs'> & {
    readonly dark: readonly number[];
    readonly everyDay: boolean;
  },
): ScheduleScenario {
  const clock = (minute: number): string =>
    [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
  const text = ({ days, fromMinute, minutes }: Hours): string => {
    const on = everyDay ? 'mon-sun' : days.map((day) => names[(day + 3) % 7] ?? '').join(',');
    return `${on} ${clock(fromMinute)}-${clock((fromMinute + minutes) % MINUTES_A_DAY)}`;
  };
  const date = (day: number): string => new Date(day * MINUTES_A_DAY * MINUTE_MS).toISOString().slice(0, 10);
  const [first, last] = [dark.at(0), dark.at(-1)];
  const days = hours.flatMap((one) => one.days.flatMap((day) => [day - 1, day, day + 1]));
  const meant = everyDay ? hours.map((one) => ({ ...one, days })) : hours;
  const today = Math.floor(localMinute(moment, Date.parse(moment.at)) / MINUTES_A_DAY);
  const always = { days: [today - 1, today, today + 1], fromMinute: 0, minutes: MINUTES_A_DAY };
  return {
    ...rest,
    policy: {
      ...policy,
      timeZone: moment.timeZone,
      ...(hours.length > 0 && { windows: hours.map(text) }),
      ...(first !== undefined && {
        blackout: [first === last || last === undefined ? date(first) : `${date(first)}..${date(last)}`],
      }),
    },
    open: openAround(moment, hours.length > 0 ? meant : [always], new Set(dark)),
  };
}

const lookFaults: readonly FaultName[] = [
  ...(['fails before', 'fails after', 'times out', 'is slow', 'answer lost', 'fails for good'] as const),
  ...([
    'worker killed',
    'worker stopped',
    'worker cut off',
    'Temporal down',
    'gate dies',
    'Trillian down',
  ] as const),
  ...(['cancel', 'terminate', 'reset', 'host reboots'] as const),
];

/** Something that goes wrong while a schedule looks, or while the writes are watched. */
function drawFault(random: Random): Fault {
  const step = random.pick(['schedule', 'lull'] as const);
  const call = random.whole(0, callsOf[step] - 1);
  return { name: random.pick(lookFaults), step, call, form: random.number() };
}
