import type { Beginning } from './beginning';
import { entries } from './counted';
import type { TreeId } from './log';
import { refusal, type Refusal, type RefusalCode } from './refusals';
import type { Outcome, RotationResult } from './result';
import type { SchedulePolicy } from './schedule-policy';

/** When a rotation may begin, by the clock. */
export interface OpenWindow {
  /** ISO 8601, in UTC; in the past while it is open. */
  readonly opensAt: string;
  /** ISO 8601, exclusive. */
  readonly closesAt: string;
  /** The same for people, in the policy's time zone. */
  readonly text: string;
}

/** What tells whether a rotation is due. */
export interface DueFigures {
  /** Of the active shard. */
  readonly entries: number;
  /** When the first entry of the active shard was integrated, ISO 8601; null when it has none. */
  readonly activeSince: string | null;
  /** Days of the calendar from then to the window, in the policy's time zone; 0 without an entry. */
  readonly ageDays: number;
  /** The size of Trillian's database; null when the policy does not ask for it, or it could not be read. */
  readonly databaseBytes: number | null;
  /** What was asked for and could not be read. */
  readonly unread: readonly Refusal[];
}

/** What a scheduled rotation decides by. */
export interface ScheduleFacts {
  /** The clock of the worker that looked, ISO 8601. */
  readonly now: string;
  readonly activeTree: TreeId;
  readonly figures: DueFigures;
  /** The window that is open, or the next one; null when none opens within a year. */
  readonly window: OpenWindow | null;
  /** The last one that has closed, for people; null without one in the past week. */
  readonly closedWindow: string | null;
}

/** What a look came to: facts, or everything that is wrong with the policy. */
export type ScheduleLook =
  { readonly facts: ScheduleFacts } | { readonly refusals: readonly [Refusal, ...Refusal[]] };

/** How a scheduled rotation ended: as its rotation did, or `skipped` without one. */
export type ScheduledOutcome = Outcome | 'skipped';

/** The result of `scheduledRotation`: what it saw, what it decided and why, and what came of it. */
export interface ScheduledResult {
  readonly outcome: ScheduledOutcome;
  /** In plain words. */
  readonly reason: string;
  readonly refusals: readonly Refusal[];
  readonly log: string;
  /** Absent when it did not come to look. */
  readonly due?: DueFigures & { readonly because: string };
  /** The window that it looked at; absent when it did not come to look, null when there is none. */
  readonly window?: OpenWindow | null;
  /** What it started; absent when it did not. */
  readonly rotation?: ScheduledRotation;
}

/** The rotation that was started, without what is as long as the log's configuration. */
export interface ScheduledRotation extends Omit<RotationResult, 'plan' | 'checks'> {
  readonly workflowId: string;
}

/**
 * A run that comes so long before a window still waits for it; one that comes earlier leaves it to the next. Schedules fire at
 * the earliest time at which a window may open, and clocks are changed by two hours at most. Milliseconds.
 */
export const SOON_MS = 3 * 3_600_000;

export type Decision =
  | { readonly go: Beginning; readonly because: string }
  | { readonly skipped: Refusal; readonly because: string };

/** Whether a rotation begins now, or in this window, or not this time. The clock decides, not when it should have run. */
export function decide(policy: SchedulePolicy, facts: ScheduleFacts): Decision {
  const { log } = policy;
  const { now, window, closedWindow, figures } = facts;
  const due = dueBecause(policy, figures);
  const because = due ?? notDueText(policy, figures);
  if (!window || Date.parse(window.opensAt) - Date.parse(now) > SOON_MS) {
    const next = window?.text ?? null;
    return { skipped: refusal('NO_WINDOW_OPEN', { log, now, last: closedWindow, next }), because };
  }
  if (due === null) {
    return { skipped: refusal('NOT_DUE', { log, found: because }), because };
  }
  // Without windows it is for the schedule to say how often.
  if (policy.windows && figures.activeSince !== null && figures.activeSince >= window.opensAt) {
    const since = figures.activeSince;
    return { skipped: refusal('ROTATED_IN_WINDOW', { log, since, window: window.text }), because };
  }
  const { lull, atWindowEnd } = policy;
  return {
    go: {
      ...(window.opensAt > now && { notBefore: window.opensAt }),
      notAfter: window.closesAt,
      ...(lull && { lull, atEnd: atWindowEnd ?? 'skip' }),
    },
    because,
  };
}

/** Why it is due, in words; null when it is not. */
function dueBecause({ due, atMostOnceInDays }: SchedulePolicy, found: DueFigures): string | null {
  if (atMostOnceInDays !== undefined && found.ageDays < atMostOnceInDays) {
    return null;
  }
  if (due === undefined) {
    return atMostOnceInDays === undefined
      ? 'The policy names nothing that makes it due, so it always is.'
      : `The active shard is ${days(found.ageDays)} old, and the policy asks for at least ${days(atMostOnceInDays)}.`;
  }
  const reached = [
    due.entries !== undefined && found.entries >= due.entries
      ? `the active shard has ${entries(found.entries)}, and ${due.entries} make it due`
      : undefined,
    due.ageDays !== undefined && found.ageDays >= due.ageDays
      ? `the active shard is ${days(found.ageDays)} old, and ${due.ageDays} make it due`
      : undefined,
    due.databaseBytes !== undefined &&
    found.databaseBytes !== null &&
    found.databaseBytes >= due.databaseBytes
      ? `the database has ${found.databaseBytes} bytes, and ${due.databaseBytes} make it due`
      : undefined,
  ].filter((text) => text !== undefined);
  return reached.length === 0 ? null : `It is due: ${reached.join('; ')}.`;
}

function notDueText({ due, atMostOnceInDays }: SchedulePolicy, found: DueFigures): string {
  const wanted = [
    due?.entries === undefined ? undefined : `${due.entries} entries`,
    due?.ageDays === undefined ? undefined : days(due.ageDays),
    due?.databaseBytes === undefined ? undefined : `a database of ${due.databaseBytes} bytes`,
  ].filter((text) => text !== undefined);
  const has = [
    `the active shard has ${entries(found.entries)} and is ${days(found.ageDays)} old`,
    found.databaseBytes === null ? undefined : `the database has ${found.databaseBytes} bytes`,
  ].filter((text) => text !== undefined);
  return [
    `What was found: ${has.join('; ')}.`,
    wanted.length === 0 ? '' : `Due makes it: ${wanted.join(', or ')}.`,
    atMostOnceInDays === undefined ? '' : `At most one in ${days(atMostOnceInDays)} is wanted.`,
    ...found.unread.map(({ message }) => `Not read: ${message}`),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}

/** What tells that somebody else rotates, or has rotated, the log: nothing is wrong, and nothing is left to do. */
const byOthers: readonly RefusalCode[] = [
  'ROTATION_IN_PROGRESS',
  'LOCK_LOST',
  'NOT_THE_ACTIVE_TREE',
  'SCHEDULED_ALREADY',
];

/** It did not come to a rotation; a log that others rotate meanwhile is passed over, which is no fault. */
export function notRotated(log: string, refusals: readonly Refusal[]): ScheduledResult {
  const skipped = refusals.every(({ code }) => byOthers.includes(code));
  return {
    outcome: skipped ? 'skipped' : 'refused',
    reason: refusals.map(({ message, remedy }) => `${message} ${remedy}`).join(' '),
    refusals,
    log,
  };
}

/** What came of the rotation that was started. */
export function rotated(log: string, workflowId: string, result: RotationResult): ScheduledResult {
  const { outcome, reason, refusals } = result;
  const others = outcome === 'refused' ? notRotated(log, refusals) : { outcome };
  return { ...{ outcome: others.outcome, reason, refusals, log }, rotation: withoutPlan(workflowId, result) };
}

function withoutPlan(workflowId: string, result: RotationResult): ScheduledRotation {
  const kept = Object.entries(result).filter(([name]) => name !== 'plan' && name !== 'checks');
  return { workflowId, ...(Object.fromEntries(kept) as Omit<RotationResult, 'plan' | 'checks'>) };
}
