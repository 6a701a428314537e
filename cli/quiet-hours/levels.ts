import { windowText } from '../../quiet-hours/model/schedule-line';
import { dayNames } from '../../workflows/model/window';
import { HOURS_A_DAY } from '../../quiet-hours/model/week';
import { type Window, weekHoursOf } from '../../quiet-hours/model/windows';
import type { Week, WeekHour } from '../../quiet-hours/model/findings';

/** How dense the writes of an hour are drawn: 0 for the quietest. Each level but the first is twice the one before it. */
export const LEVELS = 5;

/** The highest rate of a level; that of the last one is the rate of the busiest hour. */
export function topOf(level: number, { busiestRate }: Week): number {
  return busiestRate / 2 ** (LEVELS - 1 - level);
}

/** The level of an hour; undefined where its rate is a guess. */
export function levelOf({ rate, uncertain }: WeekHour, week: Week): number | undefined {
  if (uncertain) return undefined;
  const level = Array.from({ length: LEVELS }, (_, position) => position).find(
    (position) => rate <= topOf(position, week),
  );
  return level ?? LEVELS - 1;
}

/** An hour of the week as it is drawn. */
export interface Cell {
  readonly day: number;
  readonly hour: number;
  readonly level: number | undefined;
  readonly known: WeekHour;
  /** It begins a window, or ends one. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/** The week in rows, a day each, Monday first. */
export function rowsOf(
  week: Week,
  windows: readonly Window[],
): { readonly name: string; readonly cells: Cell[] }[] {
  const hours = windows.map(weekHoursOf);
  const begins = new Set(hours.map((of) => of[0]));
  const ends = new Set(hours.map((of) => of.at(-1)));
  return dayNames.map((name, day) => ({
    name,
    cells: week.hours.slice(day * HOURS_A_DAY, (day + 1) * HOURS_A_DAY).map((known, hour) => {
      const weekHour = day * HOURS_A_DAY + hour;
      const level = levelOf(known, week);
      return { day, hour, level, known, begins: begins.has(weekHour), ends: ends.has(weekHour) };
    }),
  }));
}

/** A number of writes as people read it: two digits that count, and thousands apart. */
export function amount(writes: number): string {
  if (writes >= 100) return Math.round(writes).toLocaleString('en-US');
  if (writes === 0) return '0';
  const digits = writes >= 10 ? 0 : Math.min(Math.max(1 - Math.floor(Math.log10(writes)), 1), 4);
  return writes < 0.0001 ? 'below 0.0001' : writes.toFixed(digits);
}

/** Windows in one sentence. */
export function listed(windows: readonly Window[]): string {
  return windows.map(windowText).join(', ');
}
