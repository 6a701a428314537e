import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { Connections } from '../../gate/connections';
import { handOver, type HandOverLimits, type HandOverParts } from '../../gate/handing-over';
import { Hold, type Pass, type WaitingWrite } from '../../gate/hold';
import { WriteCounts } from '../../gate/write-counts';
import { rawClient, TestClock, until, useStarted } from './support';

const started = useStarted();

/** So long that nothing in these tests happens because it was over. */
const LONG_MS = 60_000;

const SELF = 'http://127.0.0.1:3000';
const REKOR = 'http://127.0.0.1:3001';
const NEXT = 'http://127.0.0.1:3002';
const aWrite: WaitingWrite = {
  arrivedAt: 0,
  client: { gone: false, onGone: () => () => undefined },
  streamed: false,
  keptBytes: 0,
};

interface Scene {
  readonly hold: Hold;
  readonly server: Server;
  /** One that a client has opened, and on which nothing has come. */
  readonly client: Socket;
  readonly lock: { standbys: number };
  /** What the gate has done, each in a few words. */
  readonly done: readonly string[];
  readonly handOver: (limits?: Partial<HandOverLimits>) => Promise<void>;
}

/** A gate with one connection, of which this shows what it does to its other parts. */
async function scene(given: { standbys: number; maxWaitMs?: number }): Promise<Scene> {
  const { standbys, maxWaitMs = LONG_MS } = given;
  const done: string[] = [];
  const hold = new Hold({
    ...{ clock: new TestClock(), maxWaitMs, instances: [REKOR], mode: 'pass', informed: true, figures: null },
    counts: new WriteCounts(),
  });
  const server = createServer();
  const connections = new Connections(server);
  const lock = {
    ...{ standbys, wasInformed: false },
    release: (informed: boolean) =>
      done.push(informed ? 'gives up the lock' : 'gives up the lock uninformed'),
  };
  const parts: HandOverParts = {
    ...{ server, connections, hold, publicUrl: SELF, lock, log: pino({ level: 'silent' }) },
    lines: {
      aim: (instances, shards) =>
        done.push(`aims at ${instances.join()}${shards === null ? ', proven or not' : ''}`),
    },
    desk: {
      leave: (evenInHold) => {
        if (hold.mode === 'hold' && evenInHold !== true) return Promise.resolve(false);
        done.push('takes no orders');
        return Promise.resolve(true);
      },
    },
    closeAdmin: () => {
      done.push('closes admin');
      return Promise.resolve();
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { socket } = await rawClient(`http://127.0.0.1:${port}`);
  started.later(() => {
    socket.destroy();
    server.close();
    return Promise.resolve();
  });
  await until('its connection is known', () => connections.size === 1);
  return {
    ...{ hold, server, client: socket, lock, done },
    handOver: (limits) =>
      handOver(parts, { withinMs: LONG_MS, quietMs: LONG_MS, callsWithinMs: LONG_MS, ...limits }),
  };
}

async function passOf(hold: Hold): Promise<Pass> {
  const verdict = await hold.admit(aWrite);
  if (verdict.kind !== 'go') throw new Error(verdict.kind);
  return verdict.pass;
}

const STOPPED = ['takes no orders', 'closes admin'];
const HANDED_OVER = [...STOPPED, `aims at ${SELF}, proven or not`, 'gives up the lock'];

describe('a gate that hands over', () => {
  it('does so once its calls of writes have ended, and sends what comes later to its successor (H16)', async () => {
    const { hold, server, client, done, handOver } = await scene({ standbys: 1 });
    const call = await passOf(hold);
    const ended = handOver();
    await until('it has stopped', () => done.length === STOPPED.length);
    await pause(50);
    expect(done).toEqual(STOPPED);
    expect(server.listening).toBe(false);
    const another = await passOf(hold);
    expect(another.instances).toEqual([REKOR]);
    call.end();
    await pause(50);
    expect(done).toEqual(STOPPED);

    another.end();
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    expect(done).toEqual(HANDED_OVER);
    const later = await passOf(hold);
    expect(later.instances).toEqual([SELF]);
    later.end();
    client.destroy();
    await ended;
  });

  it('serves on while writes are held', async () => {
    const { hold, server, client, done, handOver } = await scene({ standbys: 1 });
    hold.begin(1, LONG_MS, () => undefined);
    const ended = handOver();
    const write = hold.admit(aWrite);
    await pause(50);
    expect(done).toEqual([]);
    expect(server.listening).toBe(true);
    hold.send([NEXT]);
    const verdict = await write;
    if (verdict.kind !== 'go') throw new Error(verdict.kind);
    expect(verdict.pass.instances).toEqual([NEXT]);
    verdict.pass.end();
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    client.destroy();
    await ended;
  });

  it('waits no longer for the end of a hold than a write does, and sends what is held to its successor', async () => {
    const { hold, client, done, handOver } = await scene({ standbys: 1, maxWaitMs: 50 });
    hold.begin(1, LONG_MS, () => undefined);
    const write = hold.admit(aWrite);
    const ended = handOver();
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    const verdict = await write;
    if (verdict.kind !== 'go') throw new Error(verdict.kind);
    expect(verdict.pass.instances).toEqual([SELF]);
    // For other gates the hold may go on: its successor must ask them first.
    expect(done.at(-1)).toBe('gives up the lock uninformed');
    verdict.pass.end();
    client.destroy();
    await ended;
  });

  it('waits no longer than it may for a call, which ends by itself', async () => {
    const { hold, client, done, handOver } = await scene({ standbys: 1 });
    const call = await passOf(hold);
    let hasEnded = false;
    const ended = handOver({ callsWithinMs: 20 }).then(() => (hasEnded = true));
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    client.destroy();
    await pause(50);
    expect(hasEnded).toBe(false);
    call.end();
    await ended;
  });

  it('keeps a quiet connection for its successor, on which a request may be on its way (H18)', async () => {
    const { client, done, handOver } = await scene({ standbys: 1 });
    let isClosed = false;
    client.once('close', () => (isClosed = true)).once('end', () => client.end());
    const ended = handOver({ quietMs: 1 });
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    await pause(50);
    expect(isClosed).toBe(false);
    client.destroy();
    await ended;
  });
});

describe('a gate that stops and has no successor', () => {
  it('keeps the lock until all is answered, and closes a quiet connection', async () => {
    const { hold, client, done, handOver } = await scene({ standbys: 0 });
    client.once('end', () => client.end());
    const call = await passOf(hold);
    let hasEnded = false;
    const ended = handOver({ quietMs: 1 }).then(() => (hasEnded = true));
    await until('it has stopped', () => done.length === STOPPED.length);
    const another = await passOf(hold);
    expect(another.instances).toEqual([REKOR]);
    call.end();
    await pause(50);
    expect(hasEnded).toBe(false);
    another.end();
    await ended;
    expect(done).toEqual([...STOPPED, 'gives up the lock']);
  });

  it('hands over to one that comes while it stops', async () => {
    const { client, lock, done, handOver } = await scene({ standbys: 0 });
    const ended = handOver();
    await until('it has stopped', () => done.length === STOPPED.length);
    await pause(50);
    expect(done).toEqual(STOPPED);
    lock.standbys = 1;
    await until('it has handed over', () => done.length === HANDED_OVER.length);
    client.destroy();
    await ended;
  });
});
