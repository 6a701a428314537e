import type { RefusalCode } from '../../workflows/model/refusals';
import { CallOutcomeUnknown, CallTooLate } from '../clients/call-bounds';
import { RefusalError } from '../errors/refusal-error';
import { CALL_LANDS_MS } from '../../workflows/model/deadlines';
import type { ActivityBounds } from './activity-bounds';
import { pause } from './waiting';

/** How long a step rests in a try, in milliseconds, before it asks again what could not be reached. */
const REST_MS = 50;

const unreachable: ReadonlySet<string> = new Set<RefusalCode>([
  'TRILLIAN_UNREACHABLE',
  'REKOR_UNREACHABLE',
  'GATE_UNREACHABLE',
  'METRICS_UNREACHABLE',
  'DATABASE_UNREACHABLE',
  'CLUSTER_UNREACHABLE',
  'TEMPORAL_UNREACHABLE',
  'HOST_NAME_UNRESOLVED',
  'TLS_FAILED',
]);

/** Whether nobody could be spoken to; what answered something else than was hoped for, did answer. */
export function isUnreachable(error: unknown): error is RefusalError {
  return error instanceof RefusalError && unreachable.has(error.refusal.code);
}

/**
 * Repeats `act`, which states an end, while what it needs cannot be reached, or Trillian's quota refuses it, the try
 * lasts and `forMs` milliseconds are not over. Temporal's own retries would rest for a second. After a call whose outcome
 * is unknown it waits until that call can land no more (H8).
 */
export async function retryWhileUnreachable<Result>(
  bounds: ActivityBounds,
  act: () => Promise<Result>,
  forMs: number = Infinity,
): Promise<Result> {
  const began = performance.now();
  let before: { readonly error: unknown; readonly tookMs: number } | undefined;
  for (;;) {
    const triedAt = performance.now();
    try {
      return await act();
    } catch (error) {
      const tookMs = performance.now() - triedAt;
      if (before && isTimeOver(error, bounds) && tookMs < 2 * before.tookMs) {
        // It came no further than the try before: what stopped that one says more than that the time was over.
        throw before.error;
      }
      before = { error, tookMs };
      const rest = restAfter(error);
      const left = Math.min(bounds.remainingMs(), forMs - (performance.now() - began));
      if (rest === undefined || rest > left || bounds.signal.aborted) {
        throw error;
      }
      await pause(rest, bounds.signal).catch(() => {
        // Its time is over: what kept it from succeeding says more than that.
        throw error;
      });
    }
  }
}

function isTimeOver(error: unknown, { lateSignal }: ActivityBounds): boolean {
  return error instanceof CallTooLate || (lateSignal.aborted && error === lateSignal.reason);
}

/** How long to wait before `error` is worth another try, in milliseconds; undefined when it never is. */
function restAfter(error: unknown): number | undefined {
  if (error instanceof CallOutcomeUnknown) {
    return Math.max(error.mayLandUntil - Date.now(), 0) + CALL_LANDS_MS;
  }
  const passes =
    isUnreachable(error) || (error instanceof RefusalError && error.refusal.code === 'TRILLIAN_QUOTA');
  return passes ? REST_MS : undefined;
}
