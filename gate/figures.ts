import type { HoldFigures } from './messages';

/** Keeps what one hold did to writes. Times are the gate's clock, in milliseconds. */
export class HoldRecord {
  readonly number: number;
  #firstArrival: number | null = null;
  #stallMs: number | null = null;
  #longestWaitMs = 0;
  #held = 0;
  #refused = 0;
  #resent = 0;
  #dropped = 0;

  constructor(number: number) {
    this.number = number;
  }

  /** A record as it stood before a restart: counts go on, a stall that had not ended stays unknown. */
  static of(saved: HoldFigures): HoldRecord {
    const record = new HoldRecord(saved.number);
    record.#stallMs = saved.stallMs;
    record.#longestWaitMs = saved.longestWaitMs;
    record.#held = saved.held;
    record.#refused = saved.refused;
    record.#resent = saved.resent;
    record.#dropped = saved.dropped;
    return record;
  }

  held(arrivedAt: number): void {
    this.#held += 1;
    this.#firstArrival ??= arrivedAt;
  }

  refused(arrivedAt: number): void {
    this.#refused += 1;
    this.#firstArrival ??= arrivedAt;
  }

  waited(milliseconds: number): void {
    this.#longestWaitMs = Math.max(this.#longestWaitMs, milliseconds);
  }

  resent(): void {
    this.#resent += 1;
  }

  dropped(): void {
    this.#dropped += 1;
  }

  /** A write that arrived at `arrivedAt` was answered 201 at `now`. */
  acknowledged(arrivedAt: number, now: number): void {
    if (this.#firstArrival === null || arrivedAt < this.#firstArrival) return;
    this.#stallMs ??= now - this.#firstArrival;
  }

  figures(): HoldFigures {
    return {
      number: this.number,
      stallMs: this.#stallMs,
      longestWaitMs: this.#longestWaitMs,
      held: this.#held,
      refused: this.#refused,
      resent: this.#resent,
      dropped: this.#dropped,
    };
  }
}
