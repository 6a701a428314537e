import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { ensureTool } from '../../tools/binaries';
import { rekorRouter } from '../../tools/pinned';

/** Long enough to build the program on a busy machine; nothing waits for it when it is there. */
export const BUILD_MS = 900_000;

export interface Router {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts tools/rekor/rekor-router: Rekor's own server, middleware, routes and router, and no log. */
export async function startRouter(...args: string[]): Promise<Router> {
  const files = await ensureTool(rekorRouter, { report: () => undefined });
  const program = files.get('rekor-router') ?? '';
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const [url] = (await Promise.race([
    once(lines, 'line'),
    ended.then(() => Promise.reject(new Error(`${program} ended before it listened`))),
  ])) as [string];
  return {
    url,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Sends bytes as they are, on a connection of their own, and gives back all that comes until it is closed. */
export function exchange(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(request, 'latin1');
  });
}

/** The status of the first answer in what a connection brought; 0 when it brought none. */
export function statusOf(received: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(received)?.[1] ?? 0);
}
