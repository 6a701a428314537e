/** The hours of the past weeks in a time zone. All times are seconds since the epoch, as Rekor's `integratedTime`. */

export const HOURS_A_DAY = 24;
export const HOURS_A_WEEK = 7 * HOURS_A_DAY;
export const HOUR = 3600;
export const DAY = HOURS_A_DAY * HOUR;

/** Every offset in use since 1972 is a multiple of this, and so is every change of clocks. */
const QUARTER = HOUR / 4;

/** One local hour of one day. Where clocks change it is shorter, missing, or two hours long. */
export interface Slice {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** The hour of the week: 0 is Monday from 00:00 to 01:00. */
  readonly weekHour: number;
  /** Weeks back from today: 0 is the last seven whole days. */
  readonly week: number;
}

/** What a clock on the wall shows. */
interface WallClock {
  /** Days since 1970-01-01 by the local calendar. */
  readonly day: number;
  /** Seconds since local midnight, in whole minutes. */
  readonly second: number;
}

/** Reads the wall clocks of a time zone. Throws a RangeError for a zone that Intl does not know. */
export function wallClock(timeZone: string): (time: number) => WallClock {
  const fields = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...fields });
  return (time) => {
    const read: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(time * 1000)) read[type] = Number(value);
    const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN } = read;
    return { day: Date.UTC(year, month - 1, day) / (DAY * 1000), second: hour * HOUR + minute * 60 };
  };
}

/** The weekday of a local day: 0 is Monday, as in ISO 8601. 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (day + 3) % 7;
}

/**
 * The local hours of the last whole weeks before today, in order and without gaps. Today is left out: it is not over, and
 * each hour of the week is to be there equally often.
 */
export function slicesBefore(now: number, weeks: number, timeZone: string): Slice[] {
  const clock = wallClock(timeZone);
  const today = clock(now).day;
  const slices: Slice[] = [];
  const first = Math.floor(now / QUARTER) * QUARTER - (7 * weeks + 2) * DAY;
  for (let from = first; from < now; from += QUARTER) {
    const { day, second } = clock(from);
    if (day < today - 7 * weeks || day >= today) continue;
    const weekHour = weekdayOf(day) * HOURS_A_DAY + Math.floor(second / HOUR);
    const week = Math.floor((today - 1 - day) / 7);
    const last = slices.at(-1);
    const to = from + QUARTER;
    if (last?.weekHour === weekHour) slices[slices.length - 1] = { ...last, to };
    else slices.push({ from, to, weekHour, week });
  }
  return slices;
}

/** How many whole weeks lie between a time and the beginning of today. */
export function wholeWeeksSince(time: number, now: number, timeZone: string): number {
  const clock = wallClock(timeZone);
  return Math.floor((clock(now).day - clock(time).day - 1) / 7);
}

/** A night in which the clocks of a zone change. */
export interface ClockChange {
  readonly at: number;
  /** Local times that do not occur, or occur twice; in whole hours of the week, the last one exclusive. */
  readonly kind: 'missing' | 'twice';
  readonly fromWeekHour: number;
  readonly toWeekHour: number;
}

/** The changes of clocks in the year that begins now. */
export function clockChangesAfter(now: number, timeZone: string): ClockChange[] {
  const clock = wallClock(timeZone);
  const local = (time: number): number => {
    const { day, second } = clock(time);
    return day * DAY + second;
  };
  const offset = (time: number): number => local(time) - time;
  const begin = Math.ceil(now / QUARTER) * QUARTER;
  const changes: ClockChange[] = [];
  for (let from = begin; from < begin + 366 * DAY; from += DAY) {
    let [before, after] = [from, from + DAY];
    if (offset(before) === offset(after)) continue;
    while (after - before > QUARTER) {
      const middle = before + Math.floor((after - before) / QUARTER / 2) * QUARTER;
      if (offset(middle) === offset(before)) before = middle;
      else after = middle;
    }
    const walls = [after + offset(before), after + offset(after)] as const;
    changes.push({
      at: after,
      kind: walls[1] > walls[0] ? 'missing' : 'twice',
      fromWeekHour: weekHourOfWall(Math.min(...walls), Math.floor),
      toWeekHour: weekHourOfWall(Math.max(...walls), Math.ceil),
    });
  }
  return changes;
}

function weekHourOfWall(wall: number, round: (hours: number) => number): number {
  const day = Math.floor(wall / DAY);
  return (weekdayOf(day) * HOURS_A_DAY + round((wall - day * DAY) / HOUR)) % HOURS_A_WEEK;
}
