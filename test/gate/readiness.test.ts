import { Agent } from 'node:http';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { READY_PATH as READY } from '../../gate/paths';
import { Readiness } from '../../gate/readiness';
import { ask, rawClient, TestClock, until, useStarted, type Reply, type TestGate } from './support';

const started = useStarted();

const onAdmin = (gate: TestGate, query = ''): Promise<Reply> =>
  ask(gate.gate.adminUrl, { path: `/readyz${query}` });
const forClients = (gate: TestGate, query = ''): Promise<Reply> =>
  ask(gate.url, { path: `${READY}${query}` });

async function isSaved(gate: TestGate): Promise<number> {
  const { body } = await ask(gate.gate.adminUrl, { path: '/metrics' });
  return Number(/^rekor_rotate_gate_state_saved (\d)$/m.exec(body)?.[1]);
}

/** A gate whose state is looked at again when the clock has gone on. */
async function aGate(): Promise<{ gate: TestGate; clock: TestClock; file: string; url: string }> {
  const clock = new TestClock();
  const { rekor, gate } = await started.both({ clock });
  return { gate, clock, file: gate.options.stateFile, url: rekor.url };
}

describe('a gate that knows where to send', () => {
  it('is ready, and says so without a token at both addresses', async () => {
    const { rekor, gate } = await started.both();
    for (const reply of [await onAdmin(gate), await forClients(gate)])
      expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { status: 'ready' }]);
    expect((await ask(gate.gate.adminUrl, { method: 'HEAD', path: '/readyz' })).status).toBe(200);
    const head = await ask(gate.url, { method: 'HEAD', path: READY });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(rekor.seen).toEqual([]);
  });

  it('is ready while it holds, while it heals, and while Rekor does not answer', async () => {
    const { gate, clock, url } = await aGate();
    await gate.hold(1);
    expect((await onAdmin(gate)).status).toBe(200);
    clock.advance(60_000);
    expect((await gate.state()).mode).toBe('healing');
    expect((await onAdmin(gate)).status).toBe(200);
    await gate.send(1, 'http://127.0.0.1:9');
    clock.advance(1_000);
    expect((await onAdmin(gate)).status).toBe(200);
    await gate.send(1, url);
  });

  it('leaves every other request to Rekor', async () => {
    const { rekor, gate } = await started.both();
    const others = ['/readyz', '/healthz', '/ping', `${READY}/`, `/x/..${READY}`, '/Rekor-Rotate/readyz'];
    for (const path of others) await ask(gate.url, { path });
    await ask(gate.url, { method: 'POST', path: READY });
    expect(rekor.seen.map(({ path }) => path)).toEqual([...others, READY]);
  });

  it('is asked for nothing that it does not look at', async () => {
    const { gate } = await started.both();
    for (const query of ['?exclude=disk', '?exclude=']) {
      const replies = [await onAdmin(gate, query), await forClients(gate, query)];
      expect(replies.map(({ status }) => status)).toEqual([400, 400]);
      for (const { body } of replies) expect(body).toContain('exclude can only be \\"state\\"');
    }
  });
});

describe('a gate that does not serve', () => {
  it('is not ready before clients can connect', async () => {
    const readiness = new Readiness({
      stateFault: () => Promise.resolve(null),
      uninformed: () => null,
      clock: new TestClock(),
    });
    expect(await readiness.told({})).toEqual({ status: 503, reason: 'the gate is starting' });
    readiness.begin();
    expect(await readiness.told({})).toEqual({ status: 200, reason: null });
  });

  it('says that it is stopping, also to who asks over a connection that is still open', async () => {
    const rekor = await started.rekor(() => undefined);
    const gate = await started.gate({
      firstInstances: [rekor.url],
      stopWithinMs: 60_000,
      stopQuietMs: 60_000,
    });
    const under = await rawClient(gate.url);
    under.socket.write('GET /api/v1/log HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('a request is under way', () => rekor.seen.length === 1);
    const agent = new Agent({ keepAlive: true });
    expect((await ask(gate.url, { path: READY, agent })).status).toBe(200);

    const closed = gate.gate.close();
    const told = await onAdmin(gate);
    expect([told.status, JSON.parse(told.body)]).toEqual([
      503,
      { status: 'not ready', reason: 'the gate is stopping' },
    ]);
    expect((await onAdmin(gate, '?exclude=state')).status).toBe(503);
    const kept = await ask(gate.url, { path: READY, agent });
    expect([kept.status, kept.headers.connection]).toEqual([503, 'close']);
    under.socket.destroy();
    agent.destroy();
    await closed;
  });
});

describe('a gate whose state is not on its disk', () => {
  it('saves it again where the file has gone, and stays ready', async () => {
    const { gate, clock, file } = await aGate();
    const before = await readFile(file, 'utf8');
    await rm(file);
    clock.advance(1_000);
    expect((await onAdmin(gate)).status).toBe(200);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('is not ready while it cannot save it, says why to who may know, and is ready again when it can', async () => {
    const { gate, clock, file } = await aGate();
    expect([(await onAdmin(gate)).status, await isSaved(gate)]).toEqual([200, 1]);
    await rm(file);
    await mkdir(file);
    clock.advance(1_000);
    const told = await onAdmin(gate);
    expect([told.status, await isSaved(gate)]).toEqual([503, 0]);
    expect((JSON.parse(told.body) as { reason: string }).reason).toMatch(/state file .*gate\.json.*EISDIR/);
    const public_ = await forClients(gate);
    expect([public_.status, JSON.parse(public_.body)]).toEqual([
      503,
      { code: 503, message: 'this gate is not ready' },
    ]);
    // There may be no other gate, and this one knows.
    expect((await onAdmin(gate, '?exclude=state')).status).toBe(200);
    expect((await forClients(gate, '?exclude=state')).status).toBe(200);
    expect((await gate.write('one')).status).toBe(201);

    await rm(file, { recursive: true });
    clock.advance(1_000);
    expect([(await onAdmin(gate)).status, await isSaved(gate)]).toEqual([200, 1]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ mode: 'pass', number: 0 });
  });

  it('tries again after an order that could not be saved, and is ready once that is possible', async () => {
    const { gate, clock, file, url } = await aGate();
    const order = { attemptId: 'r1/1', number: 1, instances: [url] };
    const text = await readFile(file, 'utf8');
    await rm(file);
    await mkdir(file);
    expect((await gate.order('send', order)).refusal.code).toBe('STATE_NOT_SAVED');
    // As it was: nothing is wrong with the file by itself.
    await rm(file, { recursive: true });
    await writeFile(file, text);
    clock.advance(1_000);
    expect((await onAdmin(gate)).status).toBe(200);
    expect(await gate.state()).toMatchObject({ number: 0 });
  });

  it('leaves a file alone that somebody else has written, and says so (H16)', async () => {
    const { gate, clock, file, url } = await aGate();
    const other = JSON.stringify({
      ...{ version: 2, mode: 'pass', instances: [url], attemptId: 'r9/1', number: 9 },
      ...{ shards: null, hold: null },
    });
    await writeFile(file, other);
    clock.advance(1_000);
    const told = await onAdmin(gate);
    expect([told.status, (JSON.parse(told.body) as { reason: string }).reason]).toEqual([
      503,
      `somebody else has written the state file ${file}`,
    ]);
    expect(await readFile(file, 'utf8')).toBe(other);
  });

  it('does not touch the disk for it while writes wait: an order would queue behind that', async () => {
    const { gate, clock, file, url } = await aGate();
    await gate.hold(1);
    await rm(file);
    clock.advance(1_000);
    expect((await onAdmin(gate)).status).toBe(200);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    await gate.send(1, url);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ number: 1, mode: 'pass' });
  });

  it('is looked at once a second, however many ask', async () => {
    const clock = new TestClock();
    let looks = 0;
    const stateFault = (): Promise<string | null> => Promise.resolve(`look ${(looks += 1)}`);
    const readiness = new Readiness({ stateFault, uninformed: () => null, clock });
    readiness.begin();
    const reasons = await Promise.all([readiness.told({}), readiness.told({}), readiness.stateFault()]);
    expect(reasons).toEqual([{ status: 503, reason: 'look 1' }, { status: 503, reason: 'look 1' }, 'look 1']);
    clock.advance(999);
    expect(await readiness.stateFault()).toBe('look 1');
    clock.advance(1);
    expect(await readiness.stateFault()).toBe('look 2');
  });
});
