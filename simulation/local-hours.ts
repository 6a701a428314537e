/**
 * What windows mean by the clock, minute by minute, from offsets that are written down here: what the code under test says
 * of time zones is held against this, so nothing of it is used.
 */

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1440;

/** A moment of the year around which seeds let schedules fire, in its zone. */
export interface Moment {
  readonly timeZone: string;
  /** When clocks change, when a day begins, or nothing happens; ISO 8601. */
  readonly at: string;
  /** How far local time is ahead of UTC before and from then on, in minutes. */
  readonly offsets: readonly [number, number];
}

export const moments: readonly Moment[] = [
  { timeZone: 'UTC', at: '2026-01-31T03:00:00Z', offsets: [0, 0] },
  { timeZone: 'Europe/Berlin', at: '2026-10-25T01:00:00Z', offsets: [120, 60] },
  { timeZone: 'Europe/Berlin', at: '2027-03-28T01:00:00Z', offsets: [60, 120] },
  { timeZone: 'America/New_York', at: '2026-11-01T06:00:00Z', offsets: [-240, -300] },
  { timeZone: 'America/New_York', at: '2027-03-14T07:00:00Z', offsets: [-300, -240] },
  // Midnights, at which blackout dates begin and end.
  { timeZone: 'UTC', at: '2026-12-24T00:00:00Z', offsets: [0, 0] },
  { timeZone: 'Europe/Berlin', at: '2026-12-31T23:00:00Z', offsets: [60, 60] },
  { timeZone: 'Asia/Kolkata', at: '2026-11-28T18:30:00Z', offsets: [330, 330] },
];

/** Local time, in minutes since 1970-01-01T00:00 by the local calendar. */
export function localMinute({ at, offsets }: Moment, time: number): number {
  return Math.floor(time / MINUTE_MS) + (time < Date.parse(at) ? offsets[0] : offsets[1]);
}

/** Local hours on the days that begin on these dates. */
export interface Hours {
  /** Days since 1970-01-01 by the local calendar. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  readonly minutes: number;
}

/** From when to when, in milliseconds since the epoch; the end is exclusive. */
export interface Open {
  readonly opensAt: number;
  readonly closesAt: number;
}

/**
 * When something may begin in the day around a moment: from the first minute at which the clock has come to the beginning of
 * its hours to the first one at which it has come to their end, but not while the calendar shows a dark day.
 */
export function openAround(moment: Moment, hours: readonly Hours[], dark: ReadonlySet<number>): Open[] {
  const middle = Date.parse(moment.at);
  const times = Array.from(
    { length: 4 * MINUTES_A_DAY },
    (_, minute) => middle + (minute - 2 * MINUTES_A_DAY) * MINUTE_MS,
  );
  const shown = times.map((time) => localMinute(moment, time));
  const firstAt = (minute: number): number => shown.findIndex((local) => local >= minute);
  const open = new Set<number>();
  for (const { days, fromMinute, minutes } of hours) {
    for (const day of days) {
      const begins = day * MINUTES_A_DAY + fromMinute;
      for (let place = firstAt(begins); place < firstAt(begins + minutes); place += 1) {
        if (!dark.has(Math.floor((shown[place] ?? 0) / MINUTES_A_DAY))) open.add(times[place] ?? 0);
      }
    }
  }
  const found: Open[] = [];
  for (const time of times.filter((each) => open.has(each))) {
    const last = found.at(-1);
    if (last?.closesAt === time) found[found.length - 1] = { ...last, closesAt: time + MINUTE_MS };
    else found.push({ opensAt: time, closesAt: time + MINUTE_MS });
  }
  return found;
}
