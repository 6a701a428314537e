import type { EntryTimes } from './entry-times';
import { type ClockChange, clockChangesAfter, HOUR, HOURS_A_WEEK } from './week';
import { LEAST_WEEKS, QUIET_SHARE, type QuietWindow, quietWindows, type Window } from './windows';
import { together, type WriteRate, type Writes } from './write-rate';

/** Why nothing can be said about the quiet hours of a log. */
export type Unknown =
  /** It holds no entry. */
  | { readonly code: 'EMPTY' }
  /** Its first entry is younger than two whole weeks. */
  | { readonly code: 'YOUNG'; readonly firstEntry: number }
  /** Its newest entry lies in the future. */
  | { readonly code: 'CLOCK_AHEAD'; readonly newestEntry: number }
  /** The times of entries do not grow with their indexes. */
  | { readonly code: 'DISORDER'; readonly share: number }
  /** In fewer than two weeks were there writes in a day's worth of hours. */
  | { readonly code: 'FEW_WRITES'; readonly writes: Writes; readonly weeks: number }
  /** Too little was read to tell in which hours there were writes. */
  | { readonly code: 'UNREAD' }
  /** What looks quietest may be as busy as the rest: it had too few writes, or too little was read. */
  | {
      readonly code: 'UNCERTAIN';
      readonly quietest: Window & { readonly rate: number; readonly rateAtMost: number };
    };

/** What is known of a log's week. Rates are writes an hour. */
export interface Week {
  /** Of each hour of the week, Monday 00:00 first. */
  readonly hours: readonly WeekHour[];
  readonly meanRate: number;
  readonly busiestRate: number;
  /** Weeks that counted, of those that were looked at. */
  readonly weeks: number;
  readonly weeksLookedAt: number;
}

/** One hour of the week. */
export interface WeekHour {
  readonly rate: number;
  readonly rateAtLeast: number;
  readonly rateAtMost: number;
  /** The bounds are so far apart that the rate is a guess. */
  readonly uncertain: boolean;
}

export interface Findings {
  /** Absent when nothing is known of any hour. */
  readonly week: Week | null;
  readonly windows: readonly QuietWindow[];
  /** The same hours every day, when they are known to be quiet. */
  readonly daily: QuietWindow | null;
  /** Set when it cannot be known which hours are quiet; then there are no windows. */
  readonly unknown: Unknown | null;
}

/** A week in which fewer hours saw a write says nothing about which of them are quiet. */
const LEAST_BUSY_HOURS = 24;

/** Clocks of a log and of its reader are never quite the same; seconds. */
const CLOCK_TOLERANCE = HOUR;

/** Some entries astray are a clock that was put right; more are no clock. */
const MOST_DISORDER = 0.02;

/** How far the bounds of an hour may be apart, as a share of its rate; of a quiet one as a share of half of the mean rate. */
const UNCERTAIN_SHARE = 0.5;

/** What is wrong with the log's times as a whole; undefined when they can be used. */
export function troubleWithTimes(shards: readonly EntryTimes[], now: number): Unknown | undefined {
  const newestEntry = Math.max(...shards.map(({ ordered }) => ordered.at(-1)?.time ?? -Infinity));
  if (newestEntry === -Infinity) return { code: 'EMPTY' };
  if (newestEntry > now + CLOCK_TOLERANCE) return { code: 'CLOCK_AHEAD', newestEntry };
  const share = Math.max(...shards.map(({ disorder }) => disorder));
  return share > MOST_DISORDER ? { code: 'DISORDER', share } : undefined;
}

/** What the writes of the past weeks say, with windows of `length` hours. */
export function findingsOf(
  writes: WriteRate,
  length: number,
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): Findings {
  const busy = [...writes.busyHours];
  const weeks = new Set(busy.filter(([, { known }]) => known >= LEAST_BUSY_HOURS).map(([week]) => week));
  if (weeks.size < LEAST_WEEKS) {
    const possible = busy.filter(([, hours]) => hours.possible >= LEAST_BUSY_HOURS).length;
    const few = { code: 'FEW_WRITES', writes: writes.all, weeks: busy.length } as const;
    const unknown = possible < LEAST_WEEKS ? few : ({ code: 'UNREAD' } as const);
    return { week: null, windows: [], daily: null, unknown };
  }
  const meanRate = rateOf(together(slicesIn(writes, weeks)));
  const changes: readonly ClockChange[] = clockChangesAfter(now, timeZone);
  const { single, daily, quietest } = quietWindows(writes, length, { weeks, meanRate, changes });
  const seemsQuiet = quietest !== null && quietest.rate <= meanRate * QUIET_SHARE;
  return {
    week: { ...weekOf(writes, weeks, meanRate), weeks: weeks.size, weeksLookedAt: busy.length },
    windows: single,
    daily,
    unknown: single.length === 0 && daily === null && seemsQuiet ? { code: 'UNCERTAIN', quietest } : null,
  };
}

function weekOf(
  writes: WriteRate,
  weeks: ReadonlySet<number>,
  meanRate: number,
): Pick<Week, 'hours' | 'meanRate' | 'busiestRate'> {
  const byHour: Writes[][] = Array.from({ length: HOURS_A_WEEK }, () => []);
  const all = writes.hours;
  for (const [position, { week, weekHour }] of writes.slices.entries()) {
    const seen = all[position];
    if (seen && weeks.has(week)) byHour[weekHour]?.push(seen);
  }
  const hours = byHour.map((seen) => {
    const { least, most, hours: length, ...counted } = together(seen);
    const [rateAtLeast, rateAtMost] = [least / length, most / length];
    const rate = counted.probable / length;
    const apart = rateAtMost - rateAtLeast;
    return {
      ...{ rate, rateAtLeast, rateAtMost },
      uncertain: !(apart <= UNCERTAIN_SHARE * Math.max(rate, meanRate / 2)),
    };
  });
  return { hours, meanRate, busiestRate: Math.max(...hours.map(({ rate }) => rate)) };
}

function slicesIn(writes: WriteRate, weeks: ReadonlySet<number>): Writes[] {
  return writes.hours.filter((_, position) => weeks.has(writes.slices[position]?.week ?? NaN));
}

function rateOf({ probable, hours }: Writes): number {
  return probable / hours;
}
