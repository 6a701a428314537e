/** How requests of one kind fared. Times in milliseconds; null while nothing was answered. */
export interface Figures {
  readonly attempted: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** A request that failed: 409, 5xx, a broken connection, an answer after 5 s, or an answer that is not true. */
export interface Failure {
  /** ISO 8601, when the request was sent. */
  readonly time: string;
  readonly request: string;
  readonly status: number | null;
  /** What was answered, or what is wrong with it. */
  readonly body: string;
  readonly elapsedMs: number;
}

/** Counts requests of one kind. */
export class Tally {
  #attempted = 0;
  #failed = 0;
  readonly #times: number[] = [];

  attempt(): void {
    this.#attempted += 1;
  }

  fail(): void {
    this.#failed += 1;
  }

  /** Takes the time of one request into the percentiles; failed ones count too, or slowness would hide in failures. */
  time(ms: number): void {
    this.#times.push(ms);
  }

  figures(): Figures {
    const sorted = [...this.#times].sort((a, b) => a - b);
    return {
      attempted: this.#attempted,
      failed: this.#failed,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      maxMs: percentile(sorted, 1),
    };
  }
}

/** The smallest value that the given share of an ascending list does not exceed, in tenths; null for an empty list. */
export function percentile(ascending: readonly number[], share: number): number | null {
  const value = ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
