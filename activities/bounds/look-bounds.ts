import { setMaxListeners } from 'node:events';
import { refuse } from '../errors/refusal-error';
import { CALL_SHARE, oncePerTry, type ActivityBounds } from './activity-bounds';

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
  const ending = AbortSignal.any([late.signal, signal]);
  // Each call of all looks listens to it, and there are many at once.
  setMaxListeners(0, ending);
  try {
    return await look({
      signal: ending,
      timeoutMs: limitMs * CALL_SHARE,
      notAfter: Date.now() + limitMs,
      remainingMs: () => ends - performance.now(),
      lateSignal: late.signal,
      steps: { times: {}, began: [] },
      step: (step) => Promise.reject(new Error(`the step ${step} does not run in a look`)),
      kept: undefined,
      keep: () => undefined,
      requireOnce: oncePerTry(),
    });
  } finally {
    clearTimeout(timer);
  }
}
