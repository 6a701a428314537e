import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long a test waits for something, in milliseconds: so long that only what never comes is given up, on however busy a
 * machine. Below the limit of jest.config.cjs, so that a test says what it waited for.
 */
export const PATIENCE_MS = 500_000;

/**
 * Waits for a state, asking every 50 ms: resolves with the first answer that is neither null, undefined nor false.
 * After `timeoutMs` throws, saying what was waited for and what the last try said.
 */
export async function until<Found>(
  what: string,
  timeoutMs: number,
  look: () => Promise<Found | null | undefined | false> | Found | null | undefined | false,
): Promise<Found> {
  const end = performance.now() + timeoutMs;
  let last = 'it is not so';
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) {
        return found;
      }
      last = 'it is not so';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}: ${last}.`);
    }
    await pause(50);
  }
}

/** Gives up waiting for something that has no end of its own. */
export async function within<Result>(
  what: string,
  timeoutMs: number,
  promise: Promise<Result>,
): Promise<Result> {
  const given = new AbortController();
  try {
    return await Promise.race([
      promise,
      pause(timeoutMs, undefined, { signal: given.signal }).then(() => {
        throw new Error(`Waited ${timeoutMs} ms for ${what}.`);
      }),
    ]);
  } finally {
    given.abort();
  }
}
