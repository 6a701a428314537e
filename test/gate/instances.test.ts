import type { ServerResponse } from 'node:http';
import { Upstreams, type Asked } from '../../gate/upstreams';
import type { LoadedShards } from '../../workflows/model/shards';
import { shardedRekor } from './sharded-rekor';
import {
  ask,
  created,
  RETRIEVE,
  useStarted,
  TestClock,
  TREE_REFUSAL,
  until,
  type FakeRekor,
} from './support';

const started = useStarted();

const shards: LoadedShards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
const others: LoadedShards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 0 }] };

const read = { path: '/api/v1/log/entries?logIndex=1' };

/** A Rekor that keeps what it is asked until it is told to answer. */
async function slowRekor(): Promise<FakeRekor & { answer(): void }> {
  const waiting: (() => void)[] = [];
  const rekor = await started.rekor(
    (seen, response) => void waiting.push(() => void created(seen, response, response.req.socket)),
  );
  return Object.assign(rekor, { answer: () => waiting.splice(0).forEach((each) => each()) });
}

const three = async <Rekor>(make: () => Promise<Rekor>): Promise<[Rekor, Rekor, Rekor]> => [
  await make(),
  await make(),
  await make(),
];

const urls = (rekors: readonly { readonly url: string }[]): string[] => rekors.map(({ url }) => url);

/** Answers `GET` as Rekor does, so that it makes no difference which one was asked. */
const healthy = (): Promise<FakeRekor> => started.rekor();

/** Ends every connection of a Rekor, and takes no new one. */
async function dies(rekor: FakeRekor): Promise<void> {
  await rekor.close();
}

describe('several instances', () => {
  it.each(['reads', 'writes'])('%s go to the one with the fewest requests in flight', async (what) => {
    const rekors = await three(slowRekor);
    const gate = await started.gate({ firstInstances: urls(rekors) });
    let answered = 0;
    const request = () =>
      (what === 'reads' ? ask(gate.url, read) : gate.write('one')).finally(() => (answered += 1));
    const all = [request()];
    const inFlight = (): number => rekors.reduce((sum, { seen }) => sum + seen.length, 0);
    for (let sent = 1; sent <= 6; sent += 1) {
      await until('it is at Rekor', () => inFlight() === sent);
      if (sent < 6) all.push(request());
    }
    expect(rekors.map(({ seen }) => seen.length)).toEqual([2, 2, 2]);
    const [first] = rekors;
    first.answer();
    await until('two are answered', () => answered >= 2);
    for (let more = 1; more <= 2; more += 1) {
      all.push(request());
      await until('it went to the idle one', () => first.seen.length === 2 + more);
    }
    rekors.forEach((rekor) => rekor.answer());
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(8).fill(201));
  });

  it('leave out one whose connection broke, fail nobody that can be asked again, and try it again later', async () => {
    const clock = new TestClock();
    const [one, two, gone] = await three(healthy);
    const gate = await started.gate({ firstInstances: urls([one, two, gone]), clock });
    await dies(gone);
    for (let sent = 0; sent < 9; sent += 1) {
      expect((await ask(gate.url, read)).status).toBe(201);
      expect((await gate.write(`${sent}`)).status).toBe(201);
      const search = await ask(gate.url, { method: 'POST', path: RETRIEVE, body: `entries of ${sent}` });
      expect([search.status, JSON.parse(search.body)]).toEqual([
        201,
        { [`entries of ${sent}`]: { logIndex: 1 } },
      ]);
      clock.advance(2_000);
    }
    expect(one.seen.length + two.seen.length).toBe(27);
    // All are asked for want of a better one when all are left out.
    await dies(one);
    await dies(two);
    expect((await ask(gate.url, read)).status).toBe(502);
    expect((await gate.write('none is left')).status).toBe(502);
    const back = await started.rekor(created, {}, Number(new URL(gone.url).port));
    clock.advance(5_000);
    expect((await ask(gate.url, read)).status).toBe(201);
    expect(back.seen).toHaveLength(1);
  });

  it('are forgotten with their connections when they are in the set no more, once their calls have ended', async () => {
    const slow = await slowRekor();
    const gate = await started.gate({ firstInstances: [slow.url] });
    const last = ask(gate.url, read);
    await until('it is at Rekor', () => slow.seen.length === 1);
    const pods: FakeRekor[] = [];
    for (let number = 1; number <= 10; number += 1) {
      pods.push(await healthy());
      await gate.send(number, urls(pods.slice(-2)));
      await Promise.all([1, 2, 3, 4].map(() => ask(gate.url, read)));
    }
    await until('only the last two have connections', () =>
      pods.every((pod, at) => (at >= 8 ? true : pod.open() === 0)),
    );
    expect(slow.open()).toBe(1);
    slow.answer();
    expect((await last).status).toBe(201);
    await until('nobody is connected to the first any more', () => slow.open() === 0);
  });

  it('are known no longer than that, however many there have been', async () => {
    const ends: (() => void)[] = [];
    const open = (url: string): Asked => ({
      ...{ url, busy: 0, passOn: () => Promise.resolve(), destroy: () => Promise.resolve() },
      ask: () => Promise.reject(new Error('nobody asks')),
      close: () => new Promise<void>((resolve) => void ends.push(resolve)),
    });
    const upstreams = new Upstreams({ open, clock: new TestClock() });
    for (let pod = 0; pod < 100; pod += 1) {
      upstreams.pick([`http://10.0.0.${pod}`, 'http://10.0.1.1']);
      upstreams.of(`http://10.0.0.${pod}`);
      upstreams.keep([`http://10.0.0.${pod}`, 'http://10.0.1.1']);
      ends.splice(0).forEach((end) => end());
    }
    await until('the others are forgotten', () => upstreams.size === 2);
  });

  it('get the writes that were held, each of them once, and what broke under the hold is looked up there (H13)', async () => {
    let end: () => void = () => undefined;
    const current = await started.rekor((_seen, response: ServerResponse) => {
      end = () => void response.writeHead(500).end(TREE_REFUSAL);
    });
    const next = await three(() =>
      started.rekor((seen, response, socket) =>
        seen.path === RETRIEVE
          ? void response.writeHead(200).end(JSON.stringify([{ e1: { logIndex: 5 } }]))
          : created(seen, response, socket),
      ),
    );
    const gate = await started.gate({ firstInstances: [current.url] });
    const broken = gate.write('{"n":1}');
    await until('it is at Rekor', () => current.seen.length === 1);
    await gate.hold(1);
    end();
    const held = Array.from({ length: 9 }, (_, at) => gate.write(`${at}`));
    await until('all wait', async () => (await gate.state()).writesWaiting === 10);
    await gate.send(1, urls(next));
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(9).fill(201));
    expect(JSON.parse((await broken).body)).toEqual({ e1: { logIndex: 5 } });
    const seen = next.flatMap((rekor) => rekor.seen);
    const writes = seen.filter(({ path }) => path !== RETRIEVE).map(({ body }) => body);
    expect(writes.sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect(seen.filter(({ path }) => path === RETRIEVE)).toHaveLength(1);
    expect((await gate.state()).hold).toMatchObject({ held: 9, resent: 1, refused: 0 });
  });

  it('are each proven before they get a write, and one that is not is named and left out (H10)', async () => {
    const [one, two, wrong] = await three(() => shardedRekor(started, shards));
    wrong.restart(others);
    const gate = await started.gate({ firstInstances: urls([one, two, wrong]) });
    await gate.tell({ number: 0, instances: urls([wrong, one, two]), shards });
    const wave = () => Promise.all(Array.from({ length: 12 }, (_, at) => gate.write(`${at}`)));
    expect((await wave()).map(({ status }) => status)).toEqual(Array(12).fill(201));
    expect(wrong.writes).toEqual([]);
    expect((await gate.state()).unproven).toEqual([
      { instance: wrong.url, reason: 'it loaded tree 11 with 0 entries, not 42' },
    ]);
    wrong.restart(shards);
    await until('it is proven', async () => (await gate.state()).unproven.length === 0);
    expect((await wave()).map(({ status }) => status)).toEqual(Array(12).fill(201));
    await until('it gets writes', async () => (await wave()).length > 0 && wrong.writes.length > 0);
    expect(wrong.writes).not.toContain(others);
  });

  it('that stay are not asked again what they have loaded when another one comes or goes', async () => {
    const [one, two, more] = await three(() => shardedRekor(started, shards));
    const gate = await started.gate({ firstInstances: urls([one, two]) });
    await gate.send(1, urls([one, two]), shards);
    expect((await gate.write('first')).status).toBe(201);
    const asked = one.asked() + two.asked();
    await gate.send(2, urls([one, two, more]), shards);
    expect((await gate.write('second')).status).toBe(201);
    await gate.send(3, urls([two, one]), shards);
    expect((await gate.write('third')).status).toBe(201);
    expect(one.asked() + two.asked()).toBe(asked);
  });

  it('are announced together, and each is asked before the hold ends', async () => {
    const current = await shardedRekor(started, shards);
    const next = await three(() => shardedRekor(started, others));
    const gate = await started.gate({ firstInstances: [current.url] });
    await gate.tell({ number: 0, instances: [current.url], shards });
    await gate.hold(1);
    const held = Array.from({ length: 6 }, (_, at) => gate.write(`${at}`));
    await until('all wait', async () => (await gate.state()).writesWaiting === 6);
    await gate.tellNext({ number: 1, instances: urls(next), shards: others });
    await until('two connections to each are proven', () => next.every(({ asked }) => asked() === 2));
    await gate.send(1, urls(next), others);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(next.map(({ asked, writes }) => [asked(), writes.length])).toEqual(Array(3).fill([2, 2]));
  });
});

describe('the order to switch', () => {
  it('moves reads at once, and writes only when they do not wait (H16)', async () => {
    const current = await healthy();
    const next = await three(healthy);
    const gate = await started.gate({ firstInstances: [current.url] });
    await gate.hold(1);
    const held = gate.write('held');
    await until('it waits', async () => (await gate.state()).writesWaiting === 1);
    const order = { attemptId: 'r1/1', number: 1, instances: urls(next) };
    expect(await gate.order('switch', order)).toMatchObject({ status: 200, state: { mode: 'hold' } });
    expect((await ask(gate.url, read)).status).toBe(201);
    expect(next.flatMap(({ seen }) => seen).map(({ method }) => method)).toEqual(['GET']);
    expect(await gate.state()).toMatchObject({ mode: 'hold', writesWaiting: 1 });
    await gate.send(1, urls(next));
    expect((await held).status).toBe(201);
    // In pass mode there is nothing that could wait.
    await gate.order('switch', { ...order, number: 2, instances: [current.url] });
    expect((await gate.write('after')).status).toBe(201);
    expect(current.seen.map(({ body }) => body)).toEqual(['after']);
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 2 });
    const late = await gate.order('switch', { ...order, number: 1 });
    expect(late.refusal.code).toBe('ORDER_TOO_LOW');
  });
});
