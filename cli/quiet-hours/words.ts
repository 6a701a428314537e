import type { Unknown } from '../../quiet-hours/model/findings';
import { windowText } from '../../quiet-hours/model/schedule-line';
import { LEAST_WEEKS, QUIET_SHARE, type QuietWindow } from '../../quiet-hours/model/windows';
import { counted, entries } from '../../workflows/model/counted';
import { spoken } from '../text';
import { amount, listed } from './levels';
import { heldAt, isoTime, markedWindows, nameOf, type QuietHoursReport, windowsOf } from './report';

/** What is said about quiet hours, a sentence each or two; the terminal and the page say the same. */

const quietShare = `${QUIET_SHARE * 100} %`;

/** What was looked at. */
export function scopeText({ timeZone, found }: QuietHoursReport): string {
  const { from, to, week, entriesRead, entriesKept, requests } = found;
  const known = (entriesRead + entriesKept).toLocaleString('en-US');
  const read = `Known are ${known} of ${found.entries.toLocaleString('en-US')} entries in ${counted(found.shards, 'shard')}, after ${counted(requests, 'request')}.`;
  if (from === null || to === null || week === null) return read;
  const uncounted = week.weeksLookedAt - week.weeks;
  const left =
    uncounted === 0
      ? ''
      : ` ${counted(uncounted, 'of these weeks', 'of these weeks')} had too few writes to count.`;
  return `${counted(week.weeksLookedAt, 'week')} up to ${localDate(to, timeZone)}, hours of ${timeZone}.${left} ${read}`;
}

/** That nothing can be known, why, and what to do; undefined when it is known. */
export function unknownText(report: QuietHoursReport): string | undefined {
  const { unknown } = report.found;
  return unknown === null
    ? undefined
    : `It cannot be known when ${nameOf(report)} is quiet. ${reasonText(unknown, report)}`;
}

function reasonText(unknown: Unknown, { timeZone, hours, kept }: QuietHoursReport): string {
  switch (unknown.code) {
    case 'EMPTY':
      return 'It holds no entry that could be read.';
    case 'YOUNG':
      return `Its first entry is of ${localDate(unknown.firstEntry, timeZone)}, and a pattern shows only when ${LEAST_WEEKS} whole weeks lie between that and today.`;
    case 'CLOCK_AHEAD':
      return `Its newest entry bears ${isoTime(unknown.newestEntry)}, which is still to come: the clock of its signer is wrong, or yours is.`;
    case 'DISORDER':
      return `${Math.round(unknown.share * 100)} of 100 entries bear times of more than an hour before or after their neighbours: the clock of its signer is not to be trusted.`;
    case 'FEW_WRITES':
      return `In the ${counted(unknown.weeks, 'week')} before today it took ${entries(Math.round(unknown.writes.probable))}. A week counts when a write came in at least 24 of its hours, and ${LEAST_WEEKS} such weeks are needed. A log that is written to so seldom holds hardly a write at any hour.`;
    case 'UNREAD':
      return `Too little was read to tell its hours apart. Allow more requests with --requests.${keptText(kept)}`;
    case 'UNCERTAIN':
      return `${windowText(unknown.quietest)} had the fewest writes, ${amount(unknown.quietest.rate)} an hour. By what was seen they may as well be ${amount(unknown.quietest.rateAtMost)}, which is not clearly less than ${quietShare} of the mean rate. Look back over more weeks with --weeks, or at windows longer than ${counted(hours, 'hour')} with --hours.`;
  }
}

/** What the windows are, or that there is none. */
export function windowsText(report: QuietHoursReport): string {
  const { found, hours } = report;
  const mean = amount(found.week?.meanRate ?? 0);
  if (windowsOf(report).length === 0) {
    return `No window of ${counted(hours, 'hour')} has clearly less than ${quietShare} of the mean rate, which is ${mean} writes an hour: any time is as good as another.`;
  }
  return `Quiet means: at most ${quietShare} of the mean rate, which is ${mean} writes an hour. "At most" holds for 95 of 100 such weeks.`;
}

/** What "held" means in a table of windows. */
export function heldText(report: QuietHoursReport): string {
  const { log, holdMs, found } = report;
  const whose =
    log === null ? 'the default of rotation.criticalSection' : `rotation.criticalSection of ${log}`;
  const busiest = amount(heldAt(found.week?.busiestRate ?? 0, report));
  return `Held: writes that come within ${spoken(holdMs)}, the longest that one attempt lets them wait (${whose}). In the busiest hour of the week that is ${busiest}.`;
}

/** A sentence about each window in which clocks change within a year. */
export function clockTexts(report: QuietHoursReport): string[] {
  return windowsOf(report).flatMap((window) =>
    window.clockChanges.length === 0 ? [] : [clockText(window, report.timeZone)],
  );
}

function clockText(window: QuietWindow, timeZone: string): string {
  const nights = window.clockChanges.map(
    ({ at, kind }) =>
      `on ${localDate(at, timeZone)} ${kind === 'missing' ? 'an hour of it is missing' : 'an hour of it comes twice'}`,
  );
  return `Clocks change in ${windowText(window)}: ${nights.join('; ')}.`;
}

/** That less was read than would have been; undefined when it was enough. */
export function stoppedText({ found, kept }: QuietHoursReport): string | undefined {
  switch (found.stopped) {
    case null:
      return undefined;
    case 'requests':
      return `All ${found.requests} requests were used up (--requests).${keptText(kept)}`;
    case 'busy':
      return `The log asked for more patience than we have, after ${counted(found.requests, 'request')}; try again later.${keptText(kept)}`;
  }
}

function keptText(kept: boolean): string {
  return kept ? ' What was read is kept: the same command goes on from there.' : '';
}

/** What the picture shows, for those who do not see it. */
export function pictureText(report: QuietHoursReport): string {
  const windows = markedWindows(report);
  const marked =
    windows.length === 0 ? 'No window is marked as quiet.' : `Marked as quiet: ${listed(windows)}.`;
  return `Writes to ${nameOf(report)} by day and hour of the week, in ${report.timeZone}. ${marked}`;
}

function localDate(seconds: number, timeZone: string): string {
  const form = { timeZone, day: 'numeric', month: 'short', year: 'numeric' } as const;
  return new Date(seconds * 1000).toLocaleDateString('en-GB', form);
}
