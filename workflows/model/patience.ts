import type { StubbornStep } from './steps';

/**
 * How often Temporal tries one activity before its workflow hears that it failed. The tries of one round cost the workflow's
 * history as many events as a single one: they are retries of one activity.
 */
export interface Patience {
  readonly tries: number;
  /** From the end of a try to the next one; it doubles with each, up to `longestPauseMs`. Milliseconds. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
}

/** What must succeed in the end, as far as its pauses depend on it. */
export interface Stubborn {
  /** An undo as `undo NAME`, or a step that only goes forward. */
  readonly step: StubbornStep;
  /** The log is closed before it and until it has succeeded, whatever the step: nothing is served yet. */
  readonly closed?: boolean;
}

/** After so many failed tries a person is needed; until then each is a round of its own. */
export const BRIEF_TRIES = 3;

/** How often is tried what nobody waits for, before the rotation is taken back. */
export const FEW_TRIES = 3;

/** A timer of Temporal's below it takes as long on a server with default settings. Milliseconds. */
export const PAUSE_MS = 1_000;

/**
 * How often it is looked, with these pauses, whether a critical section has ended that lost its rotation, or whose rotation
 * was reset (H7): it takes itself back, and one that goes forward in vain takes more than a minute for that.
 */
export const SECTION_TRIES = 90;

/** Clients may be refused while the log is closed to writes: nothing is waited for that may be over already. Milliseconds. */
export const CLOSED_PAUSE_MS = 5_000;

/** Where clients are served. */
const OPEN_PAUSE_MS = 3_600_000;

/**
 * A round lasts no longer than a day, in milliseconds, so that a person is told each day why it still fails. A day of being
 * held is then twelve events, and Temporal's limit of 51,200 more than ten years away (docs/operating.md).
 */
const LONGEST_ROUND_MS = 86_400_000;

/** Steps that may fail while neither the current tree takes writes nor the next one serves. */
const givesWritesBack: ReadonlySet<StubbornStep> = new Set([
  'undo verify',
  'undo freeze',
  'undo hold',
  'look back',
  'supersede',
  'forward',
]);

/** Steps behind the exposure: the next tree serves. */
const afterExposure: ReadonlySet<StubbornStep> = new Set(['confirm', 'settle', 'soak']);

/** Whether the log may be closed to writes for as long as this has not succeeded. */
export function mayBeClosed({ step, closed = false }: Stubborn): boolean {
  return givesWritesBack.has(step) || (closed && !afterExposure.has(step));
}

/** One try, whoever goes on with it. */
export const ONE_TRY: Patience = { tries: 1, pauseMs: PAUSE_MS, longestPauseMs: PAUSE_MS };

/** The first round, also after a person has let it be tried again. */
export function firstRound(stubborn: Stubborn): Patience {
  return { ...ONE_TRY, longestPauseMs: mayBeClosed(stubborn) ? CLOSED_PAUSE_MS : OPEN_PAUSE_MS };
}

/** The round after one that failed. Once a person is told, each has twice as many tries as the one before. */
export function nextRound({ tries, pauseMs, longestPauseMs }: Patience, held: boolean): Patience {
  return {
    tries: held ? Math.min(tries * 2, Math.floor(LONGEST_ROUND_MS / longestPauseMs)) : 1,
    pauseMs: Math.min(pauseMs * 2 ** tries, longestPauseMs),
    longestPauseMs,
  };
}
