import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One address before several instances, each request to the next of them: what a ClusterIP service is. */
export interface RoundRobin {
  readonly url: string;
  /** The base URLs that get requests from now on. */
  send(urls: readonly string[]): void;
  end(): Promise<void>;
}

export async function startRoundRobin(urls: readonly string[]): Promise<RoundRobin> {
  let upstreams = urls;
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const upstream = upstreams[turn++ % upstreams.length] ?? '';
    const { method, headers, url: path = '/' } = incoming;
    const forwarded = request(new URL(path, upstream), { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    send: (next) => (upstreams = next),
    end: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
