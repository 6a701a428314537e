/** So many of the last calls are kept. */
const KEPT = 100;

/** How long the last calls of writes to Rekor took that it answered 201. */
export class CallTimes {
  readonly #kept: number[] = [];
  #next = 0;

  /** @param milliseconds from the sending of a write to the end of its answer. */
  took(milliseconds: number): void {
    this.#kept[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The median, in whole milliseconds; null before the first. */
  get median(): number | null {
    const sorted = this.#kept.toSorted((one, other) => one - other);
    const median = sorted[Math.floor((sorted.length - 1) / 2)];
    return median === undefined ? null : Math.round(median);
  }
}
