import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, WRITE } from './support';

/** What clients saw, and the writes that were acknowledged. */
export interface Load {
  readonly failures: readonly string[];
  readonly acknowledged: readonly string[];
  /** How many requests were made, by their kind. */
  readonly made: { readonly kept: number; readonly new: number; readonly reads: number };
}

/** So many clients, each of which asks every so often: together 200 requests a second. */
const CLIENTS = 10;
const EVERY_MS = 50;

/**
 * Clients that read and write in turn, half of them over connections that they keep, the others over a new one for each request.
 * The answer ends them.
 */
export function startLoad(url: string): () => Promise<Load> {
  const stop = new AbortController();
  const failures: string[] = [];
  const acknowledged: string[] = [];
  const made = { kept: 0, new: 0, reads: 0 };

  async function client(number: number): Promise<void> {
    const keeps = number % 2 === 0;
    const agent = new Agent({ keepAlive: keeps, maxSockets: 1 });
    const began = performance.now() + (number * EVERY_MS) / CLIENTS;
    for (let turn = 0; !stop.signal.aborted; turn += 1) {
      await pause(Math.max(0, began + turn * EVERY_MS - performance.now()));
      const body = `client-${number}-${turn}`;
      const isRead = (turn + number) % 3 === 0;
      try {
        const { status } = await (isRead
          ? ask(url, { path: '/api/v1/log', agent })
          : ask(url, { method: 'POST', path: WRITE, body, agent }));
        if (status !== 201) failures.push(`${body}: ${status}`);
        else if (!isRead) acknowledged.push(body);
      } catch (error) {
        failures.push(`${body}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
      }
      made[keeps ? 'kept' : 'new'] += 1;
      if (isRead) made.reads += 1;
    }
    agent.destroy();
  }

  const clients = Array.from({ length: CLIENTS }, (_none, number) => client(number));
  return async () => {
    stop.abort();
    await Promise.all(clients);
    return { failures, acknowledged, made };
  };
}
