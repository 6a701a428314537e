import { LONGEST_DRAIN_MS } from './deadlines';

/** How it is proven that a tree is drained, and how long that takes. Milliseconds throughout. */

/** What the operator knows of the signers. */
export interface DrainTiming {
  /** `--sequencer_interval`: the pause between two passes of a signer. */
  readonly signerIntervalMs: number;
  /** `--sequencer_guard_window`: a pass leaves alone what was queued less than this before it. */
  readonly guardWindowMs: number;
  /** How far the clocks of log servers and signers may be apart; that of a log server which is ahead works like a guard window. */
  readonly clockDifferenceMs: number;
}

/** What was seen of the signers for a while: passes over one tree, all signers together. */
export interface SignerPace {
  readonly signers: number;
  readonly passes: number;
  readonly withinMs: number;
  /** How long the slower of the readings of all their metrics took. */
  readonly readingMs: number;
  /** Size of the largest of their pages. */
  readonly pageBytes: number;
}

/** How the current tree will be proven drained: by the queue in Trillian's database, or by what its signers do. */
export interface DrainEvidence {
  readonly by: 'queue' | 'signer passes';
  readonly timing: DrainTiming;
  /** Null where the proof does without, and it could not be measured; then `unmeasured` says why. */
  readonly pace: SignerPace | null;
  readonly unmeasured?: string;
}

/** From one pass to the next; at least, where none was seen. */
export function passMs({ passes, withinMs }: Pick<SignerPace, 'passes' | 'withinMs'>): number {
  return withinMs / Math.max(passes, 1);
}

/**
 * What a critical section waits for signers at worst: one pass integrates the entries on their way, and another one the
 * handover leaf. With the queue in sight that is all. Without it also for what activities/drain.ts waits for: the guard window
 * and the clocks, a pass of each signer and one more, three readings of their metrics (before the passes, in vain, and after
 * them), and one interval between the two looks at the end.
 */
export function signerWaitsMs(
  { by, timing }: Pick<DrainEvidence, 'by' | 'timing'>,
  pace: { readonly signers: number; readonly passMs: number; readonly readingMs: number },
): number {
  const { guardWindowMs, clockDifferenceMs, signerIntervalMs } = timing;
  const passes = passesWaitedFor({ by, signers: pace.signers }) * pace.passMs;
  return by === 'queue'
    ? passes
    : guardWindowMs + clockDifferenceMs + passes + 3 * pace.readingMs + signerIntervalMs;
}

/** How many passes a critical section waits for at worst. */
export function passesWaitedFor({ by, signers }: Pick<DrainEvidence, 'by'> & { signers: number }): number {
  return by === 'queue' ? 2 : 2 + signers + 1;
}

/**
 * What a critical section needs beside its signers: the start of the next release, the calls, the hand-over between its two
 * activities. On two cores the bench finds some 230. Milliseconds.
 */
export const BESIDE_SIGNERS_MS = 250;

/**
 * So long may signers be waited for: in the critical section, and in each try to close the next tree again, which needs a
 * second for everything else.
 */
export function longestSignerWaitsMs(criticalSectionMs: number): number {
  return Math.min(criticalSectionMs - BESIDE_SIGNERS_MS, LONGEST_DRAIN_MS);
}

/**
 * Whether an entry that was integrated at `lastMs` is younger than one of the next shard from `firstMs`, by more than the
 * clocks of two signers may be apart. Rekor serves whole seconds, so whole seconds are compared, and a difference of a part of
 * one may show as one more.
 */
export function isYounger(lastMs: number, firstMs: number, clockDifferenceMs: number): boolean {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  return seconds(lastMs) - seconds(firstMs) > Math.ceil(clockDifferenceMs / 1000);
}
