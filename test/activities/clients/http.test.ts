import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freshRequest } from '../../../activities/clients/http';
import { keptConnections, type KeptConnections } from '../../../activities/clients/kept-connections';

/** Undici gives a connection up by itself after ten seconds; what is told in half of that was not waited for. */
const NOT_UNDICI_MS = 5_000;

const transports = {
  'a connection of its own': () => undefined,
  'kept connections': (url: string) => keptConnections(url, 1),
};

describe.each(Object.entries(transports))(
  'what takes a connection, and shakes no hands, over %s',
  (_, open) => {
    let kept: KeptConnections | undefined;
    let server: Server;
    let url: string;

    beforeEach(async () => {
      server = createServer((socket) => socket.on('error', () => undefined));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/log`;
      kept = open(url);
    });
    afterEach(async () => {
      await kept?.close();
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
      expect(await ended(freshRequest(url, { signal, timeoutMs: 200, transport: kept?.transport }))).toBe(
        'no answer within 200 ms',
      );
    });

    it('is waited for no longer than until the signal is aborted', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const request = ended(freshRequest(url, { signal, timeoutMs: 60_000, transport: kept?.transport }));
      await once(server, 'connection');
      controller.abort(new Error('the section is over'));
      expect(await request).toBe('the section is over');
    });
  },
);
