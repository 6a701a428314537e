import { setInterval, clearInterval } from 'node:timers';
import { CancelledFailure, Context, type Info } from '@temporalio/activity';
import { REPORT_MS } from '../workflows/model/deadlines';
import type { RefusalCode } from '../workflows/model/refusals';
import type { StepsOfFailure } from '../workflows/model/rotation';
import { refuse, RefusalError } from './refusal-error';
import { type Call, CallOutcomeUnknown, CallTooLate, type UnansweredChange } from './trillian';
import { pause } from './waiting';

/** How often an activity shows that its worker lives; the critical section notices a dead one within a second (H21). */
const SIGN_OF_LIFE_MS = 200;

/** What was sent in the last instant of an attempt has landed this much later, in milliseconds. */
const MARGIN_MS = 100;

/**
 * An attempt ends this long before Temporal gives it up, so that no call of it is sent, or still under way, when its
 * retry or its undo begins (H8), and that how it went is known by then. Milliseconds.
 */
const ENDS_BEFORE_MS = REPORT_MS + MARGIN_MS;

/**
 * One call may take this share of its attempt, so that others still have time: half a second of the critical section's
 * two and a half. Never less than the half second.
 */
const CALL_SHARE = 0.2;
const SHORTEST_CALL_MS = 500;

/** How long a step rests in an attempt, in milliseconds, before it asks again what could not be reached. */
const REST_MS = 50;

/** What a step has to know of the attempt it runs in; every call is bound to it. */
export interface Attempt extends Call {
  /** When nothing may be sent any more, in milliseconds since the epoch. */
  readonly notAfter: number;
  /** Milliseconds until then. */
  remainingMs(): number;
  /** Aborts at the end of the attempt only, for what a Cancel must not leave half done. */
  readonly lateSignal: AbortSignal;
  /** The steps that were begun so far, and how long those took that were done, in milliseconds. */
  readonly steps: StepsOfFailure;
  /** Runs one of several steps that the attempt does, and keeps that it began and how long it took. */
  step<Result>(name: string, act: () => Promise<Result>): Promise<Result>;
  /** Looks at what must be so before anything is changed: until it was so once in this attempt, and not again. */
  atFirst(look: () => Promise<void>): Promise<void>;
}

/** What `inAttempt` fills in while an activity runs. */
export interface KeptSteps extends StepsOfFailure {
  readonly times: Record<string, number>;
  readonly began: string[];
}

/**
 * Runs one attempt of an activity: signs of life while it runs, and one signal for all that ends it. `steps` gets what was
 * begun and done, also when a later step fails.
 *
 * It does not fail before every change that it sent and got no answer to can land no more: what follows a failure, an undo
 * or another try, would otherwise run beside it (H8).
 */
export async function inAttempt<Result>(
  name: string,
  steps: KeptSteps,
  act: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  const budgetMs = budgetOf(context.info);
  const notAfter = Date.now() + budgetMs;
  const ends = performance.now() + budgetMs;
  const late = new AbortController();
  const unanswered = new Set<UnansweredChange>();
  let running = name;
  const timer = setTimeout(() => {
    late.abort(refuse('BUDGET_EXCEEDED', { step: running, budgetMs }));
  }, budgetMs);
  const signsOfLife = setInterval(() => {
    context.heartbeat();
  }, SIGN_OF_LIFE_MS);
  try {
    return await act({
      signal: AbortSignal.any([late.signal, context.cancellationSignal]),
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
      atFirst: firstLook(),
    });
  } catch (error) {
    await untilNoneLands(unanswered);
    // Whatever a call says when it is aborted, the reason is why it was.
    if (context.cancellationSignal.aborted) {
      throw new CancelledFailure('CANCELLED');
    }
    if (late.signal.aborted && !(error instanceof RefusalError)) {
      throw late.signal.reason;
    }
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(signsOfLife);
  }
}

/** `atFirst` of one attempt. */
export function firstLook(): Attempt['atFirst'] {
  let looked = false;
  return async (look) => {
    if (!looked) {
      await look();
      looked = true;
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

async function untilNoneLands(unanswered: ReadonlySet<UnansweredChange>): Promise<void> {
  const lands = Math.max(0, ...[...unanswered].map(({ mayLandUntil }) => mayLandUntil));
  const restMs = lands + MARGIN_MS / 2 - Date.now();
  if (restMs > 0) {
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}

const unreachable: ReadonlySet<string> = new Set<RefusalCode>([
  'TRILLIAN_UNREACHABLE',
  'REKOR_UNREACHABLE',
  'GATE_UNREACHABLE',
  'METRICS_UNREACHABLE',
  'DATABASE_UNREACHABLE',
  'HOST_NAME_UNRESOLVED',
  'TLS_FAILED',
]);

/** Whether nobody could be spoken to; what answered something else than was hoped for, did answer. */
export function isUnreachable(error: unknown): error is RefusalError {
  return error instanceof RefusalError && unreachable.has(error.refusal.code);
}

/**
 * Repeats `act`, which states an end, while what it needs cannot be reached, or Trillian's quota refuses it, the attempt
 * lasts and `forMs` milliseconds are not over. Temporal's own retries would rest for a second. After a call whose outcome
 * is unknown it waits until that call can land no more (H8).
 */
export async function persistently<Result>(
  attempt: Attempt,
  act: () => Promise<Result>,
  forMs: number = Infinity,
): Promise<Result> {
  const began = performance.now();
  let before: { readonly error: unknown; readonly tookMs: number } | undefined;
  for (;;) {
    const tried = performance.now();
    try {
      return await act();
    } catch (error) {
      const tookMs = performance.now() - tried;
      if (before && isTimeOver(error, attempt) && tookMs < 2 * before.tookMs) {
        // It came no further than the try before: what stopped that one says more than that the time was over.
        throw before.error;
      }
      before = { error, tookMs };
      const rest = restAfter(error);
      const left = Math.min(attempt.remainingMs(), forMs - (performance.now() - began));
      if (rest === undefined || rest > left || attempt.signal.aborted) {
        throw error;
      }
      await pause(rest, attempt.signal).catch(() => {
        // Its time is over: what kept it from succeeding says more than that.
        throw error;
      });
    }
  }
}

function isTimeOver(error: unknown, { lateSignal }: Attempt): boolean {
  return error instanceof CallTooLate || (lateSignal.aborted && error === lateSignal.reason);
}

/** How long to wait before `error` is worth another try, in milliseconds; undefined when it never is. */
function restAfter(error: unknown): number | undefined {
  if (error instanceof CallOutcomeUnknown) {
    return Math.max(error.mayLandUntil - Date.now(), 0) + MARGIN_MS;
  }
  const passes =
    isUnreachable(error) || (error instanceof RefusalError && error.refusal.code === 'TRILLIAN_QUOTA');
  return passes ? REST_MS : undefined;
}
