import type { HoldFigures } from './messages';

/** Keeps what one hold did to writes. Times are the gate's clock, in milliseconds. */
export class HoldRecord {
  readonly #figures: { -readonly [Figure in keyof HoldFigures]: HoldFigures[Figure] };
  #firstArrival: number | null = null;
  #stallEnded: boolean;

  /** @param saved a record as it stood before a restart: counts go on, a stall that had not ended stays unknown. */
  constructor(number: number, saved?: HoldFigures) {
    const none = {
      stallMs: null,
      longestWaitMs: 0,
      held: 0,
      refused: 0,
      turnedAway: 0,
      resent: 0,
      dropped: 0,
    };
    this.#figures = { number, ...none, ...saved };
    this.#stallEnded = this.#figures.stallMs !== null;
  }

  get number(): number {
    return this.#figures.number;
  }

  /** Another order holds the writes that wait already: they go on waiting. */
  goesOnUnder(number: number): void {
    this.#figures.number = number;
  }

  /** The same attempt holds once more: counts go on, and so does a stall that has not ended; of two the longer one is kept. */
  beginsAgainUnder(number: number): void {
    this.goesOnUnder(number);
    if (this.#stallEnded) {
      this.#firstArrival = null;
      this.#stallEnded = false;
    }
  }

  held(arrivedAt: number): void {
    this.#figures.held += 1;
    this.#firstArrival ??= arrivedAt;
  }

  refused(arrivedAt: number): void {
    this.#figures.refused += 1;
    this.#firstArrival ??= arrivedAt;
  }

  /** There was no room for it: it is one of the refused. */
  turnedAway(arrivedAt: number): void {
    this.#figures.turnedAway += 1;
    this.refused(arrivedAt);
  }

  waited(milliseconds: number): void {
    this.#figures.longestWaitMs = Math.max(this.#figures.longestWaitMs, milliseconds);
  }

  resent(): void {
    this.#figures.resent += 1;
  }

  dropped(): void {
    this.#figures.dropped += 1;
  }

  /** A write that arrived at `arrivedAt` was answered 201 at `now`. */
  acknowledged(arrivedAt: number, now: number): void {
    if (this.#stallEnded || this.#firstArrival === null || arrivedAt < this.#firstArrival) return;
    this.#stallEnded = true;
    this.#figures.stallMs = Math.max(this.#figures.stallMs ?? 0, now - this.#firstArrival);
  }

  figures(): HoldFigures {
    return { ...this.#figures };
  }
}
