import { refuse } from '../errors/refusal-error';
import { CALL_SHARE, oncePerTry, type ActivityBounds } from './activity-bounds';
import { whileNoneIsAborted } from './signals';

/**
 * Runs looks at a log outside of an activity, for a program that nobody retries: the same bounds, without signs of life. No
 * step runs in them, so nothing is changed.
 *
 * @param limitMs how long all of them together may take; milliseconds.
 */
export async function withinLook<Result>(
  limitMs: number,
  signal: AbortSignal,
  look: (bounds: ActivityBounds) => Promise<Result>,
): Promise<Result> {
  const ends = performance.now() + limitMs;
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(refuse('LOOKED_TOO_LONG', { limitMs }));
  }, limitMs);
  try {
    return await whileNoneIsAborted([late.signal, signal], (ending) =>
      look({
        signal: ending,
        timeoutMs: limitMs * CALL_SHARE,
        notAfter: Date.now() + limitMs,
        remainingMs: () => ends - performance.now(),
        lateSignal: late.signal,
        steps: { times: {}, began: [] },
        step: (step) => Promise.reject(new Error(`the step ${step} does not run in a look`)),
        hearOfCancel: () => undefined,
        kept: undefined,
        keep: () => undefined,
        requireOnce: oncePerTry(),
      }),
    );
  } finally {
    clearTimeout(timer);
  }
}
