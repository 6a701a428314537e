import { closest } from 'fastest-levenshtein';
import { DAY, wallClock } from '../quiet-hours/model/week';

/**
 * What local dates and hours mean by the clock. Intl knows the time zones, and its data differs between versions of Node.js:
 * a workflow that asked it could not be replayed, so activities and programs ask it here. Times are milliseconds since the
 * epoch.
 */

const MINUTE_MS = 60_000;
const DAY_MS = DAY * 1000;

/** A zone as the database spells it: others, such as Temporal, tell capitals from small letters. */
export function zoneNamed(timeZone: string): string {
  const small = timeZone.toLowerCase();
  return Intl.supportedValuesOf('timeZone').find((name) => name.toLowerCase() === small) ?? timeZone;
}

/** What a time zone may be, when this one is none; undefined for a zone. */
export function zoneProblem(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    // An offset has no changes of clocks, and is no name that a schedule takes.
    if (/^[A-Za-z]/.test(timeZone)) return undefined;
  } catch {
    // Said below.
  }
  const nearest = closest(timeZone, Intl.supportedValuesOf('timeZone'));
  return `a name of the IANA time zone database, such as ${nearest} or UTC`;
}

/** The clocks on the walls of a zone. */
export interface Zone {
  /** Days since 1970-01-01 by the local calendar, at a time. */
  dayAt(time: number): number;
  /**
   * The first time at which the clock shows this minute of that day, or a later one. A minute that clocks leave out comes
   * when they change, and of one that they show twice this is the first.
   */
  firstAt(day: number, minute: number): number;
}

/** Reads the clocks of a zone. Throws a RangeError for a zone that there is not. */
export function zoneOf(timeZone: string): Zone {
  const read = wallClock(timeZone);
  /** What the clock shows, as if it were UTC. */
  const shownAt = (time: number): number => {
    const { day, second } = read(time / 1000);
    return day * DAY_MS + second * 1000;
  };
  return {
    dayAt: (time) => read(time / 1000).day,
    firstAt: (day, minute) => {
      const wanted = day * DAY_MS + minute * MINUTE_MS;
      // No offset is a whole day, and no two changes of clocks lie within two days.
      let [before, after] = [wanted - DAY_MS, wanted + DAY_MS];
      const offsets = [before, after].map((time) => shownAt(time) - time);
      const exact = offsets.map((offset) => wanted - offset).filter((time) => shownAt(time) === wanted);
      if (exact.length > 0) return Math.min(...exact);
      // It is left out: the clock goes from before it to behind it in one instant.
      while (after - before > MINUTE_MS) {
        const middle = before + Math.floor((after - before) / MINUTE_MS / 2) * MINUTE_MS;
        if (shownAt(middle) < wanted) before = middle;
        else after = middle;
      }
      return after;
    },
  };
}

/** The day of the week of a local day: 0 is Monday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** A local day as `YYYY-MM-DD`. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** A time as a person of the zone reads it, with the offset from UTC: `Sun 2026-11-29 02:00 UTC+1`. */
export function localText(time: number, timeZone: string): string {
  const { day, second } = wallClock(timeZone)(time / 1000);
  const offset = day * DAY_MS + second * 1000 - Math.floor(time / MINUTE_MS) * MINUTE_MS;
  const [hours, minutes] = [
    Math.floor(Math.abs(offset) / 3_600_000),
    (Math.abs(offset) % 3_600_000) / MINUTE_MS,
  ];
  const apart = minutes === 0 ? `${hours}` : `${hours}:${String(minutes).padStart(2, '0')}`;
  const zone = offset === 0 ? 'UTC' : `UTC${offset < 0 ? '-' : '+'}${apart}`;
  const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekdayOf(day)] ?? '';
  const clock = new Date(second * 1000).toISOString().slice(11, 16);
  return `${weekday} ${dateOf(day)} ${clock} ${zone}`;
}

/** The same time in UTC: `2026-11-29 01:00 UTC`. */
export function utcText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
