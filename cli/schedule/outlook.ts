import { lostNights, yearOf, type LostNight } from '../../schedules/firing';
import { localText, utcText, zoneOf } from '../../schedules/local-time';
import { windowsOf, type Occurrence } from '../../schedules/windows';
import type { ScheduledResult } from '../../workflows/model/scheduled';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import { windowText } from '../../workflows/model/window';

/** What is known of the active shard without asking the log: what the last run saw, or made. */
export interface KnownShard {
  /** When its first entry came, milliseconds since the epoch. */
  readonly since: number;
}

/** A window to come, and what will happen in it. */
export interface Outlook {
  readonly opensAt: string;
  readonly closesAt: string;
  readonly text: string;
  readonly happens: string;
}

const SHOWN = 5;

/** The next five windows, by the clock, and what would happen in each as far as that is known. */
export function nextWindows(
  policy: SchedulePolicy,
  {
    now,
    paused,
    fires,
    shard,
  }: {
    readonly now: number;
    readonly paused: boolean;
    readonly fires: readonly number[];
    readonly shard: KnownShard | null;
  },
): Outlook[] {
  const windows = windowsOf(policy);
  const nights = yearOf(windows, now);
  const lost = lostNights(nights, fires);
  return nights.slice(0, SHOWN).map((night) => ({
    opensAt: new Date(night.opensAt).toISOString(),
    closesAt: new Date(night.closesAt).toISOString(),
    text: nightText(night, windows.timeZone),
    happens: [happens(night), ...changed(night)].join('; '),
  }));

  function happens(night: Occurrence): string {
    const why = lost.find((one) => one.night === night)?.why;
    if (paused) return 'nothing: it is paused';
    if (why === 'leftOut') return 'nothing: clocks leave it out';
    if (night.open.length === 0) return 'nothing: blackout';
    if (why === 'none' && night.opensAt > now) return 'nothing: the schedule does not fire for it';
    const cut = night.open.some(
      ({ opensAt, closesAt }) => opensAt > night.opensAt || closesAt < night.closesAt,
    );
    return `${dueText(policy, shard, night.opensAt, windows.timeZone)}${cut ? '; a blackout date cuts it' : ''}`;
  }
}

function changed({ changedByMs, closesAt, opensAt }: Occurrence): string[] {
  return changedByMs === 0 || closesAt === opensAt
    ? []
    : [`clocks change, so that it is ${Math.round((closesAt - opensAt) / 60_000)} minutes long`];
}

/** Whether it will be due by then, as far as that can be known. */
function dueText(policy: SchedulePolicy, shard: KnownShard | null, at: number, timeZone: string): string {
  const { due, atMostOnceInDays } = policy;
  // One window rotates once, whatever the policy says of it.
  if (policy.windows && shard && shard.since >= at)
    return 'nothing: the active shard is of this window already';
  if (due === undefined && atMostOnceInDays === undefined) return 'rotates';
  if (!shard) return 'rotates if it is due by then';
  const zone = zoneOf(timeZone);
  const age = zone.dayAt(at) - zone.dayAt(shard.since);
  if (atMostOnceInDays !== undefined && age < atMostOnceInDays) {
    return `nothing: the active shard is ${age} days old by then`;
  }
  if (due === undefined || (due.ageDays !== undefined && age >= due.ageDays)) {
    return `rotates: the active shard is ${age} days old by then`;
  }
  return due.entries === undefined && due.databaseBytes === undefined
    ? `nothing: the active shard is ${age} days old by then`
    : 'rotates if it has grown enough by then';
}

/** When the active shard began, by the newest run that knows. */
export function knownShard(
  runs: readonly { readonly result?: ScheduledResult; readonly endedAt?: Date }[],
): KnownShard | null {
  for (const { result, endedAt } of runs) {
    const made = result?.rotation?.outcome === 'completed' || result?.rotation?.outcome === 'superseded';
    if (made && endedAt) return { since: endedAt.getTime() };
    if (result?.due?.activeSince) return { since: Date.parse(result.due.activeSince) };
  }
  return null;
}

/** The nights of a year that bring no run, or a late one, a sentence each; the first ones where there are many. */
export function lostNightTexts(policy: SchedulePolicy, fires: readonly number[], now: number): string[] {
  const windows = windowsOf(policy);
  // The night that is under way may have had its run.
  const nights = yearOf(windows, now).filter(({ opensAt }) => opensAt > now);
  const lost = lostNights(nights, fires);
  const texts = lost
    .slice(0, SHOWN)
    .map(({ night, why }) => `${nightText(night, windows.timeZone)}: ${reasons[why]}.`);
  const more = lost.length - texts.length;
  return more > 0 ? [...texts, `And ${more} more within a year.`] : texts;
}

const reasons: Readonly<Record<LostNight['why'], string>> = {
  leftOut: 'clocks leave out this window that night, so nothing happens',
  none: 'the schedule does not fire for it, so nothing happens',
  late: 'the schedule fires only a while after it has opened',
};

function nightText({ window, opensAt, closesAt }: Occurrence, timeZone: string): string {
  const utc = timeZone === 'UTC' ? '' : ` (${utcText(opensAt)} to ${utcText(closesAt)})`;
  return `${localText(opensAt, timeZone)} to ${localText(closesAt, timeZone)}${utc}, window ${windowText(window)}`;
}
