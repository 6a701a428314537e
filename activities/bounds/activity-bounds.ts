import { setInterval, clearInterval } from 'node:timers';
import { CancelledFailure, Context, type Info } from '@temporalio/activity';
import { CALL_LANDS_MS, REPORT_MS, SIGN_OF_LIFE_EVERY_MS } from '../../workflows/model/deadlines';
import type { KeptStep, StepsOfFailure } from '../../workflows/model/steps';
import { refuse, RefusalError } from '../errors/refusal-error';
import { CallTooLate, type CallBounds, type UnansweredChange } from '../clients/call-bounds';
import { whileNoneIsAborted } from './signals';

/**
 * A try ends this long before Temporal gives it up, so that no call of it is sent, or still under way, when its
 * retry or its undo begins (H8), and that how it went is known by then. Milliseconds.
 */
const ENDS_BEFORE_MS = REPORT_MS + CALL_LANDS_MS;

/**
 * One call may take this share of its try, so that others still have time: half a second of the critical section's
 * two and a half. Never less than the half second.
 */
export const CALL_SHARE = 0.2;
const SHORTEST_CALL_MS = 500;

/** What a step has to know of the try of an activity that it runs in; every call is bound to it. */
export interface ActivityBounds extends CallBounds {
  /** When nothing may be sent any more, in milliseconds since the epoch. */
  readonly notAfter: number;
  /** Milliseconds until then. */
  remainingMs(): number;
  /** Aborts at the end of the try only, for what a Cancel must not leave half done. */
  readonly lateSignal: AbortSignal;
  /** The steps that were begun so far, and how long those took that were done, in milliseconds. */
  readonly steps: KeptSteps;
  /** Runs one of several steps of the activity, and keeps that it began and how long it took. */
  step<Result>(name: KeptStep, act: () => Promise<Result>): Promise<Result>;
  /** Shows at once that the activity lives, and waits for nothing: the answer aborts `signal` where a Cancel was given. */
  hearOfCancel(): void;
  /** What the try before this one kept last; undefined without one. */
  readonly kept: unknown;
  /** Keeps something for the next try, should the worker of this one die. Little: it travels with each sign of life. */
  keep(state: unknown): void;
  /** Runs a check that must hold before something is changed; left out in this try once it has held. */
  requireOnce(before: KeptStep, check: () => Promise<void>): Promise<void>;
}

/** What `withinBounds` fills in while an activity runs. */
export interface KeptSteps extends StepsOfFailure {
  readonly times: Partial<Record<KeptStep, number>>;
  readonly began: KeptStep[];
  run?: string;
}

/**
 * Runs one try of an activity: signs of life while it runs, and one signal for all that ends it. `steps` gets what was
 * begun and done, also when a later step fails.
 *
 * It does not fail before every change that it sent and got no answer to can land no more: what follows a failure, an undo
 * or another try, would otherwise run beside it (H8).
 */
export async function withinBounds<Result>(
  name: string,
  steps: KeptSteps,
  act: (bounds: ActivityBounds) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  const budgetMs = budgetOf(context.info);
  const notAfter = Date.now() + budgetMs;
  const ends = performance.now() + budgetMs;
  const late = new AbortController();
  const unanswered = new Set<UnansweredChange>();
  let running = name;
  const kept: unknown = context.info.heartbeatDetails;
  // A try that keeps nothing of its own hands on what it was given.
  let toKeep = kept;
  const timeOver = (): RefusalError => refuse('BUDGET_EXCEEDED', { step: running, budgetMs });
  const timer = setTimeout(() => {
    late.abort(timeOver());
  }, budgetMs);
  const showLife = (): void => context.heartbeat(toKeep);
  const signsOfLife = setInterval(showLife, SIGN_OF_LIFE_EVERY_MS);
  try {
    return await whileNoneIsAborted([late.signal, context.cancellationSignal], (signal) =>
      act({
        signal,
        timeoutMs: Math.max(SHORTEST_CALL_MS, budgetMs * CALL_SHARE),
        notAfter,
        unanswered,
        remainingMs: () => ends - performance.now(),
        lateSignal: late.signal,
        steps,
        step: async (step, doIt) => {
          running = step;
          if (!steps.began.includes(step)) {
            steps.began.push(step);
          }
          const began = performance.now();
          const result = await doIt();
          steps.times[step] = Math.round(performance.now() - began);
          return result;
        },
        hearOfCancel: showLife,
        kept,
        keep: (state) => {
          toKeep = state;
        },
        requireOnce: oncePerTry(),
      }),
    );
  } catch (error) {
    await untilNoChangeCanLand(unanswered);
    // Whatever a call says when it is aborted, the reason is why it was.
    if (context.cancellationSignal.aborted) {
      throw new CancelledFailure('CANCELLED');
    }
    if (late.signal.aborted && !(error instanceof RefusalError)) {
      throw late.signal.reason;
    }
    // A call may see the end a moment before the timer does.
    throw error instanceof CallTooLate ? timeOver() : error;
  } finally {
    clearTimeout(timer);
    clearInterval(signsOfLife);
  }
}

/** `requireOnce` of one try. */
export function oncePerTry(): ActivityBounds['requireOnce'] {
  const held = new Set<KeptStep>();
  return async (before, check) => {
    if (!held.has(before)) {
      await check();
      held.add(before);
    }
  };
}

/**
 * The time of this try, in milliseconds. What it waited for a worker counts where Temporal counts it; a wait longer than all
 * of it is a difference between two clocks, and says nothing.
 */
function budgetOf({
  startToCloseTimeoutMs,
  scheduleToCloseTimeoutMs,
  scheduledTimestampMs,
  currentAttemptScheduledTimestampMs,
}: Info): number {
  // A retry may be scheduled long after the activity was; then only its own time counts.
  const limitMs = scheduleToCloseTimeoutMs > 0 ? scheduleToCloseTimeoutMs : startToCloseTimeoutMs;
  const waitedMs = Date.now() - Math.max(scheduledTimestampMs, currentAttemptScheduledTimestampMs);
  const counted = waitedMs > 0 && waitedMs < limitMs;
  const fromSchedule = counted ? limitMs - waitedMs : Infinity;
  return Math.max(Math.min(startToCloseTimeoutMs, fromSchedule) - ENDS_BEFORE_MS, 0);
}

async function untilNoChangeCanLand(unanswered: ReadonlySet<UnansweredChange>): Promise<void> {
  const lands = Math.max(0, ...[...unanswered].map(({ mayLandUntil }) => mayLandUntil));
  const restMs = lands + CALL_LANDS_MS / 2 - Date.now();
  if (restMs > 0) {
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
