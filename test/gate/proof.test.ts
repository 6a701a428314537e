import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../simulation/random';
import type { LoadedShards } from '../../workflows/model/shards';
import { logInfo, shardedRekor, type ShardedRekor } from './sharded-rekor';
import { ask, RETRIEVE, type Started, useStarted, TestClock, until, type TestGate } from './support';

const started = useStarted();

const right: LoadedShards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
const wrong: LoadedShards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 0 }] };
/** After a rotation of the log. */
const rotated: LoadedShards = {
  activeTreeId: '13',
  inactive: [...right.inactive, { treeId: '12', length: 7 }],
};

/** A gate before this Rekor that was told what it must have loaded. */
async function gateBefore(
  rekor: { readonly url: string },
  options: Parameters<Started['gate']>[0] = {},
): Promise<TestGate> {
  const gate = await started.gate({ firstInstances: [rekor.url], ...options });
  await gate.tell({ number: 0, instances: [rekor.url], shards: right });
  return gate;
}

const waiting = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} writes wait`, async () => (await gate.state()).writesWaiting === count);

const unproven = async (gate: TestGate): Promise<string> => {
  await until('it is not proven', async () => (await gate.state()).unproven.length > 0);
  return (await gate.state()).unproven[0]?.reason ?? '';
};

describe('a Rekor that was restarted (H10)', () => {
  it('is asked what it loaded before its first write, and once for each connection', async () => {
    const rekor = await shardedRekor(started, right);
    const gate = await gateBefore(rekor);
    for (let count = 0; count < 5; count += 1) expect((await gate.write('one')).status).toBe(201);
    const { seen } = rekor.rekor;
    const connections = (): number => new Set(seen.map(({ connection }) => connection)).size;
    expect([rekor.writes.length, rekor.asked()]).toEqual([5, connections()]);
    const before = rekor.asked();
    rekor.restart(right);
    await until('the next process was asked without a write', () => rekor.asked() > before);
    expect(rekor.writes).toHaveLength(5);
    expect((await gate.write('one')).status).toBe(201);
    expect(rekor.asked()).toBe(connections());
  });

  it('gets no write with another length; its writes wait and go on to the first that is right', async () => {
    const rekor = await shardedRekor(started, right);
    const gate = await gateBefore(rekor);
    await gate.write('before');
    rekor.restart(wrong);
    expect(await unproven(gate)).toBe('it loaded tree 11 with 0 entries, not 42');
    const writes = ['one', 'two', 'three'].map((body) => gate.write(body));
    await waiting(gate, 3);
    expect((await gate.state()).writesInFlight).toBe(0);
    // Reads go on: they are right or wrong by what the process has loaded, and nobody is promised an index by them.
    expect((await ask(gate.url, { path: '/api/v1/log' })).status).toBe(200);
    rekor.restart(right);
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(rekor.writes).toEqual(Array(4).fill(right));
    expect((await gate.state()).unproven).toEqual([]);
  });

  it.each([
    ['another active tree', { ...right, activeTreeId: '13' }, 'its active tree is 13, not 12'],
    ['a shard less', { ...right, inactive: [] }, 'its inactive shards are [], not [11]'],
    ['a shard more', rotated, 'its active tree is 13, not 12; its inactive shards are [11, 12], not [11]'],
  ])('gets no write with %s', async (_what, shards, words) => {
    const rekor = await shardedRekor(started, shards);
    const gate = await gateBefore(rekor, { maxWaitMs: 50 });
    expect((await gate.write('one')).status).toBe(503);
    expect(await unproven(gate)).toBe(words);
    expect(rekor.writes).toEqual([]);
  });

  it.each([
    ['no list of shards', '{"treeID":"12"}'],
    ['a checkpoint without a size', logInfo(right).replace('\\n42\\n', '\\nno\\n')],
    ['nothing that can be read', 'nothing'],
  ])('gets no write when it answers with %s', async (_what, answer) => {
    const rekor = await started.rekor((seen, response) => {
      response.writeHead(200).end(seen.method === 'GET' ? answer : '{}');
    });
    const gate = await gateBefore(rekor, { maxWaitMs: 50 });
    expect((await gate.write('one')).status).toBe(503);
    expect(rekor.seen.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('lets a write wait for maxWait, then says 503 with Retry-After in the shape of Rekor', async () => {
    const clock = new TestClock();
    const rekor = await shardedRekor(started, wrong);
    const gate = await gateBefore(rekor, { clock });
    const write = gate.write('one');
    await waiting(gate, 1);
    clock.advance(3_499);
    expect((await gate.state()).writesWaiting).toBe(1);
    clock.advance(1);
    const reply = await write;
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(reply.body)).toMatchObject({ code: 503, message: expect.any(String) as string });
  });

  it('gets the writes that waited once it answers at all', async () => {
    const rekor = await shardedRekor(started, right);
    const gate = await gateBefore(rekor);
    rekor.rekor.behave = (_seen, _response, socket) => void socket.destroy();
    const write = gate.write('one');
    expect(await unproven(gate)).toMatch(/^no answer: /);
    const again = await shardedRekor(started, right);
    rekor.rekor.behave = again.rekor.behave;
    expect((await write).status).toBe(201);
  });

  it('is looked for every 20 ms while it does not answer, so that writes go on soon after it does', async () => {
    const clock = new TestClock();
    const rekor = await shardedRekor(started, right);
    const gate = await gateBefore(rekor, { clock });
    const answers = rekor.rekor.behave;
    let looked = 0;
    rekor.rekor.behave = (_seen, _response, socket) => {
      looked += 1;
      socket.destroy();
    };
    const write = gate.write('one');
    for (let times = 1; times < 4; times += 1) {
      await until('it is to be looked for in 20 ms', () => looked === times && clock.dueIn() === 20);
      if (times === 3) rekor.rekor.behave = answers;
      clock.advance(20);
    }
    expect((await write).status).toBe(201);
    expect(looked).toBe(3);
  });

  it('forgets a client that leaves while its write waits (H17)', async () => {
    const rekor = await shardedRekor(started, wrong);
    const gate = await gateBefore(rekor);
    const leave = new AbortController();
    const write = gate.write('one', { signal: leave.signal });
    await waiting(gate, 1);
    leave.abort();
    await expect(write).rejects.toThrow();
    await waiting(gate, 0);
    rekor.restart(right);
    expect((await gate.write('two')).status).toBe(201);
    expect(rekor.writes).toHaveLength(1);
  });

  /** Whatever happens between two requests, also between the proof and the write that relies on it. */
  it.each([1, 2, 3, 4])(
    'gets no write with another length, whenever it was restarted (seed %i)',
    async (seed) => {
      const random = new Random(seed);
      const rekor = await shardedRekor(started, right);
      const gate = await gateBefore(rekor);
      let restarts = 0;
      let stopped = false;
      let loaded = right;
      const restart = (): void => {
        restarts += 1;
        loaded = loaded === right && random.chance(0.6) ? wrong : right;
        rekor.restart(loaded);
      };
      rekor.afterAnswer = () => {
        if (stopped || !random.chance(0.3)) return;
        if (random.chance(0.5)) restart();
        else setImmediate(restart);
      };
      let acknowledged = 0;
      const client = async (): Promise<void> => {
        while (!stopped) {
          const reply = await gate.write(`{"n":${acknowledged}}`);
          if (reply.status === 201) acknowledged += 1;
        }
      };
      // Reads pass all the while, so that restarts do not wait for the writes that wait for them.
      const reader = async (): Promise<void> => {
        while (!stopped) {
          await ask(gate.url, { path: '/api/v1/log' }).catch(() => undefined);
          await pause(10);
        }
      };
      const clients = [reader(), ...Array.from({ length: 6 }, client)];
      await until('it was restarted often, and writes went on', () => restarts > 100 && acknowledged > 40);
      stopped = true;
      rekor.restart(right);
      await Promise.all(clients);
      expect(rekor.writes.filter((shards) => shards !== right)).toEqual([]);
    },
  );
});

describe('what the gate proves', () => {
  it('is nothing before it was told anything: it passes', async () => {
    const rekor = await shardedRekor(started, wrong);
    const gate = await started.gate({ firstInstances: [rekor.url] });
    expect((await gate.write('one')).status).toBe(201);
    expect([rekor.asked(), (await gate.state()).shards]).toEqual([0, null]);
  });

  it('is asked of each of several processes behind one address', async () => {
    const [one, other] = [await shardedRekor(started, right), await shardedRekor(started, wrong)];
    const url = await inTurn([one.rekor.url, other.rekor.url]);
    const gate = await gateBefore({ url });
    const replies = await Promise.all(Array.from({ length: 40 }, () => gate.write('one')));
    expect(replies.every(({ status }) => status === 201)).toBe(true);
    expect([one.writes.length, other.writes.length]).toEqual([40, 0]);
    expect(other.asked()).toBeGreaterThan(0);
  });

  /** A write was held and is to go to a next Rekor that has not loaded what it should. */
  async function exposedTooEarly() {
    const current = await shardedRekor(started, right);
    const next = await shardedRekor(started, wrong);
    const gate = await gateBefore(current);
    await gate.hold(1);
    const held = gate.write('one');
    await waiting(gate, 1);
    await gate.send(1, next.url, rotated);
    return { current, next, gate, held };
  }

  it('comes with the order to send: held writes go only to a next Rekor that has loaded it', async () => {
    const { current, next, gate, held } = await exposedTooEarly();
    expect(await unproven(gate)).toMatch(/its active tree is 12, not 13/);
    next.restart(rotated);
    expect((await held).status).toBe(201);
    expect([current.writes, next.writes]).toEqual([[], [rotated]]);
  });

  it('is the former again when the exposure is taken back; what waits goes there', async () => {
    const { current, next, gate, held } = await exposedTooEarly();
    await unproven(gate);
    await gate.send(2, current.url, right);
    expect((await held).status).toBe(201);
    expect([current.writes, next.writes]).toEqual([[right], []]);
  });

  it('lets a hold begin at once: what waits for a proof is not in flight, and waits in the hold', async () => {
    const current = await shardedRekor(started, wrong);
    const next = await shardedRekor(started, rotated);
    const gate = await gateBefore(current);
    const write = gate.write('one');
    await waiting(gate, 1);
    expect(await gate.hold(1)).toMatchObject({ writesInFlight: 0, writesWaiting: 1 });
    await gate.send(1, next.url, rotated);
    expect((await write).status).toBe(201);
    expect(current.writes).toEqual([]);
  });

  /** A write whose call broke under a hold, and whose entry a next Rekor finds that has not loaded what it should. */
  async function broken(found: ShardedRekor['onWrite']) {
    const current = await shardedRekor(started, right);
    const next = await shardedRekor(started, wrong);
    let breakOff: () => void = () => undefined;
    current.onWrite = (_seen, _response, socket) => void (breakOff = () => socket.destroy());
    next.onWrite = found;
    const gate = await gateBefore(current);
    const write = gate.write('{"kind":"hashedrekord"}');
    await until('it is at Rekor', () => current.writes.length === 1);
    await gate.hold(1);
    breakOff();
    await waiting(gate, 1);
    await gate.send(1, next.url, rotated);
    await unproven(gate);
    return { next, write };
  }

  it('holds for a write that is sent once more, too (H13)', async () => {
    const { next, write } = await broken(
      (seen, response) => void response.writeHead(seen.path === RETRIEVE ? 200 : 201).end('[]'),
    );
    expect(next.writes).toEqual([]);
    next.restart(rotated);
    expect((await write).status).toBe(201);
    expect(next.writes).toEqual([rotated, rotated]);
  });

  it('holds for a look at what became of a write, whose index is acknowledged (H10, H13)', async () => {
    const entry = 'ab'.repeat(40);
    const { next, write } = await broken((_seen, response) => {
      const logIndex = next.writes.at(-1) === rotated ? 47 : 5;
      response.writeHead(200).end(JSON.stringify([{ [entry]: { logIndex } }]));
    });
    next.restart(rotated);
    const { status, body } = await write;
    expect([status, JSON.parse(body)]).toEqual([201, { [entry]: { logIndex: 47 } }]);
    expect(next.writes).toEqual([rotated]);
  });

  /** A write that broke under a hold, while the next Rekor is looking it up. */
  async function lookedUp() {
    const current = await shardedRekor(started, right);
    const next = await shardedRekor(started, rotated);
    let breakOff: () => void = () => undefined;
    current.onWrite = (_seen, _response, socket) => void (breakOff = () => socket.destroy());
    let found: () => void = () => undefined;
    next.onWrite = (_seen, response) =>
      void (found = () => response.writeHead(200, { Connection: 'close' }).end('[]'));
    const gate = await gateBefore(current, { clock: new TestClock() });
    const write = gate.write('{"kind":"hashedrekord"}');
    await until('it is at Rekor', () => current.writes.length === 1);
    await gate.hold(1);
    breakOff();
    await waiting(gate, 1);
    await gate.send(1, next.url, rotated);
    await until('it is looked up', () => next.writes.length === 1);
    return { next, gate, write, found };
  }

  it('is not waited for under a hold by a write that was looked up, for the hold waits for that', async () => {
    const { next, gate, write, found } = await lookedUp();
    expect(await gate.hold(2)).toMatchObject({ writesInFlight: 1, writesWaiting: 0 });
    found();
    next.restart(wrong);
    await until('none is in flight', async () => (await gate.state()).writesInFlight === 0);
    expect((await write).status).toBe(502);
    expect(next.writes).toEqual([rotated]);
  });

  it('is waited for by a write that was looked up, also when other shards are told meanwhile', async () => {
    const { next, gate, write, found } = await lookedUp();
    found();
    next.restart(wrong);
    await waiting(gate, 1);
    await gate.tell({ number: 1, instances: [next.url], shards: wrong });
    next.onWrite = (_seen, response) => void response.writeHead(201).end('{}');
    expect((await write).status).toBe(201);
    expect(next.writes).toEqual([rotated, wrong]);
  });

  /** Writes are held, and the gate was told where to. */
  async function announced(loaded: LoadedShards, options: Parameters<Started['gate']>[0] = {}) {
    const current = await shardedRekor(started, right);
    const next = await shardedRekor(started, loaded);
    const gate = await gateBefore(current, options);
    await gate.hold(1);
    const held = ['one', 'two', 'three'].map((body) => gate.write(body));
    await waiting(gate, 3);
    await gate.tellNext({ number: 1, instances: [next.url], shards: rotated });
    return { current, next, gate, held };
  }

  it('is asked before the hold ends, for each write that waits, and of nobody again after it', async () => {
    const { next, gate, held } = await announced(rotated);
    await until('a connection for each was proven', () => next.asked() === 3);
    expect([await gate.state(), next.writes]).toMatchObject([{ mode: 'hold', writesWaiting: 3 }, []]);
    await gate.send(1, next.url, rotated);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(next.asked()).toBe(3);
  });

  it('is asked again of a next Rekor that was restarted between that and the end of the hold', async () => {
    const { next, gate, held } = await announced(rotated);
    await until('a connection for each was proven', () => next.asked() === 3);
    next.restart(wrong);
    await gate.send(1, next.url, rotated);
    expect(await unproven(gate)).toMatch(/its active tree is 12, not 13/);
    expect(next.writes).toEqual([]);
    next.restart(rotated);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(next.writes).toEqual([rotated, rotated, rotated]);
  });

  it('is that of the order to send, if it is another than was announced', async () => {
    const { current, next, gate, held } = await announced(rotated);
    await gate.send(2, current.url, right);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect([current.writes.length, next.writes]).toEqual([3, []]);
    await until('no connection is left to it', () => next.rekor.open() === 0);
  });

  it('is not asked any more of what was announced when the lease has ended', async () => {
    const clock = new TestClock();
    const { current, next, gate, held } = await announced(wrong, { clock, maxWaitMs: 120_000 });
    await until('it was asked', () => next.asked() === 3);
    clock.advance(60_000);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201, 201]);
    await until('no connection is left to it', () => next.rekor.open() === 0);
    const asked = next.asked();
    clock.advance(1_000);
    await gate.write('one more');
    expect([next.asked(), current.writes.length]).toEqual([asked, 4]);
  });

  it('is not announced by who is late, or to a gate that holds nothing', async () => {
    const { gate, held, current, next } = await announced(rotated);
    const notice = { number: 1, instances: [next.url], shards: rotated };
    await expect(gate.tellNext({ ...notice, number: 0 })).rejects.toThrow(/409 NOTICE_OUTDATED/);
    await expect(gate.tellNext({ ...notice, shards: null })).rejects.toThrow(/400 ORDER_INVALID shards/);
    await gate.send(2, current.url, right);
    await Promise.all(held);
    await expect(gate.tellNext({ ...notice, number: 2 })).rejects.toThrow(/409 NOTICE_OUTDATED/);
    expect((await gate.state()).shards).toEqual(right);
  });

  it('survives the gate', async () => {
    const rekor = await shardedRekor(started, wrong);
    const gate = await gateBefore(rekor);
    const left = join(await started.directory(), 'left.json');
    await writeFile(left, await readFile(gate.options.stateFile));
    const again = await started.gate({ stateFile: left, maxWaitMs: 50 });
    expect((await again.state()).shards).toEqual(right);
    expect((await again.write('one')).status).toBe(503);
    expect(rekor.writes).toEqual([]);
  });

  it('can be taken back by a person, who has put right something that the gate cannot know', async () => {
    const rekor = await shardedRekor(started, wrong);
    const gate = await gateBefore(rekor);
    const write = gate.write('one');
    await waiting(gate, 1);
    await gate.tell({ number: 0, instances: [rekor.url], shards: null });
    expect((await write).status).toBe(201);
    expect(await gate.state()).toMatchObject({ shards: null, unproven: [] });
  });

  it('is not told anew by who has looked before an order, nor in words that are none', async () => {
    const rekor = await shardedRekor(started, right);
    const gate = await gateBefore(rekor);
    await gate.send(3, rekor.url, rotated);
    const late = { number: 0, instances: [rekor.url], shards: right };
    await expect(gate.tell(late)).rejects.toThrow(/409 NOTICE_OUTDATED/);
    await expect(gate.tell({ ...late, number: 3, instances: ['http://127.0.0.1:9'] })).rejects.toThrow(/409/);
    const number = 6826284441047791000;
    await expect(gate.tell({ ...late, shards: { activeTreeId: number, inactive: [] } })).rejects.toThrow(
      /400 ORDER_INVALID shards.activeTreeId/,
    );
    expect((await gate.state()).shards).toEqual(rotated);
  });
});

/** An address that leads each new connection to another one of these. */
async function inTurn(urls: readonly string[]): Promise<string> {
  let count = 0;
  const server = createServer((socket) => {
    const { hostname, port } = new URL(urls[count++ % urls.length] ?? '');
    const onward = connect(Number(port), hostname);
    socket.pipe(onward).pipe(socket);
    for (const [from, to] of [[socket, onward] as const, [onward, socket] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  started.later(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
