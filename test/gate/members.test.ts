import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { saveState, type SavedState } from '../../gate/state-file';
import { READY_PATH } from '../../gate/paths';
import { freePort } from '../free-port';
import { aGateState } from './a-gate-state';
import { passing } from './desks';
import { ask, TOKEN, until, useStarted, type FakeRekor, type TestGate } from './support';

const started = useStarted();

const saved = (number: number, { url }: FakeRekor): SavedState =>
  passing(number, [url], { attemptId: `r${number}/1` });

/** Places for two gates of one log, each with a state file of its own. */
async function places() {
  const [current, next] = [await started.rekor(), await started.rekor()];
  const ports = [await freePort(), await freePort()];
  const members = ports.map((port) => `http://127.0.0.1:${port}`);
  const of = async (port = 0) => {
    const stateFile = join(await started.directory(), 'gate.json');
    const options = { members, stateFile, admin: { host: '127.0.0.1', port } };
    return {
      stateFile,
      admin: `http://127.0.0.1:${port}`,
      start: (more: object = {}): Promise<TestGate> => started.gate({ ...options, ...more }),
    };
  };
  return { current, next, one: await of(ports[0]), two: await of(ports[1]) };
}

/** Two gates that serve by the same order. */
async function both(number = 3) {
  const place = await places();
  for (const { stateFile } of [place.one, place.two])
    await saveState(stateFile, saved(number, place.current));
  const [one, two] = await Promise.all([place.one.start(), place.two.start()]);
  return { ...place, gates: { one, two } };
}

const readyAt = async (admin: string): Promise<{ code: number; status: string; reason?: string }> => {
  const { status: code, body } = await ask(admin, { path: '/readyz' });
  return { code, ...(JSON.parse(body) as { status: string }) };
};
const orderOf = (number: number, { url }: FakeRekor) => ({
  attemptId: `r${number}/1`,
  number,
  instances: [url],
});
const metric = async ({ gate }: TestGate): Promise<number> => {
  const { body } = await ask(gate.adminUrl, { path: '/metrics' });
  return Number(/^rekor_rotate_gate_informed (\d)$/m.exec(body)?.[1]);
};
const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
const read = ({ url }: TestGate) => ask(url, { path: '/api/v1/log' });

describe('a gate that starts among others', () => {
  it('serves by the last order of both, where they start together, and saves it', async () => {
    const { one, two, current, next } = await places();
    await saveState(one.stateFile, saved(3, current));
    await saveState(two.stateFile, saved(6, next));
    const gates = await Promise.all([one.start(), two.start()]);
    for (const gate of gates) {
      expect(await gate.state()).toMatchObject({ informed: true, number: 6, instances: [next.url] });
      expect((await gate.write('an entry')).status).toBe(201);
    }
    expect(current.seen).toEqual([]);
    expect(JSON.parse(await readFile(one.stateFile, 'utf8'))).toMatchObject({
      number: 6,
      instances: [next.url],
    });
  });

  it('takes no client before another one has answered, says so, and is waited for no longer than its starter wants', async () => {
    const { one, two, current } = await places();
    await saveState(one.stateFile, saved(3, current));
    await saveState(two.stateFile, saved(3, current));
    const stopped = new AbortController();
    const port = await freePort();
    const start = one.start({ public: { host: '127.0.0.1', port }, signal: stopped.signal });
    await until(
      'it asks',
      async () =>
        (await readyAt(one.admin).catch(() => ({ reason: '' }))).reason?.includes(`${two.admin}: `) === true,
    );
    expect(await readyAt(one.admin)).toMatchObject({ code: 503, status: 'not ready' });
    await expect(ask(`http://127.0.0.1:${port}`, { path: '/' })).rejects.toThrow('ECONNREFUSED');
    stopped.abort(new Error('enough'));
    await expect(start).rejects.toThrow('enough');
    await expect(ask(one.admin, { path: '/healthz' })).rejects.toThrow();

    const [first, second] = await Promise.all([one.start(), two.start()]);
    expect((await first.state()).process).not.toBe((await second.state()).process);
    expect(await readyAt(one.admin)).toEqual({ code: 200, status: 'ready' });
  });

  it('waits for the end of a hold, and then sends where the others do', async () => {
    const { gates, one, next } = await both();
    await gates.one.gate.close();
    await gates.two.hold(4);
    let isOpen = false;
    const starting = one.start().then((gate) => {
      isOpen = true;
      return gate;
    });
    await until(
      'it asks',
      async () =>
        (await readyAt(one.admin).catch(() => ({ reason: '' }))).reason?.includes('order 4, hold') === true,
    );
    await gates.two.order('switch', orderOf(4, next));
    await pause(150);
    expect(isOpen).toBe(false);
    await gates.two.send(4, next.url);
    expect(await (await starting).state()).toMatchObject({ mode: 'pass', number: 4, instances: [next.url] });
  });

  it('is told by an order to send, too, where no other gate is left; by one that lands late it is not', async () => {
    const { one, current, next } = await places();
    await saveState(one.stateFile, saved(3, current));
    const starting = one.start();
    const body = JSON.stringify(orderOf(8, next));
    const put = (kind: 'switch' | 'send') =>
      ask(one.admin, { method: 'PUT', path: `/order/${kind}`, headers, body });
    await until('it answers', () =>
      readyAt(one.admin).then(
        () => true,
        () => false,
      ),
    );
    const late = await put('send');
    expect([late.status, JSON.parse(late.body)]).toMatchObject([409, { code: 'ORDER_ENDED' }]);
    expect([(await put('switch')).status, (await put('send')).status]).toEqual([200, 200]);
    expect(await (await starting).state()).toMatchObject({ informed: true, number: 8, mode: 'pass' });
  });
});

describe('a gate that asks while another one asks it', () => {
  it('goes by no answer that was given before it told how it stands itself', async () => {
    const { current } = await places();
    const [own, other] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
    let tells = true;
    let asked = 0;
    const peer = createServer((_request, response) => {
      void (async () => {
        asked += 1;
        // An order that lands after this one has told would be unknown to whoever goes on by it.
        if (tells) await ask(own ?? '', { path: '/state?peer=another', headers });
        const state = { ...saved(3, current), process: 'another', informed: false };
        response.end(JSON.stringify({ ...aGateState, ...state }));
      })();
    });
    started.later(() => new Promise((resolve) => peer.close(() => resolve())));
    await new Promise<void>((resolve) =>
      peer.listen(Number(new URL(other ?? '').port), '127.0.0.1', resolve),
    );
    const stateFile = join(await started.directory(), 'gate.json');
    await saveState(stateFile, saved(3, current));
    const admin = { host: '127.0.0.1', port: Number(new URL(own ?? '').port) };
    const starting = started.gate({ members: [own ?? '', other ?? ''], stateFile, admin });
    await until('it was answered twice', () => asked > 2);
    expect((await readyAt(own ?? '')).code).toBe(503);
    tells = false;
    expect(await (await starting).state()).toMatchObject({ informed: true, number: 3 });
  });
});

describe('a hold that no order ends', () => {
  it('is over for all gates once each has heard of all others', async () => {
    const { gates, current } = await both();
    await Promise.all([gates.one.hold(4, 300), gates.two.hold(4, 300)]);
    const answers = await Promise.all([gates.one.write('by one'), gates.two.write('by two')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(current.seen.filter(({ method }) => method === 'POST')).toHaveLength(2);
    for (const gate of Object.values(gates))
      expect(await gate.state()).toMatchObject({ mode: 'healing', informed: true, number: 4 });
    expect((await gates.one.order('switch', orderOf(4, current))).status).toBe(200);
  });

  it('cannot be followed by a switch, which would send writes there before the others are switched (H16)', async () => {
    const { gates, current, next } = await both();
    await Promise.all([gates.one.hold(4, 20), gates.two.hold(4, 20)]);
    await until('both heal', async () =>
      (await Promise.all(Object.values(gates).map((gate) => gate.state()))).every(
        ({ mode, informed }) => mode === 'healing' && informed,
      ),
    );
    const { status, refusal } = await gates.one.order('switch', orderOf(4, next));
    expect([status, refusal.code]).toEqual([409, 'ORDER_ENDED']);
    expect((await gates.one.state()).instances).toEqual([current.url]);
  });

  it('goes where one was switched, for both', async () => {
    const { gates, current, next } = await both();
    await Promise.all([gates.one.hold(4, 400), gates.two.hold(4, 400)]);
    expect((await gates.one.order('switch', orderOf(4, next))).status).toBe(200);
    const answers = await Promise.all([gates.one.write('by one'), gates.two.write('by two')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(current.seen.filter(({ method }) => method === 'POST')).toEqual([]);
    expect((await gates.two.state()).instances).toEqual([next.url]);
  });

  it('leaves a gate that hears of no other one serving nobody, until it is switched and sent on', async () => {
    const { gates, one, two, current, next } = await both();
    await gates.two.gate.close();
    await gates.one.hold(4, 20);
    await until('its lease has ended', async () => !(await gates.one.state()).informed);
    // The order to send of that hold lands late: the other gates may have gone back since.
    expect(await gates.one.order('send', orderOf(4, next))).toMatchObject({
      ...{ status: 409, refusal: { code: 'ORDER_ENDED' } },
    });
    const waiting = gates.one.write('an entry');
    const reply = await read(gates.one);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(await readyAt(one.admin)).toMatchObject({ code: 503, status: 'not ready' });
    await until('it has asked', async () => (await readyAt(one.admin)).reason?.includes(two.admin) === true);
    expect((await ask(gates.one.url, { path: READY_PATH })).status).toBe(503);
    expect(await metric(gates.one)).toBe(0);
    expect(current.seen).toEqual([]);

    await gates.one.order('switch', orderOf(5, current));
    await gates.one.send(5, current.url);
    expect((await waiting).status).toBe(201);
    expect((await read(gates.one)).status).not.toBe(503);
    expect(await readyAt(one.admin)).toEqual({ code: 200, status: 'ready' });
    expect(await metric(gates.one)).toBe(1);
  });
});

it('knows itself among the members, under whatever name', async () => {
  const [rekor, port] = [await started.rekor(), await freePort()];
  const members = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  const gate = await started.gate({
    ...{ members, firstInstances: [rekor.url] },
    admin: { host: '127.0.0.1', port },
  });
  expect((await gate.state()).informed).toBe(true);
});
