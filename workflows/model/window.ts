/**
 * Windows and blackout dates as people write them. `quiet-hours` prints them, `schedule create` takes them, and a policy
 * holds them in the same words. What they mean by the clock is in schedules/, since no workflow may ask for a time zone.
 */

/** Local hours in which a rotation may begin. */
export interface Window {
  /** The days on which it begins; 0 is Monday. */
  readonly days: readonly number[];
  /** When it begins, in minutes since local midnight. */
  readonly fromMinute: number;
  /** How long it is on a day without a change of clocks, in minutes; at most a day. It may reach into the next day. */
  readonly minutes: number;
}

/** Local dates on which no rotation begins, both included, as `YYYY-MM-DD`. */
export interface Blackout {
  readonly first: string;
  readonly last: string;
}

export const MINUTES_A_DAY = 1440;

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** The days of the week in their short form, Monday first. */
export const dayNames: readonly string[] = days;

/** What a window looks like, for messages. */
export const WINDOW_FORM =
  'days and hours such as "sun 02:00-05:00", "mon-fri 01:30-04:00" or "sat,sun 22:00-01:00"';

/** What blackout dates look like, for messages. */
export const BLACKOUT_FORM =
  'a date such as "2026-12-24", or two such as "2026-12-20..2027-01-06", the earlier one first';

/** For example `sun 03:00-06:00`, `mon-sun 02:00-05:00`, `sat 23:00-02:00`: an end before the beginning is the next day's. */
export function windowText({ days: on, fromMinute, minutes }: Window): string {
  return `${daysText(on)} ${clock(fromMinute)}-${clock((fromMinute + minutes) % MINUTES_A_DAY)}`;
}

/** Reads what `windowText` writes, in any case and with `24:00` for midnight at the end; undefined for anything else. */
export function readWindow(text: string): Window | undefined {
  const form = /^\s*(?<days>[a-z,-]+)\s+(?<from>\d{1,2}:\d\d)\s*-\s*(?<to>\d{1,2}:\d\d)\s*$/i;
  const { days: on = '', from = '', to = '' } = form.exec(text)?.groups ?? {};
  const [begins, ends, named] = [minuteOf(from), minuteOf(to), readDays(on.toLowerCase())];
  if (begins === undefined || begins === MINUTES_A_DAY || ends === undefined || named === undefined) {
    return undefined;
  }
  const minutes = (ends - begins + MINUTES_A_DAY) % MINUTES_A_DAY;
  return { days: named, fromMinute: begins, minutes: minutes === 0 ? MINUTES_A_DAY : minutes };
}

/** Reads `YYYY-MM-DD` or `YYYY-MM-DD..YYYY-MM-DD`; undefined for anything else, and for dates that there are not. */
export function readBlackout(text: string): Blackout | undefined {
  const [first = '', last = first, ...more] = text.trim().split('..');
  return isDate(first) && isDate(last) && first <= last && more.length === 0 ? { first, last } : undefined;
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // 30 February is read as a day of March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Days as `mon`, `sat,sun` or `mon-fri`; `fri-mon` goes over Sunday. Sorted, each once. */
function readDays(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part
      .split('-')
      .map((name) => days.findIndex((day) => day === name));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) {
      return undefined;
    }
    for (let day = first; ; day = (day + 1) % days.length) {
      found.add(day);
      if (day === last) break;
    }
  }
  return [...found].sort((one, other) => one - other);
}

function minuteOf(text: string): number | undefined {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number);
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= MINUTES_A_DAY ? minute : undefined;
}

function daysText(on: readonly number[]): string {
  const sorted = [...on].sort((one, other) => one - other);
  const [first = 0, last = first] = [sorted.at(0), sorted.at(-1)];
  const consecutive = last - first === sorted.length - 1;
  const name = (day: number): string => days[day] ?? '';
  return consecutive && sorted.length > 2 ? `${name(first)}-${name(last)}` : sorted.map(name).join(',');
}

function clock(minute: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
