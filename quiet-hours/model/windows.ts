import { type ClockChange, HOURS_A_DAY, HOURS_A_WEEK } from './week';
import { together, type WriteRate, type Writes } from './write-rate';

/** Local hours in which a log may be rotated. */
export interface Window {
  /** The days on which it begins; 0 is Monday. */
  readonly days: readonly number[];
  /** The local hour in which it begins. */
  readonly fromHour: number;
  /** In hours; it may reach into the next day. */
  readonly length: number;
}

/** A window and what is known of its writes. Rates are writes an hour. */
export interface QuietWindow extends Window {
  readonly rate: number;
  /** The rate is at most this, in 95 of 100 such weeks; what was not read counts against the window. */
  readonly rateAtMost: number;
  /** Its busiest occurrence, at most. */
  readonly worstRateAtMost: number;
  /** How often it was seen. */
  readonly seen: number;
  /** Nights of the coming year in which clocks change in it. */
  readonly clockChanges: readonly ClockChange[];
}

/** Windows that are known to be quiet, and the one that looks quietest. */
export interface QuietWindows {
  /** On single days, best first, none of them overlapping another. */
  readonly single: readonly QuietWindow[];
  /** The same hours on every day of the week, when that is known to be quiet too. */
  readonly daily: QuietWindow | null;
  /** The window that had the fewest writes, whether or not that is known well enough; null when none was seen twice. */
  readonly quietest: QuietWindow | null;
}

const MOST_WINDOWS = 3;

/** A window is quiet when its rate is at most this share of the mean rate. */
export const QUIET_SHARE = 1 / 2;

/** How often a window must have been seen: what happened once is no pattern. */
export const LEAST_WEEKS = 2;

/**
 * The quietest windows of so many hours.
 *
 * @param weeks the weeks that count; in the others the log was hardly used at all, which says nothing of its hours.
 * @param meanRate writes an hour in these weeks.
 */
export function quietWindows(
  writes: WriteRate,
  length: number,
  {
    weeks,
    meanRate,
    changes,
  }: { weeks: ReadonlySet<number>; meanRate: number; changes: readonly ClockChange[] },
): QuietWindows {
  const occurrences = occurrencesOf(writes, length, weeks);
  const window = (days: readonly number[], fromHour: number): QuietWindow | undefined => {
    const seen = days.map((day) => occurrences[day * HOURS_A_DAY + fromHour] ?? []);
    if (seen.some((each) => each.length < LEAST_WEEKS)) return undefined;
    const all = seen.flat();
    const { probable, hours } = together(all);
    return {
      ...{ days, fromHour, length },
      rate: probable / hours,
      rateAtMost: mostWrites(all.map(({ most }) => most)) / hours,
      worstRateAtMost: Math.max(...all.map((one) => one.most / one.hours)),
      seen: all.length,
      clockChanges: changes.filter((change) => days.some((day) => touches(change, day, fromHour, length))),
    };
  };
  const known = ({ rateAtMost }: QuietWindow): boolean => rateAtMost <= meanRate * QUIET_SHARE;
  const best = (windows: readonly (QuietWindow | undefined)[]): QuietWindow[] =>
    windows
      .filter((one) => one !== undefined)
      .sort((one, other) => one.rateAtMost - other.rateAtMost || one.rate - other.rate);
  const singles = best(
    Array.from({ length: HOURS_A_WEEK }, (_, hour) =>
      window([Math.floor(hour / HOURS_A_DAY)], hour % HOURS_A_DAY),
    ),
  );
  const everyDay = [0, 1, 2, 3, 4, 5, 6];
  const daily = best(Array.from({ length: HOURS_A_DAY }, (_, hour) => window(everyDay, hour)));
  return {
    single: apart(singles.filter(known)).slice(0, MOST_WINDOWS),
    daily: daily.find(known) ?? null,
    quietest: singles[0] ?? null,
  };
}

/** By the hour of the week in which it begins: the writes of a window each time that it was seen whole. */
function occurrencesOf(writes: WriteRate, length: number, weeks: ReadonlySet<number>): Writes[][] {
  const { slices } = writes;
  const found: Writes[][] = Array.from({ length: HOURS_A_WEEK }, () => []);
  for (const [position, { weekHour, week }] of slices.entries()) {
    const endsAt = (weekHour + length) % HOURS_A_WEEK;
    // Where clocks change, an hour more or less lies between.
    const end = [length, length - 1, length + 1].find(
      (hours) => (slices[position + hours]?.weekHour ?? NaN) === endsAt,
    );
    const atTheEnd = position + length === slices.length ? length : undefined;
    const hours = end ?? atTheEnd;
    if (hours === undefined || hours === 0 || !weeks.has(week)) continue;
    found[weekHour]?.push(writes.between(position, position + hours));
  }
  return found;
}

/** The windows, without those that overlap a better one. */
function apart(windows: readonly QuietWindow[]): QuietWindow[] {
  const kept: QuietWindow[] = [];
  for (const window of windows) {
    const hours = new Set(weekHoursOf(window));
    if (!kept.some((other) => weekHoursOf(other).some((hour) => hours.has(hour)))) kept.push(window);
  }
  return kept;
}

/** The hours of the week that a window covers. */
export function weekHoursOf({ days, fromHour, length }: Window): number[] {
  return days.flatMap((day) =>
    Array.from({ length }, (_, hour) => (day * HOURS_A_DAY + fromHour + hour) % HOURS_A_WEEK),
  );
}

function touches(
  { fromWeekHour, toWeekHour }: ClockChange,
  day: number,
  fromHour: number,
  length: number,
): boolean {
  const changed = (toWeekHour - fromWeekHour + HOURS_A_WEEK) % HOURS_A_WEEK;
  const hours = Array.from({ length: changed }, (_, hour) => (fromWeekHour + hour) % HOURS_A_WEEK);
  const covered = new Set(weekHoursOf({ days: [day], fromHour, length }));
  return hours.some((hour) => covered.has(hour));
}

/**
 * The most writes that are to be expected of as many occurrences, with 95 % confidence: the upper end for a Poisson
 * distribution, widened by how much more the occurrences differ than such ones do. Nothing seen is no proof of nothing: of
 * 0 writes it gives 3.
 */
export function mostWrites(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = total / counts.length;
  const spread = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / Math.max(counts.length - 1, 1);
  const clumps = mean > 0 ? Math.max(spread / mean, 1) : 1;
  // Wilson and Hilferty's approximation of the chi-squared distribution; 1.645 is the normal one's 95 % point.
  const shape = total / clumps + 1;
  return clumps * shape * (1 - 1 / (9 * shape) + 1.645 / (3 * Math.sqrt(shape))) ** 3;
}
