import { z } from 'zod';

/** How many writes somebody had counted at one moment. */
export const countSample = z.object({
  /** Milliseconds since the epoch. */
  atMs: z.number(),
  by: z.enum(['gate', 'tree']),
  /** Whose count it is: the processes of the gates, or a tree. Counts of two say nothing about each other. */
  of: z.string(),
  count: z.number(),
});
export type CountSample = Readonly<z.infer<typeof countSample>>;

/**
 * Two samples further apart say nothing about the time between them: the machine may have slept, with the gate on it, and no
 * client could write. Milliseconds.
 */
export const LONGEST_GAP_MS = 20_000;

/** A window is known by so many samples and a few more, however long it is: they travel with signs of life. */
const SAMPLES = 60;

/**
 * The last minutes of a count. What cannot be compared with the sample before it begins the window anew: another count, one
 * that fell, a gap, or a clock that was set.
 */
export class WriteWindow {
  readonly #forMs: number;
  #samples: readonly CountSample[] = [];

  constructor(forMs: number, samples: readonly CountSample[] = []) {
    this.#forMs = forMs;
    for (const sample of samples) this.#push(sample);
  }

  /** As few as tell what is known; in order of time. */
  get samples(): readonly CountSample[] {
    return this.#samples;
  }

  get last(): CountSample | undefined {
    return this.#samples.at(-1);
  }

  /** Writes a minute over the last `forMs`, and a little more; null while so much is not known. */
  get perMinute(): number | null {
    const [first, last] = [this.#samples[0], this.last];
    if (!first || !last || last.atMs - first.atMs < this.#forMs) return null;
    return ((last.count - first.count) * 60_000) / (last.atMs - first.atMs);
  }

  /** The count could not be read: nothing is known of what comes before. */
  beginAnew(): void {
    this.#samples = [];
  }

  add(sample: CountSample): void {
    const { last } = this;
    if (last) {
      const gapMs = sample.atMs - last.atMs;
      const follows = sample.by === last.by && sample.of === last.of && sample.count >= last.count;
      if (!follows || gapMs < 0 || gapMs > LONGEST_GAP_MS) this.beginAnew();
    }
    this.#push(sample);
  }

  #push(sample: CountSample): void {
    const [beforeLast, last] = this.#samples.slice(-2);
    const isDense = beforeLast && last && last.atMs - beforeLast.atMs < this.#forMs / SAMPLES;
    const kept = [...(isDense ? this.#samples.slice(0, -1) : this.#samples), sample];
    const from = kept.findLastIndex(({ atMs }) => sample.atMs - atMs >= this.#forMs);
    this.#samples = kept.slice(Math.max(from, 0));
  }
}
