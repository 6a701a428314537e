import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freshRequest } from '../../../activities/clients/http';

/** Undici gives a connection up by itself after ten seconds; what is told in half of that was not waited for. */
const NOT_UNDICI_MS = 5_000;

describe('what takes a connection, and shakes no hands', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/log`;
  });
  afterEach(() => {
    server.close();
  });

  /** How a request ended; or that it was still waited for. */
  const ended = (request: Promise<unknown>): Promise<string> =>
    Promise.race([
      request.then(
        () => 'answered',
        (error: unknown) => (error as Error).message,
      ),
      wait(NOT_UNDICI_MS, 'still waited for', { ref: false }),
    ]);

  it('is waited for as long as was asked, and no longer', async () => {
    const { signal } = new AbortController();
    expect(await ended(freshRequest(url, { signal, timeoutMs: 200 }))).toBe('no answer within 200 ms');
  });

  it('is waited for no longer than until the signal is aborted', async () => {
    const controller = new AbortController();
    const request = ended(freshRequest(url, { signal: controller.signal, timeoutMs: 60_000 }));
    await once(server, 'connection');
    controller.abort(new Error('the section is over'));
    expect(await request).toBe('the section is over');
  });
});
