import type { Clock } from './clock';
import type { Hold, WaitingWrite } from './hold';
import type { Lines } from './lines';

interface WaitingParts {
  readonly hold: Hold;
  readonly lines: Lines;
  readonly clock: Clock;
  /** So many may wait at a time. */
  readonly most: number;
}

/** All writes that wait now: in a hold, or for a Rekor that is proven. */
export class Waiting {
  readonly #parts: WaitingParts;

  constructor(parts: WaitingParts) {
    this.#parts = parts;
  }

  get count(): number {
    const { hold, lines } = this.#parts;
    return hold.counts().writesWaiting + lines.waitingCount;
  }

  /** Whether a write that has not waited yet is one too many. Whoever waits keeps its place, and one whose call broke gets one. */
  get isFull(): boolean {
    return this.count >= this.#parts.most;
  }

  /** What of their bodies the gate keeps, in memory and on the disk. */
  get keptBytes(): number {
    return this.#writes().reduce((sum, { keptBytes }) => sum + keptBytes, 0);
  }

  /** For how long the oldest has been here; 0 when none waits. Milliseconds. */
  get oldestMs(): number {
    const now = this.#parts.clock.now();
    return this.#writes().reduce((oldest, { arrivedAt }) => Math.max(oldest, now - arrivedAt), 0);
  }

  #writes(): WaitingWrite[] {
    return [...this.#parts.hold.waiting(), ...this.#parts.lines.waiting()];
  }
}
