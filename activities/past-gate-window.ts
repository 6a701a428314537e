/** What was counted at one moment in which the gate sent nothing to Rekor. */
export interface PastGateSample {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Whose counts these are: the processes of the gate and of Rekor. Counts of others say nothing about these. */
  readonly of: string;
  /** Writes that Rekor has answered, whoever sent them. */
  readonly atRekor: number;
  /** Those among them that the gate has sent. */
  readonly throughGate: number;
}

/** From when on Rekor had answered so many more writes than the gate had sent. */
interface Level {
  readonly fromMs: number;
  readonly past: number;
}

/**
 * How many writes reach Rekor past the gate, from what both count. A write that Rekor has counted, and the gate not yet, looks as
 * if it had passed; the next sample has it on both sides. What has really passed never comes back: so at each time the least of
 * all later differences is what is believed of it.
 */
export class PastGateWindow {
  /** In order of time and number. */
  #levels: readonly Level[] = [];
  #first: PastGateSample | undefined;
  #last: PastGateSample | undefined;
  #passedBefore = 0;
  #sentBefore = 0;

  /** How many have passed since the first sample, as far as it was counted. */
  get passed(): number {
    const [first, last] = [this.#levels[0], this.#levels.at(-1)];
    return this.#passedBefore + (first && last ? last.past - first.past : 0);
  }

  /** How many the gate has sent since then. */
  get throughGate(): number {
    const [first, last] = [this.#first, this.#last];
    return this.#sentBefore + (first && last ? last.throughGate - first.throughGate : 0);
  }

  /** For how long none has passed, up to the last sample; milliseconds, 0 without a sample. */
  get quietForMs(): number {
    const [level, last] = [this.#levels.at(-1), this.#last];
    return level && last ? last.atMs - level.fromMs : 0;
  }

  /** How many have passed in the last milliseconds before the last sample. */
  passedWithin(milliseconds: number): number {
    const [now, last] = [this.#levels.at(-1), this.#last];
    if (!now || !last) return 0;
    const then = this.#levels.findLast(({ fromMs }) => fromMs <= last.atMs - milliseconds) ?? this.#levels[0];
    return now.past - (then ?? now).past;
  }

  /** A count could not be read: what passes from the last sample to the next one is not known. */
  beginAnew(): void {
    [this.#passedBefore, this.#sentBefore] = [this.passed, this.throughGate];
    this.#levels = [];
    [this.#first, this.#last] = [undefined, undefined];
  }

  add(sample: PastGateSample): void {
    const { atRekor, throughGate, atMs, of } = sample;
    if (this.#last && this.#last.of !== of) this.beginAnew();
    const past = atRekor - throughGate;
    const lower = this.#levels.filter((level) => level.past < past);
    const fromMs = this.#levels[lower.length]?.fromMs ?? atMs;
    this.#levels = [...lower, { fromMs, past }];
    this.#first ??= sample;
    this.#last = sample;
  }
}
