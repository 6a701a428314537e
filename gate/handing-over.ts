import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Connections } from './connections';
import type { Hold } from './hold';
import type { Lines } from './lines';
import type { OrderDesk } from './order-desk';
import type { ServingLock } from './serving-lock';
import { acceptNoMore, breakOff, LOOK_AGAIN_MS, readAll, type StopLimits } from './stopping';

/** One that takes longer is left to end by itself: Rekor is slow then, and new connections would wait for it. */
const CALLS_WITHIN_MS = 2_000;
/** Nobody else waits for this process any more. systemd has to wait for longer: deploy/systemd. */
const REST_WITHIN_MS = 60_000;
/** A client that pauses for less sends its next request on a connection that is there. */
const REST_QUIET_MS = 10_000;

export interface HandOverParts {
  readonly server: Server;
  readonly connections: Connections;
  readonly hold: Hold;
  readonly lines: Pick<Lines, 'aim'>;
  readonly desk: Pick<OrderDesk, 'leave'>;
  /** Takes orders and looks no more. */
  readonly closeAdmin: () => Promise<void>;
  readonly lock: ServingLock;
  /** Where clients come: to this process until it stops, then to the one that goes on. */
  readonly publicUrl: string;
  readonly log: Logger;
}

export interface HandOverLimits extends StopLimits {
  /** How long it waits for calls of writes before it hands over. Default 2 s. */
  readonly callsWithinMs?: number;
}

/**
 * Stops on sockets that somebody else keeps open, so that a process that stands by goes on. One process at a time takes
 * connections, takes orders and calls Rekor, so no order can be missed (H16):
 *
 * 1. While writes are held, everything goes on, for the orders that end the hold come here; and for a second afterwards, so
 *    that the figures of the hold are whole.
 * 2. Then it takes neither connections nor orders any more; both wait in the kernel. Its calls of writes end.
 * 3. It gives up the lock. What it is still asked, on connections that it has, goes to the process that serves now, and
 *    never again to Rekor: a slow upload, for example, that ends after an order to send elsewhere. There its client is this
 *    process, so one that leaves while such a write waits is not noticed (H17).
 *
 * Without a process that stands by, the second step lasts until all is answered, at most for `limits.withinMs`.
 */
export async function handOver(parts: HandOverParts, limits: HandOverLimits): Promise<void> {
  const { server, connections, hold, desk, lock } = parts;
  // Whoever waits now has been sent on or refused by then, however long the hold lasts.
  const holdEnd = performance.now() + hold.maxWaitMs;
  while (!(await desk.leave(performance.now() > holdEnd))) await pause(LOOK_AGAIN_MS);
  acceptNoMore(server);
  connections.endWithAnswer();
  await parts.closeAdmin();

  const callsEnd = performance.now() + (limits.callsWithinMs ?? CALLS_WITHIN_MS);
  let end = performance.now() + limits.withinMs;
  let handedOver = false;
  while (performance.now() < end && (connections.size > 0 || hold.counts().writesInFlight > 0)) {
    const callsHaveEnded = hold.counts().writesInFlight === 0 || performance.now() > callsEnd;
    if (!handedOver && lock.standbys > 0 && callsHaveEnded) {
      passOnTheRest(parts);
      handedOver = true;
      end = performance.now() + REST_WITHIN_MS;
    }
    await pause(LOOK_AGAIN_MS);
    await readAll();
    // While its successor is about to go on, a quiet connection can wait for that.
    if (handedOver) connections.closeQuiet(REST_QUIET_MS);
    else if (lock.standbys === 0) connections.closeQuiet(limits.quietMs);
  }
  breakOff(server);
  lock.release(isInformed(hold));
}

function passOnTheRest({ hold, lines, lock, publicUrl, connections, log }: HandOverParts): void {
  const informed = isInformed(hold);
  lines.aim([publicUrl], null);
  hold.send([publicUrl]);
  // Where it goes now, the other process knows.
  hold.inform();
  lock.release(informed);
  log.info({ connections: connections.size, ...hold.counts() }, 'another process serves from now on');
}

/** Whether whoever goes on by the state file may serve at once. Not while writes are held: for other gates that hold may not have ended. */
function isInformed({ informed, mode }: Hold): boolean {
  return informed && mode !== 'hold';
}
