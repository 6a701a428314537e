import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Connections } from './connections';
import type { Hold } from './hold';

export const LOOK_AGAIN_MS = 10;

export interface StopLimits {
  /** How long requests that are under way may take. */
  readonly withinMs: number;
  /** How long a quiet connection stays open, for a request that is on its way. */
  readonly quietMs: number;
}

/**
 * Closes the port and lets what is under way end, calls whose clients have left included. A client learns from its answer
 * that the connection ends, so that it sends nothing more on it; a connection without a request under way is closed once
 * it has been quiet for a moment (H18). What is still open after `withinMs` is broken.
 */
export async function stopServing(
  server: Server,
  connections: Connections,
  hold: Hold,
  limits: StopLimits,
): Promise<void> {
  const end = performance.now() + limits.withinMs;
  await acceptAll(connections, performance.now() + limits.quietMs);
  acceptNoMore(server);
  connections.endWithAnswer();
  while (performance.now() < end && (connections.size > 0 || hold.counts().writesInFlight > 0)) {
    await pause(LOOK_AGAIN_MS);
    await readAll();
    connections.closeQuiet(limits.quietMs);
  }
  breakOff(server);
}

/** Closes the port alone. Not the close of node:http, which resets a connection whose next request is just arriving. */
export function acceptNoMore(server: Server): void {
  NetServer.prototype.close.call(server);
}

/** Breaks whatever is open. */
export function breakOff(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/**
 * Takes in what has connected by now: what still waits for that when the port is closed is reset, with the request that
 * it may have sent. libuv accepts one connection in a turn of the event loop (src/unix/stream.c, `uv__server_io`).
 */
async function acceptAll(connections: Connections, until: number): Promise<void> {
  for (let before = -1; connections.accepted > before && performance.now() < until;) {
    before = connections.accepted;
    await readAll();
  }
}

/** Reads what has come by now, so that no connection is taken for quiet: a whole turn of the event loop. */
export async function readAll(): Promise<void> {
  await turn();
  await turn();
}
