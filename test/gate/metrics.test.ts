import { ask, rawClient, TestClock, TREE_REFUSAL, until, useStarted, WRITE, type TestGate } from './support';

const started = useStarted();

/** Every sample of the page, by its name and labels. */
async function samples(gate: TestGate): Promise<Record<string, number>> {
  const { body } = await ask(gate.gate.adminUrl, { path: '/metrics' });
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.replace('rekor_rotate_gate_', '').split(/ (?=[^ ]*$)/);
      return [name, Number(value)];
    }),
  );
}

const ended = (gate: TestGate, kind: 'read' | 'write', status: string, count: number): Promise<void> =>
  until(
    `${count} ${kind} ended with ${status}`,
    async () => (await samples(gate))[`requests_total{kind="${kind}",status="${status}"}`] === count,
  );

describe('the metrics of the gate', () => {
  it('are told to anybody, in the text format of Prometheus, each with its help and type', async () => {
    const { gate } = await started.both();
    const { status, headers, body } = await ask(gate.gate.adminUrl, { path: '/metrics?format=any' });
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const named = (word: string): string[] =>
      [...body.matchAll(new RegExp(`^# ${word} (\\S+) .+$`, 'gm'))].map(([, name = '']) => name);
    expect(named('HELP')).toEqual(named('TYPE'));
    expect(named('HELP').length).toBeGreaterThan(10);
    expect(named('HELP').filter((name) => !name.startsWith('rekor_rotate_gate_'))).toEqual([]);
  });

  it('are not on the public port, and HEAD is no way around the token elsewhere', async () => {
    const { gate, rekor } = await started.both();
    await ask(gate.url, { path: '/metrics' });
    expect(rekor.seen.map(({ path }) => path)).toEqual(['/metrics']);
    expect((await ask(gate.gate.adminUrl, { path: '/state?/metrics' })).status).toBe(401);
    expect((await ask(gate.gate.adminUrl, { method: 'HEAD', path: '/state' })).status).toBe(401);
  });

  it('have every series from the start, with values that no client can add to', async () => {
    const { gate, rekor } = await started.both();
    const before = Object.keys(await samples(gate));
    expect(before).toContain('requests_total{kind="write",status="5xx"}');
    rekor.behave = (_seen, response) => void response.writeHead(299, 'Odd').end();
    await ask(gate.url, { method: 'PROPFIND', path: '/any?x=1' });
    await ask(gate.url, { path: '/api/v1/log/entries/abc' });
    await gate.write('one');
    await ended(gate, 'read', '2xx', 2);
    await ended(gate, 'write', '2xx', 1);
    expect(Object.keys(await samples(gate))).toEqual(before);
  });

  it('count requests by kind and class, and time each of them', async () => {
    const clock = new TestClock();
    const { gate, rekor } = await started.both({ clock });
    await gate.write('one');
    rekor.behave = (_seen, response) => {
      clock.advance(300);
      response.writeHead(409).end('{}');
    };
    await gate.write('one');
    rekor.behave = (_seen, response) => void response.writeHead(404).end('{}');
    await ask(gate.url, { path: '/api/v1/log/entries/abc' });
    await ended(gate, 'read', '4xx', 1);
    await ended(gate, 'write', '4xx', 1);
    expect(await samples(gate)).toMatchObject({
      'requests_total{kind="write",status="2xx"}': 1,
      'requests_total{kind="write",status="none"}': 0,
      'request_duration_seconds_count{kind="read"}': 1,
      'request_duration_seconds_count{kind="write"}': 2,
      'request_duration_seconds_sum{kind="write"}': 0.3,
      'request_duration_seconds_bucket{le="0.25",kind="write"}': 1,
      'request_duration_seconds_bucket{le="0.5",kind="write"}': 2,
      ...{ writes_accepted_total: 1, writes_failed_total: 0 },
    });
  });

  it('say what is under way, and count a client that left as none', async () => {
    const { gate, rekor } = await started.both();
    rekor.behave = () => undefined;
    const client = await rawClient(gate.url);
    client.socket.write('GET /api/v1/log HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('it is under way', async () => {
      return (await samples(gate))['requests_in_flight{kind="read"}'] === 1;
    });
    client.socket.destroy();
    await ended(gate, 'read', 'none', 1);
    expect((await samples(gate))['requests_in_flight{kind="read"}']).toBe(0);
  });

  it('say the mode, the last order, and what a hold did to writes', async () => {
    const clock = new TestClock();
    const { gate, rekor } = await started.both({ clock });
    await gate.hold(4);
    const late = gate.write('one');
    const left = await rawClient(gate.url);
    left.socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo`);
    await until('both wait', async () => (await samples(gate))['writes_waiting'] === 2);
    clock.advance(1_500);
    expect(await samples(gate)).toMatchObject({
      ...{ 'mode{mode="hold"}': 1, 'mode{mode="pass"}': 0, 'mode{mode="healing"}': 0, order_number: 4 },
      ...{ writes_held_total: 2, writes_in_flight: 0, 'requests_in_flight{kind="write"}': 2 },
      ...{ writes_waiting_bytes: 6, oldest_waiting_seconds: 1.5, uploads: 0 },
    });
    left.socket.destroy();
    await until('it has left', async () => (await samples(gate))['writes_dropped_total'] === 1);
    clock.advance(2_000);
    expect((await late).status).toBe(503);
    expect(await samples(gate)).toMatchObject({ writes_waiting_bytes: 0, oldest_waiting_seconds: 0 });
    expect((await samples(gate))['writes_refused_total{reason="waited"}']).toBe(1);

    clock.advance(60_000);
    await until('it heals', async () => (await samples(gate))['mode{mode="healing"}'] === 1);
    rekor.behave = (_seen, response) => void response.writeHead(500).end(TREE_REFUSAL);
    expect((await gate.write('three')).status).toBe(503);
    expect(await samples(gate)).toMatchObject({
      'writes_refused_total{reason="closed"}': 1,
      // Also the one whose client has left: it was to be written.
      ...{ writes_accepted_total: 0, writes_failed_total: 3 },
    });
  });

  it('count the calls to Rekor that ended without a whole answer, each once for the call', async () => {
    const { gate, rekor } = await started.both();
    rekor.behave = (_seen, response) => void response.destroy();
    expect((await ask(gate.url, { path: '/api/v1/log' })).status).toBe(502);
    expect((await gate.write('one')).status).toBe(502);
    expect(await samples(gate)).toMatchObject({
      // A read is sent once more: its connection may have been one that Rekor was just closing.
      'upstream_errors_total{kind="read"}': 2,
      'upstream_errors_total{kind="write"}': 1,
      'requests_total{kind="read",status="5xx"}': 1,
    });
  });

  it('count a write that no proven Rekor was there for, and one that there was no room for', async () => {
    const clock = new TestClock();
    const { gate, rekor } = await started.both({ clock, bodyInMemoryBytes: 1, spoolSizeBytes: 1 });
    expect((await gate.write('one')).status).toBe(503);
    expect((await samples(gate))['writes_refused_total{reason="no_room"}']).toBe(1);

    const shards = { activeTreeId: '12', inactive: [] };
    await gate.tell({ number: 0, instances: [rekor.url], shards });
    const write = gate.write('');
    await until('it waits', async () => (await samples(gate))['writes_waiting'] === 1);
    clock.advance(3_500);
    expect((await write).status).toBe(503);
    expect(await samples(gate)).toMatchObject({
      ...{ 'writes_refused_total{reason="unproven"}': 1, unproven_instances: 1, writes_failed_total: 2 },
    });
  });
});

describe('the count of writes in the state', () => {
  it('grows with each write that was accepted or failed, and with no other request', async () => {
    const { gate, rekor } = await started.both();
    const since = (await gate.state()).writes?.since;
    await gate.write('one');
    await gate.write('two');
    for (const status of [409, 400, 500, 499]) {
      rekor.behave = (_seen, response) => void response.writeHead(status).end('{}');
      await gate.write('three');
    }
    rekor.behave = (_seen, response) => void response.writeHead(200).end('{}');
    await ask(gate.url, { path: '/api/v1/log' });
    const { callMs, ...writes } = (await gate.state()).writes ?? {};
    // Each of the six calls is one that Rekor has counted, whatever it answered.
    expect(writes).toEqual({ since, accepted: 2, failed: 2, calls: { answered: 6, broken: 0 } });
    expect(callMs).not.toBeNull();
  });

  it('tells a call that broke from one that was answered: Rekor may have counted it, or not', async () => {
    const { gate, rekor } = await started.both();
    rekor.behave = (_seen, response) => void response.destroy();
    await gate.write('one');
    expect((await gate.state()).writes?.calls).toEqual({ answered: 0, broken: 1 });
  });

  it('begins anew with another process, and says so: a restart is no lull', async () => {
    const directory = await started.directory();
    const rekor = await started.rekor();
    const first = await started.gate({ firstInstances: [rekor.url], directory });
    await first.write('one');
    const before = (await first.state()).writes;
    await first.gate.close();
    await until('the clock has gone on', () => new Date().toISOString() !== before?.since);
    const second = await started.gate({ directory });
    const after = (await second.state()).writes;
    expect([before?.accepted, after?.accepted]).toEqual([1, 0]);
    expect(after?.since).not.toBe(before?.since);
    expect(await samples(second)).toMatchObject({
      start_time_seconds: Date.parse(after?.since ?? '') / 1000,
    });
  });
});
