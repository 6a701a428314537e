import { CallTimes } from './call-times';
import type { WritesCounted } from './messages';

/**
 * Why the gate turned a write away at once, with 503: there was no room for its body; too many waited already; the bodies of
 * too many were coming in.
 */
const turnedAwayBecause = ['no_room', 'too_many_waiting', 'too_many_uploads'] as const;
export type TurnedAwayBecause = (typeof turnedAwayBecause)[number];

/**
 * Why the gate itself answered a write with 503: it waited for `maxWait` in a hold, or for a Rekor that is proven; the tree was
 * closed while the gate healed; or it was turned away.
 */
export const refusedBecause = ['waited', 'unproven', 'closed', ...turnedAwayBecause] as const;
export type RefusedBecause = (typeof refusedBecause)[number];

/** What became of writes since this process began; no number ever falls. */
export class WriteCounts {
  readonly startedAt = new Date();
  /** New writes that waited in a hold. */
  held = 0;
  /** Writes whose first call broke under a hold and that were answered 201 all the same (H13). */
  resent = 0;
  /** Writes whose client left while they waited (H17). */
  dropped = 0;
  readonly refused: Record<RefusedBecause, number> = {
    ...{ waited: 0, unproven: 0, closed: 0 },
    ...{ no_room: 0, too_many_waiting: 0, too_many_uploads: 0 },
  };
  readonly calls = new CallTimes();
  /** Calls of writes to Rekor that it has answered, with whatever status: as many as it counts itself. */
  answeredCalls = 0;
  /** Calls of writes that broke once something of them was sent: Rekor may have counted each, or not. */
  brokenCalls = 0;
  #accepted = 0;
  #failed = 0;

  /** Writes that were answered 201. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Writes that failed by no fault of their clients; one may be in the log all the same. */
  get failed(): number {
    return this.#failed;
  }

  /** The answer that a write ends with, whether or not its client is still there. */
  answered(status: number): void {
    if (status === 201) this.#accepted += 1;
    // As `isUncertain` of answers.ts says: Rekor answers 499 where a call of its own was cancelled.
    else if (status >= 499) this.#failed += 1;
  }

  /** As the admin interface tells it. */
  counted(): WritesCounted {
    const { startedAt, accepted, failed, calls, answeredCalls, brokenCalls } = this;
    return {
      ...{ since: startedAt.toISOString(), accepted, failed, callMs: calls.median },
      calls: { answered: answeredCalls, broken: brokenCalls },
    };
  }
}
