import { scheduleLine } from '../../quiet-hours/model/schedule-line';
import type { QuietWindow, Window } from '../../quiet-hours/model/windows';
import type { QuietHours } from '../../quiet-hours/quiet-hours';

/** What was found of a log, and what it was asked about; every form of output is made from this. */
export interface QuietHoursReport {
  /** Its name in the configuration; null when it was named by its URL. */
  readonly log: string | null;
  readonly url: string;
  readonly timeZone: string;
  /** The length of a window, in hours. */
  readonly hours: number;
  /** The longest that a rotation lets writes wait; milliseconds. */
  readonly holdMs: number;
  /** What was read is there the next time. */
  readonly kept: boolean;
  readonly found: QuietHours;
}

/** How the log is called. */
export function nameOf({ log, url }: QuietHoursReport): string {
  return log ?? url;
}

/** How many writes a rotation holds at a rate of writes an hour. */
export function heldAt(rate: number, { holdMs }: QuietHoursReport): number {
  return (rate * holdMs) / 3_600_000;
}

/** The windows that are known to be quiet, best first, the daily one last. */
export function windowsOf({ found }: QuietHoursReport): readonly QuietWindow[] {
  return [...found.windows, ...(found.daily ? [found.daily] : [])];
}

/** What is marked in a picture: the windows of single days, else those of every day, each by itself. */
export function markedWindows({ found }: QuietHoursReport): readonly Window[] {
  const { windows, daily } = found;
  return windows.length > 0 || daily === null
    ? windows
    : daily.days.map((day) => ({ ...daily, days: [day] }));
}

/** The command for the windows, in parts; several of them, the one for every day last. */
export function scheduleLines({ log, timeZone, found }: QuietHoursReport): string[][] {
  const name = log ?? 'LOG';
  return [found.windows, found.daily ? [found.daily] : []]
    .filter((windows) => windows.length > 0)
    .map((windows) => scheduleLine(name, windows, timeZone));
}

/** All of it for programs: times in ISO 8601, rates in writes an hour. */
export function reportForPrograms(report: QuietHoursReport): object {
  const { log, url, timeZone, hours, holdMs, found } = report;
  const window = (one: QuietWindow): object => ({
    ...one,
    clockChanges: one.clockChanges.map(({ at, kind }) => ({ at: isoTime(at), kind })),
    heldWrites: heldAt(one.rate, report),
    heldWritesAtMost: heldAt(one.rateAtMost, report),
  });
  return {
    ...{ log, url, timeZone, windowHours: hours, holdMs },
    known: found.unknown === null,
    unknown: found.unknown,
    windows: found.windows.map(window),
    daily: found.daily && window(found.daily),
    schedules: scheduleLines(report).map((parts) => parts.join(' ')),
    from: found.from && isoTime(found.from),
    to: found.to && isoTime(found.to),
    firstEntry: found.firstEntry && isoTime(found.firstEntry),
    newestEntry: found.newestEntry && isoTime(found.newestEntry),
    shards: found.shards,
    entries: found.entries,
    requests: found.requests,
    entriesRead: found.entriesRead,
    entriesKept: found.entriesKept,
    stopped: found.stopped,
    week: found.week,
  };
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
