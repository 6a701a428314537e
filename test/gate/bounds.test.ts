import {
  ask,
  created,
  rawClient,
  TestClock,
  until,
  useStarted,
  WRITE,
  type Reply,
  type TestGate,
} from './support';

const started = useStarted();

const waiting = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} writes wait`, async () => (await gate.state()).writesWaiting === count);

/** The value of one sample of the metrics, by its name and labels. */
async function metric(gate: TestGate, sample: string): Promise<number> {
  const { body } = await ask(gate.gate.adminUrl, { path: '/metrics' });
  const line = body.split('\n').find((each) => each.startsWith(`rekor_rotate_gate_${sample} `));
  return Number(line?.split(' ').at(-1));
}

const comeAgain = ({ status, headers }: Reply): unknown => [status, headers['retry-after']];

/** A client that has sent the first half of a body. */
async function slowUpload(
  gate: TestGate,
): Promise<{ end: () => void; leave: () => void; received: () => string }> {
  const { socket, received } = await rawClient(gate.url);
  socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab`);
  return { end: () => socket.write('cd'), leave: () => socket.destroy(), received };
}

const uploads = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} bodies come in`, async () => (await metric(gate, 'uploads')) === count);

describe('the number of writes that wait', () => {
  it('is bounded: those that wait keep their place, and the newest get 503 with Retry-After at once', async () => {
    const { rekor, gate } = await started.both({ maxWaiting: 3, clock: new TestClock() });
    await gate.hold(1);
    const held = ['one', 'two', 'three'].map((body) => gate.write(body));
    await waiting(gate, 3);
    expect(comeAgain(await gate.write('four'))).toEqual([503, '1']);
    expect(comeAgain(await gate.write('five'))).toEqual([503, '1']);
    expect((await gate.state()).hold).toMatchObject({ held: 3, refused: 2, turnedAway: 2 });
    expect(await metric(gate, 'writes_refused_total{reason="too_many_waiting"}')).toBe(2);

    await gate.send(1, rekor.url);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await gate.write('six')).status).toBe(201);
    expect(rekor.seen.map(({ body }) => body).sort()).toEqual(['one', 'six', 'three', 'two']);
  });

  it('has a place again for each that was sent on or has left', async () => {
    const { gate } = await started.both({ maxWaiting: 1, clock: new TestClock() });
    await gate.hold(1);
    const first = await rawClient(gate.url);
    first.socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none`);
    await waiting(gate, 1);
    expect((await gate.write('two')).status).toBe(503);
    first.socket.destroy();
    await waiting(gate, 0);
    const third = gate.write('three');
    await waiting(gate, 1);
    await gate.send(1, gate.options.firstInstances ?? []);
    expect((await third).status).toBe(201);
  });

  it('bounds nobody while nobody waits', async () => {
    const answers: (() => void)[] = [];
    const rekor = await started.rekor(async (seen, response, socket) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await created(seen, response, socket);
    });
    const gate = await started.gate({ firstInstances: [rekor.url], maxWaiting: 1 });
    const writes = ['one', 'two', 'three'].map((body) => gate.write(body));
    await until('all are at Rekor', () => answers.length === 3);
    for (const answer of answers) answer();
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it('leaves its place to a write that broke under the hold, however many wait (H13)', async () => {
    const { rekor, gate } = await started.both({ maxWaiting: 1, clock: new TestClock() });
    let breakIt = (): void => undefined;
    rekor.behave = (_seen, response) => void (breakIt = () => response.destroy());
    const first = gate.write('{"first": 1}');
    await until('it is at Rekor', () => rekor.seen.length === 1);
    await gate.hold(1);
    const second = gate.write('second');
    await waiting(gate, 1);
    breakIt();
    await waiting(gate, 2);
    expect((await gate.write('third')).status).toBe(503);

    rekor.behave = (seen, response, socket) =>
      seen.path === WRITE ? created(seen, response, socket) : void response.end('[]');
    await gate.send(1, rekor.url);
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([201, 201]);
    expect((await gate.state()).hold).toMatchObject({ held: 1, resent: 1, refused: 1, turnedAway: 1 });
  });

  it('counts those that wait for a Rekor that is proven, which is no matter of the last hold', async () => {
    const { rekor, gate } = await started.both({ maxWaiting: 1, clock: new TestClock() });
    await gate.hold(1);
    await gate.send(1, rekor.url);
    await gate.tell({ number: 1, instances: [rekor.url], shards: { activeTreeId: '12', inactive: [] } });
    const first = await rawClient(gate.url);
    first.socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none`);
    await waiting(gate, 1);
    expect(comeAgain(await gate.write('two'))).toEqual([503, '1']);
    expect(await metric(gate, 'writes_refused_total{reason="too_many_waiting"}')).toBe(1);
    expect((await gate.state()).hold).toMatchObject({ refused: 0, turnedAway: 0 });
    first.socket.destroy();
  });
});

describe('the number of bodies that come in', () => {
  it('is bounded: the newest write gets 503 with Retry-After at once, and reads go on', async () => {
    const { rekor, gate } = await started.both({ maxUploads: 2 });
    const [first, second] = [await slowUpload(gate), await slowUpload(gate)];
    await uploads(gate, 2);
    const { socket, received } = await rawClient(gate.url);
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab`);
    await until('it is told so', () => received().includes('503 Service Unavailable'));
    expect(received()).toContain('Retry-After: 1');
    expect(received()).toContain('Connection: close');
    expect(await metric(gate, 'writes_refused_total{reason="too_many_uploads"}')).toBe(1);
    expect((await ask(gate.url, { path: '/api/v1/log' })).status).toBe(201);

    first.leave();
    await uploads(gate, 1);
    expect((await gate.write('whole')).status).toBe(201);
    second.end();
    await until('it is answered', () => second.received().includes('201 Created'));
    expect(rekor.seen.map(({ body }) => body)).toEqual(['', 'whole', 'abcd']);
    second.leave();
  });

  it('does not count one that has come in whole and waits', async () => {
    const { rekor, gate } = await started.both({ maxUploads: 1, clock: new TestClock() });
    await gate.hold(1);
    const held = ['one', 'two'].map(async (body, before) => {
      await waiting(gate, before);
      return gate.write(body);
    });
    await waiting(gate, 2);
    await gate.send(1, rekor.url);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([201, 201]);
  });

  it('turns writes away for what the hold has cost only while one lasts', async () => {
    const { rekor, gate } = await started.both({ maxUploads: 1, clock: new TestClock() });
    const upload = await slowUpload(gate);
    await uploads(gate, 1);
    await gate.hold(1);
    expect((await gate.write('in the hold')).status).toBe(503);
    await gate.send(1, rekor.url);
    expect((await gate.write('after it')).status).toBe(503);
    expect((await gate.state()).hold).toMatchObject({ held: 0, refused: 1, turnedAway: 1 });
    upload.leave();
  });
});

it('counts a write among what a hold has cost that was turned away because there was no room for its body', async () => {
  const { gate } = await started.both({ bodyInMemoryBytes: 1, spoolSizeBytes: 1, clock: new TestClock() });
  expect((await gate.write('before')).status).toBe(503);
  await gate.hold(1);
  expect((await gate.write('in it')).status).toBe(503);
  expect((await gate.state()).hold).toMatchObject({ held: 0, refused: 1, turnedAway: 1 });
  expect(await metric(gate, 'writes_refused_total{reason="no_room"}')).toBe(2);
});
