import { BUILD_MS, startRouter, statusOf, type Router } from './rekor-router';
import { rawClient, useStarted, until, WRITE } from './support';

const started = useStarted();

const MIB = 1024 * 1024;

/** Sends all of a request before it reads anything, as simple clients do; then reads until the connection is closed. */
async function sendsFirst(url: string, head: string, body: Buffer): Promise<string> {
  const { socket, received } = await rawClient(url);
  socket.pause();
  socket.write(head);
  await new Promise<void>((resolve) => socket.write(body, () => resolve()));
  const closed = new Promise<void>((resolve) => socket.once('end', () => resolve()));
  socket.resume();
  await closed;
  socket.destroy();
  return received();
}

describe('an answer that is out before the body is in', () => {
  let router: Router;
  beforeAll(async () => {
    router = await startRouter('--max-body', String(MIB));
  }, BUILD_MS);
  afterAll(() => router.close());

  const head = (path: string, length: number): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

  it('reaches a client that sends everything first, and ends the connection', async () => {
    const gate = await started.gate({ firstInstances: [router.url] });
    const received = await sendsFirst(gate.url, head('/nowhere', 20 * MIB), Buffer.alloc(20 * MIB));
    expect(statusOf(received)).toBe(404);
    expect(received).toContain('Connection: close');
  });

  it('does so for a write over bodyLimit, too, that Rekor refuses early', async () => {
    const gate = await started.gate({ firstInstances: [router.url], bodyLimitBytes: 1_000 });
    const received = await sendsFirst(gate.url, head(WRITE, 40 * MIB), Buffer.alloc(40 * MIB));
    expect(statusOf(received)).toBe(413);
    expect(received).toContain('Connection: close');
    await until('no write is in flight', async () => (await gate.state()).writesInFlight === 0);
  });

  it('does so for a chunked one, and for the 503 of a write that has waited for too long', async () => {
    const gate = await started.gate({ firstInstances: [router.url], bodyLimitBytes: 1_000, maxWaitMs: 50 });
    await gate.hold(1);
    const chunk = Buffer.concat([Buffer.from(`${(8 * MIB).toString(16)}\r\n`), Buffer.alloc(8 * MIB)]);
    const body = Buffer.concat([chunk, Buffer.from('\r\n0\r\n\r\n')]);
    const start = `POST ${WRITE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const received = await sendsFirst(gate.url, start, body);
    expect(statusOf(received)).toBe(503);
    expect(received).toContain('Connection: close');
  });

  it.each(['/nowhere', WRITE])(
    'ends the connection of a client that never sends the rest, at %s',
    async (path) => {
      const gate = await started.gate({ firstInstances: [router.url], bodyLimitBytes: 1_000, maxWaitMs: 50 });
      await gate.hold(1);
      const { socket, received } = await rawClient(gate.url);
      let isClosed = false;
      socket.once('end', () => (isClosed = true));
      socket.write(head(path, 6 * MIB));
      socket.write(Buffer.alloc(MIB));
      await until('the gate closes the connection', () => isClosed);
      expect(statusOf(received())).toBe(path === WRITE ? 503 : 404);
      socket.destroy();
    },
  );
});
