import { setTimeout as wait } from 'node:timers/promises';

/** The error that a signal was aborted with; a reason that is not an `Error` is wrapped in one. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

/**
 * Waits until all have ended, then throws the first error if there is one. What follows a failure, an undo for example,
 * must not run beside what was begun with it (H8): `Promise.all` throws while the others still act.
 */
export async function allEnded<Acts extends readonly Promise<unknown>[] | []>(
  acts: Acts,
): Promise<{ -readonly [Index in keyof Acts]: Awaited<Acts[Index]> }> {
  await Promise.allSettled(acts);
  return await Promise.all(acts);
}

/** Waits for an answer; throws the signal's reason as soon as it is aborted, whatever becomes of the answer then. */
export async function orAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortReason(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Waits `ms` milliseconds; throws the signal's reason as soon as it is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
}

/** The rest between two looks grows to this, in milliseconds. */
const LONGEST_REST_MS = 1_000;

/**
 * How long to wait until the next look at something that is asked for again and again, in milliseconds: `everyMs` at first,
 * while clients may wait for it, and a hundredth of the time waited later. What stays away for hours is then not asked for
 * 200 times a second.
 */
export function restMs(everyMs: number, waitedMs: number): number {
  return Math.max(everyMs, Math.min(waitedMs / 100, LONGEST_REST_MS));
}

/** Waits `restMs`; `began` is when it was looked for first, by `performance.now()`. */
export async function pauseUntilNextLook(everyMs: number, began: number, signal: AbortSignal): Promise<void> {
  await pause(restMs(everyMs, performance.now() - began), signal);
}
