import { Agent } from 'node:http';
import { connect } from 'node:net';
import { ask, created, rawClient, useStarted, until, WRITE, type Behaviour, type TestGate } from './support';

const started = useStarted();

/** So long that nothing in these tests is closed because it was over. */
const LONG_MS = 60_000;

/** Answers each write only when the test says so. */
function held(): { behave: Behaviour; answerAll: () => void } {
  let answers: (() => void)[] = [];
  return {
    behave: async (seen, response, socket) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await created(seen, response, socket);
    },
    answerAll: () => {
      for (const answer of answers.splice(0)) answer();
      answers = [];
    },
  };
}

const portIsClosed = (url: string): Promise<void> =>
  until(
    'the port is closed',
    () =>
      new Promise((resolve) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          resolve(false);
        });
        socket.once('error', () => resolve(true));
      }),
  );

/** Sends one POST after the other on connections that it keeps, until a new connection is refused. */
async function busyClient(gate: TestGate, name: string): Promise<{ made: number; failures: string[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failures: string[] = [];
  let made = 0;
  try {
    for (;;) {
      const reply = await gate.write(`${name}-${made}`, { agent });
      if (reply.status === 201) made += 1;
      else failures.push(`${name}: ${reply.status}`);
    }
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNREFUSED') failures.push(`${name}: ${code}`);
  } finally {
    agent.destroy();
  }
  return { made, failures };
}

describe('a gate that is told to stop', () => {
  it.each([1, 2, 3, 4, 5])(
    'fails no POST of 16 clients that keep their connections busy (H18), run %i',
    async () => {
      const rekor = await started.rekor((seen, response, socket) => {
        setTimeout(() => void created(seen, response, socket), 10);
      });
      const limits = { stopWithinMs: LONG_MS, stopQuietMs: LONG_MS };
      const gate = await started.gate({ firstInstances: [rekor.url], ...limits });
      const clients = Array.from({ length: 16 }, (_none, index) => busyClient(gate, `client ${index}`));
      await until('all of them are busy', () => rekor.seen.length > 100);
      await gate.gate.close();
      const ends = await Promise.all(clients);
      expect(ends.flatMap(({ failures }) => failures)).toEqual([]);
      expect(ends.reduce((sum, { made }) => sum + made, 0)).toBe(rekor.seen.length);
    },
  );

  it('says with every answer from then on that the connection ends, and ends it', async () => {
    const { behave, answerAll } = held();
    const rekor = await started.rekor(behave);
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: LONG_MS });
    const agent = new Agent({ keepAlive: true });
    const replies = [
      gate.write('passing', { agent }),
      ask(gate.url, { path: '/api/v1/log', agent }),
      ask(gate.url, { method: 'OPTIONS', path: '/api/v1/log', agent }),
    ];
    await until('all are at Rekor', () => rekor.seen.length === 3);
    await gate.hold(1);
    replies.push(gate.write('waiting', { agent }));
    await until('a write waits', async () => (await gate.state()).writesWaiting === 1);

    const closed = gate.gate.close();
    await portIsClosed(gate.url);
    await gate.send(1, rekor.url);
    await until('the held write is at Rekor', () => rekor.seen.length === 4);
    answerAll();
    for (const reply of await Promise.all(replies)) {
      expect([reply.status, reply.headers.connection]).toEqual([201, 'close']);
      expect(reply.headers['keep-alive']).toBeUndefined();
    }
    await closed;
    agent.destroy();
  });

  it('says so with the 503 of a write that has waited for too long, too', async () => {
    const rekor = await started.rekor();
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: LONG_MS, maxWaitMs: 200 });
    await gate.hold(1);
    const agent = new Agent({ keepAlive: true });
    const write = gate.write('waiting', { agent });
    await until('a write waits', async () => (await gate.state()).writesWaiting === 1);
    const closed = gate.gate.close();
    const reply = await write;
    expect([reply.status, reply.headers.connection]).toEqual([503, 'close']);
    await closed;
    agent.destroy();
  });

  it('takes the request that is on its way on a connection that has brought none yet', async () => {
    const rekor = await started.rekor();
    const limits = { stopWithinMs: LONG_MS, stopQuietMs: LONG_MS };
    const gate = await started.gate({ firstInstances: [rekor.url], ...limits });
    const fresh = await rawClient(gate.url);
    const closed = gate.gate.close();
    await portIsClosed(gate.url);
    fresh.socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
    await closed;
    await until('the answer is out', () => fresh.received().includes('Connection: close'));
    expect(fresh.received()).toContain('201 Created');
    fresh.socket.destroy();
  });

  it('resets no connection that was made and not yet taken in', async () => {
    const rekor = await started.rekor();
    const limits = { stopWithinMs: LONG_MS, stopQuietMs: LONG_MS };
    const gate = await started.gate({ firstInstances: [rekor.url], ...limits });
    const clients = await Promise.all(Array.from({ length: 40 }, () => rawClient(gate.url)));
    const closed = gate.gate.close();
    for (const { socket } of clients) socket.write('GET /api/v1/log HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('all are answered', () =>
      clients.every(({ received }) => received().includes('201 Created')),
    );
    for (const { socket } of clients) socket.destroy();
    await closed;
  });

  it('does not break off a request that has begun to arrive, and answers it', async () => {
    const rekor = await started.rekor();
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: LONG_MS, stopQuietMs: 1 });
    const { socket, received } = await rawClient(gate.url);
    socket.write('GET /first HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the first is answered', () => received().includes('201 Created'));
    const idle = await rawClient(gate.url);
    let idleIsClosed = false;
    idle.socket.once('close', () => (idleIsClosed = true)).once('end', () => idle.socket.end());
    const inPart = `POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1`;
    await new Promise<void>((resolve) => socket.write(inPart, () => resolve()));

    const closed = gate.gate.close();
    await until('the quiet connection is closed', () => idleIsClosed);
    socket.write('2');
    await closed;
    await until('the answer is out', () => received().includes('Connection: close'));
    expect(received().match(/201 Created/g)).toHaveLength(2);
    expect(rekor.seen.at(-1)?.body).toBe('12');
    socket.destroy();
  });

  it('answers pipelined requests to the last before it ends their connection', async () => {
    const { behave, answerAll } = held();
    const rekor = await started.rekor(behave);
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: LONG_MS });
    const { socket, received } = await rawClient(gate.url);
    socket.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('both are at Rekor', () => rekor.seen.length === 2);
    const closed = gate.gate.close();
    await portIsClosed(gate.url);
    socket.write('GET /3 HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the third is at Rekor', () => rekor.seen.length === 3);
    answerAll();
    await closed;
    await until('the last answer is out', () => received().includes('Connection: close'));
    expect(received().match(/201 Created/g)).toHaveLength(3);
    socket.destroy();
  });

  it('answers the writes under way, and takes no new connection', async () => {
    const { behave, answerAll } = held();
    const rekor = await started.rekor(behave);
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: LONG_MS });
    const write = gate.write('one');
    await until('the write is at Rekor', () => rekor.seen.length === 1);
    const closed = gate.gate.close();
    await portIsClosed(gate.url);
    await expect(gate.write('two')).rejects.toThrow('ECONNREFUSED');
    answerAll();
    expect((await write).status).toBe(201);
    await closed;
  });

  it('does not wait for ever', async () => {
    const rekor = await started.rekor(() => undefined);
    const gate = await started.gate({ firstInstances: [rekor.url], stopWithinMs: 50 });
    const write = gate.write('one').catch(() => 'broken');
    await until('the write is at Rekor', () => rekor.seen.length === 1);
    await gate.gate.close();
    expect(await write).toBe('broken');
  });
});
