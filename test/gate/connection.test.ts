import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { newConnection, NotSent, type Connection } from '../../gate/connection';
import { BrokenCall, connector } from '../../gate/upstream';
import { logInfo } from './sharded-rekor';

const shards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
const write = { method: 'POST', path: '/api/v1/log/entries', headers: [], body: Buffer.from('{}') };

/** What came over each connection, in order; every request gets the shards as its answer. */
const received: string[] = [];
const sockets: Socket[] = [];
let server: Server;
let connection: Connection;

beforeEach(async () => {
  received.length = sockets.length = 0;
  server = createServer((socket) => {
    const number = sockets.push(socket) - 1;
    received.push('');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received[number] = (received[number] ?? '') + chunk.toString('latin1');
      const body = logInfo(shards);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  connection = newConnection(
    `http://127.0.0.1:${port}`,
    { busy: 0 },
    connector(() => undefined),
  );
});
afterEach(() => {
  connection.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

describe('a connection', () => {
  it('is asked and written over as one', async () => {
    expect(await connection.loaded()).toEqual(shards);
    expect((await connection.send(write)).status).toBe(200);
    expect(received).toHaveLength(1);
  });

  it('sends nothing once it has ended, though somebody listens again at its address', async () => {
    await connection.loaded();
    const ended = new Promise((resolve) => connection.onEnd(resolve));
    sockets[0]?.destroy();
    expect(await ended).toBe(true);
    await expect(connection.send(write)).rejects.toThrow(NotSent);
    expect(received.join()).not.toContain('POST');
    expect(sockets).toHaveLength(1);
  });

  it('never becomes another one when it ends while something is sent', async () => {
    await connection.loaded();
    sockets[0]?.destroy();
    const sent = connection.send(write);
    await expect(sent).rejects.toThrow();
    const error: unknown = await sent.catch((caught: unknown) => caught);
    expect(error instanceof NotSent || error instanceof BrokenCall).toBe(true);
    expect(sockets).toHaveLength(1);
  });

  it('says that something may have been sent when it ends before the answer', async () => {
    await connection.loaded();
    sockets[0]?.removeAllListeners('data').on('data', () => sockets[0]?.destroy());
    await expect(connection.send(write)).rejects.toThrow(BrokenCall);
    expect(sockets).toHaveLength(1);
  });

  it('has sent nothing when nobody listens', async () => {
    server.close();
    await expect(connection.send(write)).rejects.toThrow(NotSent);
  });
});
