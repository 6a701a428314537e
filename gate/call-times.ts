import type { CallMs } from './messages';

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

  /** As the admin interface tells it, in whole milliseconds; null before the first. */
  told(): CallMs | null {
    const sorted = this.#kept.toSorted((one, other) => one - other);
    const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    return sorted.length === 0 ? null : { of: sorted.length, median: at(0.5), ninetieth: at(0.9) };
  }
}
