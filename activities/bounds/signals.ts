import { setMaxListeners } from 'node:events';
import { OwnWords } from '../errors/own-words';

/*
 * AbortSignal.any is not used here, nor elsewhere (a lint rule says so). What it makes may be collected while it is listened to,
 * and then never aborts: on Node.js 20 with AbortSignal.timeout among its sources, and on 22 when a signal that it made is one
 * of them (measured with 20.19.0, 20.20.2 and 22.23.3; 24.21.0 keeps both). A call would then wait for ever.
 */

/** What withinTime aborts with when its time is over. */
export class TimeOver extends OwnWords {}

/**
 * Runs something with a signal that is aborted as soon as one of these is, with its reason. Once it has ended, it listens no more.
 */
export async function whileNoneIsAborted<Result>(
  signals: readonly AbortSignal[],
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController();
  // Each call within listens to it, and there may be many at once.
  setMaxListeners(0, ending.signal);
  const stops = signals.map((signal) => {
    const end = (): void => {
      ending.abort(signal.reason);
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    return () => {
      signal.removeEventListener('abort', end);
    };
  });
  try {
    return await act(ending.signal);
  } finally {
    for (const stop of stops) stop();
  }
}

/**
 * The same for one signal and a time.
 *
 * @param limitMs milliseconds.
 * @param reason what it is aborted with when the time is over; without, a TimeOver.
 */
export async function withinTime<Result>(
  limitMs: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<Result>,
  reason: () => Error = () => new TimeOver(`not ended within ${limitMs} ms`),
): Promise<Result> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(reason());
  }, limitMs);
  try {
    return await whileNoneIsAborted([signal, late.signal], act);
  } finally {
    clearTimeout(timer);
  }
}
