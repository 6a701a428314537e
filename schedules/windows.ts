import { readBlackout, readWindow, type Blackout, type Window } from '../workflows/model/window';
import { dateOf, weekdayOf, zoneOf, type Zone } from './local-time';

/** Windows by the clock. Times are milliseconds since the epoch. */

const MINUTE_MS = 60_000;

/** How far ahead the next window is looked for: a blackout may be long. */
const AHEAD_DAYS = 400;

/** The windows of a policy, read. */
export interface Windows {
  readonly windows: readonly Window[];
  readonly timeZone: string;
  readonly blackouts: readonly Blackout[];
}

/** What of a policy says when. */
export interface WindowsPolicy {
  readonly windows?: readonly string[];
  readonly timeZone?: string;
  readonly blackout?: readonly string[];
}

/** Any time. */
const always: Window = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, minutes: 1440 };

/** Reads what a policy says in words; without windows any time is one, and without a time zone it is UTC. */
export function windowsOf({ windows, timeZone = 'UTC', blackout = [] }: WindowsPolicy): Windows {
  return {
    windows: windows?.map(readWindow).filter((window) => window !== undefined) ?? [always],
    timeZone,
    blackouts: blackout.map(readBlackout).filter((dates) => dates !== undefined),
  };
}

/** From when to when. */
export interface Span {
  readonly opensAt: number;
  /** Exclusive. */
  readonly closesAt: number;
}

/** One night of a window. In a night in which clocks change it is as long as it really is. */
export interface Occurrence extends Span {
  readonly window: Window;
  /** The local date on which it begins, `YYYY-MM-DD`. */
  readonly date: string;
  /** By how much clocks make it longer, or, below 0, shorter than usual; milliseconds. */
  readonly changedByMs: number;
  /** What blackout dates leave of it; nothing when they take all of it, or when clocks leave it out. */
  readonly open: readonly Span[];
}

/** The nights of the windows that end after a time, in order. Where clocks leave out a whole window, its length is 0. */
export function* occurrencesFrom(
  { windows, timeZone, blackouts }: Windows,
  from: number,
): Generator<Occurrence> {
  const zone = zoneOf(timeZone);
  const today = zone.dayAt(from);
  for (let day = today - 1; day <= today + AHEAD_DAYS; day += 1) {
    const tonight = windows
      .filter(({ days }) => days.includes(weekdayOf(day)))
      .map((window) => occurrenceOf(window, day, zone, blackouts))
      .sort((one, other) => one.opensAt - other.opensAt);
    yield* tonight.filter(({ closesAt }) => closesAt > from);
  }
}

function occurrenceOf(window: Window, day: number, zone: Zone, blackouts: readonly Blackout[]): Occurrence {
  const { fromMinute, minutes } = window;
  const opensAt = zone.firstAt(day, fromMinute);
  const toMinute = fromMinute + minutes;
  const closesAt = zone.firstAt(day + Math.floor(toMinute / 1440), toMinute % 1440);
  return {
    ...{ window, date: dateOf(day), opensAt, closesAt },
    changedByMs: closesAt - opensAt - minutes * MINUTE_MS,
    open: withoutBlackouts({ opensAt, closesAt }, day, zone, blackouts),
  };
}

/** On a blackout date nothing begins: a window is cut at its midnights. */
function withoutBlackouts(
  { opensAt, closesAt }: Span,
  day: number,
  zone: Zone,
  blackouts: readonly Blackout[],
): Span[] {
  const spans: Span[] = [];
  for (const date of [day, day + 1]) {
    const from = Math.max(opensAt, zone.firstAt(date, 0));
    const to = Math.min(closesAt, zone.firstAt(date + 1, 0));
    const dark = blackouts.some(({ first, last }) => first <= dateOf(date) && dateOf(date) <= last);
    if (!dark && from < to) spans.push({ opensAt: from, closesAt: to });
  }
  return joined(spans);
}

/**
 * When a rotation may begin next: the span that is open at a time, or the next one. Windows that adjoin are one, also once the
 * first of them is over; but what is open day and night is another one each day.
 */
export function nextOpen(windows: Windows, now: number): Span | null {
  const next = notOver(windows, now);
  if (!next) return null;
  const earliest = next.opensAt - LONGEST_JOINED_MS;
  const before = [...untilTime(occurrencesFrom(windows, earliest), next.opensAt)]
    .flatMap(({ open }) => open)
    .sort((one, other) => other.closesAt - one.closesAt);
  const opensAt = before.reduce(
    (since, span) =>
      span.closesAt >= since && span.opensAt > earliest ? Math.min(since, span.opensAt) : since,
    next.opensAt,
  );
  return { ...next, opensAt };
}

/** A day, but for clocks that are changed: at most by two hours. */
const LONGEST_JOINED_MS = 22 * 60 * MINUTE_MS;

/** What is open at a time, or opens next, with what adjoins later. */
function notOver(windows: Windows, now: number): Span | null {
  let found: Span | null = null;
  for (const { open } of occurrencesFrom(windows, now)) {
    for (const span of open.filter(({ closesAt }) => closesAt > now)) {
      if (found && span.opensAt > found.closesAt) return found;
      found = found ? longer(found, span) : span;
    }
    // What is open for so long ahead is open for as long as anybody waits.
    if (found && found.closesAt - now > LONGEST_OPEN_MS) return found;
  }
  return found;
}

const LONGEST_OPEN_MS = 8 * 24 * 60 * MINUTE_MS;

/** Windows that were open before a time, the last of them: when it is asked why none is. */
export function lastOpen(windows: Windows, now: number): Span | null {
  const before = joined(
    [...untilTime(occurrencesFrom(windows, now - LONGEST_OPEN_MS), now)].flatMap(({ open }) => open),
  );
  return before.findLast(({ closesAt }) => closesAt <= now) ?? null;
}

/** The nights that begin before a time. */
export function* untilTime(occurrences: Iterable<Occurrence>, end: number): Generator<Occurrence> {
  for (const occurrence of occurrences) {
    if (occurrence.opensAt >= end) return;
    yield occurrence;
  }
}

function joined(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.opensAt - other.opensAt)) {
    const last = apart.at(-1);
    if (last && span.opensAt <= last.closesAt) {
      apart[apart.length - 1] = longer(last, span);
    } else {
      apart.push(span);
    }
  }
  return apart;
}

/** A span, up to the end of a later one where that is later. */
function longer({ opensAt, closesAt }: Span, later: Span): Span {
  return { opensAt, closesAt: Math.max(closesAt, later.closesAt) };
}
