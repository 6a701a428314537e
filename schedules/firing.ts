import { SOON_MS } from '../workflows/model/scheduled';
import type { Window } from '../workflows/model/window';
import { weekdayOf } from './local-time';
import { occurrencesFrom, untilTime, type Occurrence, type Windows } from './windows';

/**
 * When a schedule of Temporal has to fire for windows: in UTC, at the earliest time at which a window may open, where the run
 * waits until it does.
 *
 * A schedule in local time is wrong by itself in the nights in which clocks change: it does not fire in an hour that is left
 * out, and in one that comes twice it fires twice in New York, once in Berlin, and in neither after a pause in that hour
 * (Temporal 1.29.1). In UTC each night comes once.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const YEAR_MS = 366 * DAY_MS;

const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;

/** A time of the week in UTC, on some days, as a schedule's calendar takes it. */
export interface Firing {
  readonly dayOfWeek: (typeof weekdays)[number][];
  readonly hour: number;
  readonly minute: number;
}

/** The nights of the year that begins now. */
export function yearOf(windows: Windows, now: number): Occurrence[] {
  return [...untilTime(occurrencesFrom(windows, now), now + YEAR_MS)];
}

/**
 * When to fire. Where another window may still be open then, whose run Temporal would not start a second one beside, it fires
 * again at the latest time at which the window may open.
 */
export function firingsOf(windows: Windows, now: number): Firing[] {
  const nights = yearOf(windows, now);
  const opening = openingTimes(nights);
  const first = new Set([...opening.values()].map(([earliest]) => earliest));
  const missed = lostNights(nights, timesOf(first, now)).filter(({ why }) => why === 'none');
  for (const { night } of missed) {
    const [, latest] = opening.get(keyOf(night)) ?? [0, undefined];
    if (latest !== undefined) first.add(latest);
  }
  return grouped([...first]);
}

/** How late a run may still find its window open: the longest time from a firing to the end of its window. Milliseconds. */
export function longestUntilClose(windows: Windows, now: number): number {
  const nights = yearOf(windows, now);
  const opening = openingTimes(nights);
  return Math.max(
    ...nights.map((night) => {
      const [earliest] = opening.get(keyOf(night)) ?? [0, 0];
      return night.closesAt - Date.parse(night.date) - (earliest - weekOffset(night));
    }),
  );
}

/** A night for which no run comes in time, and why. */
export interface LostNight {
  readonly night: Occurrence;
  /** `leftOut`: clocks leave out the whole window; `none`: nothing fires for it; `late`: only a while after it has opened. */
  readonly why: 'leftOut' | 'none' | 'late';
}

/** A run that comes so much later than its window is called late; milliseconds. */
const LATE_MS = 15 * MINUTE_MS;

/** The nights for which these times of firing bring no run, or one that comes late. */
export function lostNights(nights: readonly Occurrence[], times: readonly number[]): LostNight[] {
  const sorted = [...times].sort((one, other) => one - other);
  return nights.flatMap((night): LostNight[] => {
    const { opensAt, closesAt } = night;
    if (opensAt === closesAt) return [{ night, why: 'leftOut' }];
    // A run of a window that adjoins is as good: it judges by the clock.
    const others = nights.filter((other) => other !== night && other.closesAt < opensAt);
    const usable = sorted.find(
      (time) =>
        opensAt - SOON_MS <= time &&
        time < closesAt &&
        !others.some((other) => other.opensAt <= time && time <= other.closesAt),
    );
    const joined = nights.some(
      (other) => other !== night && other.opensAt < opensAt && opensAt <= other.closesAt,
    );
    if (usable === undefined) return joined ? [] : [{ night, why: 'none' }];
    return usable - opensAt > LATE_MS && !joined ? [{ night, why: 'late' }] : [];
  });
}

/** When each window opens on each of its days, at the earliest and at the latest; milliseconds since Monday, 00:00 UTC. */
function openingTimes(nights: readonly Occurrence[]): Map<string, readonly [number, number]> {
  const found = new Map<string, readonly [number, number]>();
  // Of an hour that is left out, the window opens later than its clock says.
  for (const night of nights.filter(({ changedByMs }) => changedByMs === 0)) {
    const opens = night.opensAt - Date.parse(night.date) + weekOffset(night);
    const [earliest, latest] = found.get(keyOf(night)) ?? [opens, opens];
    found.set(keyOf(night), [Math.min(earliest, opens), Math.max(latest, opens)]);
  }
  return found;
}

/** The times of a year at which something fires that fires at these times of the week. */
function timesOf(ofWeek: ReadonlySet<number>, now: number): number[] {
  const monday = Math.floor(now / DAY_MS) * DAY_MS - weekdayOf(Math.floor(now / DAY_MS)) * DAY_MS;
  return Array.from({ length: 55 }, (_, week) => monday + (week - 1) * 7 * DAY_MS).flatMap((begin) =>
    [...ofWeek].map((time) => begin + time),
  );
}

function keyOf({ date, window }: { readonly date: string; readonly window: Window }): string {
  return `${weekdayOf(Date.parse(date) / DAY_MS)} ${window.fromMinute} ${window.minutes}`;
}

function weekOffset({ date }: Occurrence): number {
  return weekdayOf(Date.parse(date) / DAY_MS) * DAY_MS;
}

function grouped(ofWeek: readonly number[]): Firing[] {
  const byTime = new Map<number, Set<number>>();
  for (const time of ofWeek) {
    const minute = ((Math.floor(time / MINUTE_MS) % 10_080) + 10_080) % 10_080;
    const days = byTime.get(minute % 1440) ?? new Set();
    byTime.set(minute % 1440, days.add(Math.floor(minute / 1440)));
  }
  return [...byTime]
    .sort(([one], [other]) => one - other)
    .map(([minute, days]) => ({
      dayOfWeek: weekdays.filter((_, day) => days.has(day)),
      ...{ hour: Math.floor(minute / 60), minute: minute % 60 },
    }));
}
