import type { Held } from './model/held';
import type { TakenInstruction } from './model/instruction';
import type { RotationResult } from './model/result';
import type { StepRecord } from './model/steps';
import type { Waiting } from './model/waiting';

/** What an operator, the command line and the worker call a rotation's parts by; types and names only. */

/** The workflow a person starts, with one `RotationRequest`; its result is a `RotationResult`. */
export const ROTATE_LOG = 'rotateLog';

/** The rotation itself: a child of `rotateLog`. */
export const ROTATE_UNDER_LOCK = 'rotateUnderLock';

/** The rotation's critical section: a child of `rotateUnderLock`. */
export const CRITICAL_SECTION = 'criticalSection';

/** What a person or the guardian starts for a log that an interrupted rotation left half way, with one `RecoveryRequest`. */
export const RECOVER_LOG = 'recoverLog';

/** The recovery itself: a child of `recoverLog`, under the same lock as a rotation. */
export const RECOVER_UNDER_LOCK = 'recoverUnderLock';

/** One look of a log's guardian, started by its schedule, with one `GuardRequest`. */
export const GUARD_LOG = 'guardLog';

/** What a schedule starts, with one `SchedulePolicy`; its result is a `ScheduledResult`. */
export const SCHEDULED_ROTATION = 'scheduledRotation';

/** Lists, and on a person's word deletes, retired trees; started with one `PruneRequest`. */
export const PRUNE_TREES = 'pruneTrees';

/** Update of `rotateUnderLock` and `recoverUnderLock` while they are held, with one `ResumeInput`. */
export const RESUME = 'resume';

/** The id of the schedule that guards a log. */
export function guardId(log: string): string {
  return `guard-${log}`;
}

/** The workflow id of a `rotateLog` that a schedule has started: one of a log is open at a time. */
export function scheduledId(log: string): string {
  return `scheduled-${log}`;
}

/** The workflow id of a log's rotation. Only one can be open, so the id is the lock (H22). */
export function lockId(log: string): string {
  return `log-${log}`;
}

/** The workflow id of a log's critical section. */
export function criticalSectionId(log: string): string {
  return `critical-section-${log}`;
}

/** Query of `rotateLog` and `rotateUnderLock`, without arguments; the answer is a `Progress`. */
export const PROGRESS = 'progress';

/** What a watcher is shown. */
export interface Progress {
  readonly log: string;
  /** Null until there is one: during preflight. */
  readonly rotationId: string | null;
  /** The hash of the plan that instructions are given for; null while there is none, and for a recovery. */
  readonly planHash: string | null;
  /** The step that runs now, or `ended`. */
  readonly phase: string;
  /** When it began; ISO 8601. */
  readonly since: string;
  /** When it ends at the latest, ISO 8601; null where that is not known. */
  readonly until: string | null;
  readonly attempt: number;
  /** Steps that have ended, in order; those of the critical section appear when it has ended. */
  readonly steps: readonly StepRecord[];
  /** What Cancel would do now: take back, take back unless the next tree holds an entry of a client, or nothing. */
  readonly cancelDoes: 'rollBack' | 'rollBackUnlessUsed' | 'nothing';
  /** The same in plain words. */
  readonly cancelWould: string;
  /** Why the last attempt was undone, or what was seen last; null without one. */
  readonly note: string | null;
  /** The Updates that it takes now. */
  readonly takes: readonly TakenInstruction[];
  /** The workflow that carries it out, when that is another one; null before, and where it is this one. */
  readonly carriedOutBy: string | null;
  /** What it waits for although nothing has failed; null when it waits for nothing. */
  readonly waiting: Waiting | null;
  /** What a person is needed for; null when nobody is. */
  readonly held: Held | null;
  readonly result: RotationResult | null;
}
