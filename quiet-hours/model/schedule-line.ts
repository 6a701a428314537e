import { windowText as textOf } from '../../workflows/model/window';
import { HOUR } from './week';
import type { Window } from './windows';

/** Windows as people read them, and as `rekor-rotate schedule create` takes them. */

const MINUTES_AN_HOUR = HOUR / 60;

/** A window of whole hours in the words of every policy. */
export function windowText({ days, fromHour, length }: Window): string {
  return textOf({ days, fromMinute: fromHour * MINUTES_AN_HOUR, minutes: length * MINUTES_AN_HOUR });
}

/** The command that makes a schedule of these windows, in parts that may stand on lines of their own. */
export function scheduleLine(log: string, windows: readonly Window[], timeZone: string): string[] {
  const options = windows.map((window) => `--window '${windowText(window)}'`);
  return [`rekor-rotate schedule create ${log}`, ...options, `--time-zone ${timeZone}`];
}
