import { pause } from '../bounds/waiting';

/** How many writes are sent in each round. The numbers differ, so that what others send does not happen to fit them all. */
const ROUNDS = [3, 5, 4, 3, 5, 4, 3, 5, 4] as const;

/** So many writes must have been counted before anything is said. */
const FEWEST = 12;

/** The gate counts a request when its answer has ended, perhaps a moment after we have read it. Milliseconds. */
const COUNTED_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/** How a gate counts what is sent to an address. */
export interface CountedWrites {
  /** How many writes the gate has answered with 4xx since it began; undefined where it does not say. */
  readonly refusedWrites: (signal: AbortSignal) => Promise<number | undefined>;
  /** Sends one write, which is answered with 4xx. */
  readonly send: () => Promise<void>;
}

/** Whether writes come through the gate; `unknown` says why that could not be told. */
export type WayOfWrites = 'through the gate' | 'past the gate' | { readonly unknown: string };

/**
 * Sends writes in rounds, and looks after each whether the gate has counted so many more. Writes of others are counted, too:
 * each round is held against as long a time in which nothing is sent.
 *
 * @throws whatever `send` throws, and the signal's reason.
 */
export async function wayOfWrites(counted: CountedWrites, signal: AbortSignal): Promise<WayOfWrites> {
  let [sent, others] = [0, 0];
  for (const writes of ROUNDS) {
    const round = await sendRound(writes, counted, signal);
    if (typeof round !== 'number') return round;
    sent += writes;
    others += round;
    if (isToldApart(sent, others)) return 'through the gate';
  }
  return {
    unknown: `of others, the gate counted ${others} refused writes in as long a time as ${sent} were sent in`,
  };
}

/**
 * Whether writes that were counted are ours. If all were of others, a round and the time after it would have about as many:
 * that so few fall into the latter has then a chance of less than 1 in 4000, by the negative binomial distribution.
 *
 * @param sent how many were sent, and counted.
 * @param others how many were counted in as long a time without.
 */
export function isToldApart(sent: number, others: number): boolean {
  return sent >= FEWEST && 3 * others <= sent - FEWEST;
}

/** How many writes of others were counted in as long a time as the round took; else what there is to say. */
async function sendRound(
  writes: number,
  { refusedWrites, send }: CountedWrites,
  signal: AbortSignal,
): Promise<number | Exclude<WayOfWrites, 'through the gate'>> {
  const before = await refusedWrites(signal);
  if (before === undefined) return unreadable;
  const began = performance.now();
  await Promise.all(Array.from({ length: writes }, send));
  const sentAt = performance.now();
  for (;;) {
    const now = await refusedWrites(signal);
    if (now === undefined) return unreadable;
    if (now < before) return countsAnew;
    if (now >= before + writes) {
      await pause(performance.now() - began, signal);
      const later = await refusedWrites(signal);
      if (later === undefined) return unreadable;
      return later < now ? countsAnew : later - now;
    }
    if (performance.now() - sentAt > COUNTED_WITHIN_MS) return 'past the gate';
    await pause(LOOK_EVERY_MS, signal);
  }
}

const unreadable = { unknown: 'the metrics of the gate do not say how many writes it has refused' } as const;
const countsAnew = { unknown: 'the gate began to count anew meanwhile' } as const;
