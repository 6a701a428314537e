import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ask,
  created,
  rawClient,
  RETRIEVE,
  type Started,
  useStarted,
  TestClock,
  TREE_REFUSAL,
  until,
  WRITE,
  type Behaviour,
  type FakeRekor,
  type Reply,
  type TestGate,
} from './support';

const started = useStarted();

const treeRefuses: Behaviour = (_seen, response) => {
  response.writeHead(500, { 'Content-Type': 'application/json' });
  response.end(TREE_REFUSAL);
};

const waiting = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} writes wait`, async () => (await gate.state()).writesWaiting === count);

const inFlight = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} writes are in flight`, async () => (await gate.state()).writesInFlight === count);

describe('a hold', () => {
  it('lets writes wait and reads pass, and sends both to the new instance after the hold', async () => {
    const current = await started.rekor();
    const next = await started.rekor();
    const gate = await started.gate({ firstInstances: [current.url] });
    await gate.hold(1);
    const write = gate.write('one');
    await waiting(gate, 1);
    expect((await ask(gate.url, { path: '/api/v1/log' })).status).toBe(201);
    expect(current.seen.map(({ method }) => method)).toEqual(['GET']);
    await gate.send(1, next.url);
    expect((await write).status).toBe(201);
    await ask(gate.url, { path: '/api/v1/log' });
    expect(next.seen.map(({ method }) => method).sort()).toEqual(['GET', 'POST']);
    expect(current.seen).toHaveLength(1);
    expect((await gate.state()).hold).toMatchObject({ held: 1, refused: 0, dropped: 0, resent: 0 });
  });

  it('answers 503 with Retry-After in the shape of Rekor after maxWait', async () => {
    const clock = new TestClock();
    const rekor = await started.rekor();
    const gate = await started.gate({ firstInstances: [rekor.url], clock });
    await gate.hold(1);
    const write = gate.write('one');
    await waiting(gate, 1);
    clock.advance(3_499);
    await pause(20);
    expect((await gate.state()).writesWaiting).toBe(1);
    clock.advance(1);
    const reply = await write;
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(reply.body)).toMatchObject({ code: 503, message: expect.any(String) as string });
    expect((await gate.state()).hold).toMatchObject({ refused: 1, longestWaitMs: 3_500 });
    expect(rekor.seen).toHaveLength(0);
  });

  it('drops a held write whose client has gone (H17)', async () => {
    const { rekor, gate } = await started.both();
    await gate.hold(1);
    const leave = new AbortController();
    const write = gate.write('one', { signal: leave.signal });
    await waiting(gate, 1);
    leave.abort();
    await expect(write).rejects.toThrow();
    await waiting(gate, 0);
    await gate.send(1, rekor.url);
    expect((await gate.write('two')).status).toBe(201);
    expect(rekor.seen.map(({ body }) => body)).toEqual(['two']);
    expect((await gate.state()).hold).toMatchObject({ held: 1, dropped: 1 });
  });

  it('drops a held write whose client has closed its sending half, as Go would (H17)', async () => {
    const { gate } = await started.both();
    await gate.hold(1);
    const { socket } = await rawClient(gate.url);
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
    await waiting(gate, 1);
    socket.end();
    await waiting(gate, 0);
    expect((await gate.state()).hold).toMatchObject({ dropped: 1 });
    socket.destroy();
  });

  it('does not count or hold a write until its body is complete, however slowly it comes (H14)', async () => {
    const { rekor, gate } = await started.both();
    const { socket, received } = await rawClient(gate.url);
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n1`);
    await gate.hold(1);
    await pause(30);
    socket.write('2');
    await pause(30);
    expect(await gate.state()).toMatchObject({ writesInFlight: 0, writesWaiting: 0 });
    socket.write('3');
    await waiting(gate, 1);
    await gate.send(1, rekor.url);
    await until('it is answered', () => received().includes('201'));
    expect(rekor.seen[0]?.body).toBe('123');
    socket.destroy();
  });
});

describe('calls in flight', () => {
  it('are counted until Rekor answers, though their client has hung up, and go on to their end (H2)', async () => {
    let answer: () => void = () => undefined;
    let broken = false;
    const rekor = await started.rekor(async (seen, response, socket) => {
      socket.once('close', () => (broken = true));
      await new Promise<void>((resolve) => (answer = resolve));
      await created(seen, response, socket);
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const leave = new AbortController();
    const write = gate.write('one', { signal: leave.signal });
    await until('it is at Rekor', () => rekor.seen.length === 1);
    leave.abort();
    await expect(write).rejects.toThrow();
    await pause(50);
    expect(await gate.state()).toMatchObject({ writesInFlight: 1 });
    expect(broken).toBe(false);
    answer();
    await inFlight(gate, 0);
  });

  it('stay counted while Rekor never answers', async () => {
    const rekor = await started.rekor(() => undefined);
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const write = gate.write('one').catch(() => undefined);
    await inFlight(gate, 1);
    await gate.hold(1);
    await pause(50);
    expect((await gate.state()).writesInFlight).toBe(1);
    await gate.gate.close();
    await write;
  });

  it('end with the answer of Rekor, not with a client that reads slowly', async () => {
    const large = 'x'.repeat(4 * 1024 * 1024);
    const rekor = await started.rekor((_seen, response) => void response.writeHead(201).end(large));
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const { socket } = await rawClient(gate.url);
    socket.pause();
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
    await until('Rekor has it', () => rekor.seen.length === 1);
    await inFlight(gate, 0);
    socket.destroy();
  });
});

describe('bodies', () => {
  const sizes = { bodyInMemoryBytes: 1_000, bodyLimitBytes: 100_000 };
  const chunked = { 'Transfer-Encoding': 'chunked' };

  it.each([
    ['in memory', 900, {}],
    ['in a spool file', 90_000, {}],
    ['in a spool file, chunked', 90_000, chunked],
    ['over the limit', 400_000, {}],
    ['over the limit, chunked', 400_000, chunked],
  ])('arrive whole: %s', async (_where, size, headers) => {
    const rekor = await started.rekor((seen, response) => void response.writeHead(201).end(seen.body));
    const gate = await started.gate({ firstInstances: [rekor.url], ...sizes });
    const body = Array.from({ length: size }, (_, at) => at % 10).join('');
    const passed = await gate.write(body, { headers });
    expect(passed.body === body).toBe(true);
    await gate.hold(1);
    const held = gate.write(body, { headers });
    await waiting(gate, 1);
    await gate.send(1, rekor.url);
    expect((await held).body === body).toBe(true);
    expect(await readdir(gate.options.spoolDirectory)).toEqual([]);
  });

  it('over the limit are counted apart and never sent again (H14)', async () => {
    const rekor = await started.rekor();
    const answers: (() => void)[] = [];
    rekor.behave = (seen, response, socket) =>
      void answers.push(() => void treeRefuses(seen, response, socket));
    const gate = await started.gate({ firstInstances: [rekor.url], ...sizes });
    const write = gate.write('x'.repeat(100_001));
    await until('it is at Rekor', () => answers.length === 1);
    expect(await gate.state()).toMatchObject({ writesInFlight: 1, streamsInFlight: 1 });
    await gate.hold(1);
    answers[0]?.();
    const reply = await write;
    expect([reply.status, reply.body]).toEqual([500, TREE_REFUSAL]);
    expect(rekor.seen).toHaveLength(1);
  });

  it('over the limit wait at the limit while writes are held, without being read on (H14)', async () => {
    const clock = new TestClock();
    const rekor = await started.rekor();
    const gate = await started.gate({ firstInstances: [rekor.url], clock, ...sizes });
    await gate.hold(1);
    const write = gate.write('x'.repeat(500_000), { headers: chunked });
    await waiting(gate, 1);
    clock.advance(3_500);
    expect((await write).status).toBe(503);
    expect(rekor.seen).toHaveLength(0);
  });

  it('that break off reach nobody', async () => {
    const rekor = await started.rekor();
    const gate = await started.gate({ firstInstances: [rekor.url], ...sizes });
    const { socket } = await rawClient(gate.url);
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(2_000)}`);
    await pause(30);
    socket.destroy();
    await pause(30);
    expect(rekor.seen).toHaveLength(0);
    expect(await gate.state()).toMatchObject({ writesInFlight: 0, writesWaiting: 0 });
  });
});

describe('healing (H15)', () => {
  it('turns the 500 of a refusing tree into 503 with Retry-After until an order comes, and nothing else', async () => {
    const clock = new TestClock();
    const rekor = await started.rekor(treeRefuses);
    const gate = await started.gate({ firstInstances: [rekor.url], clock });
    expect((await gate.write('before')).status).toBe(500);
    await gate.hold(1, 2_000);
    const held = gate.write('held');
    await waiting(gate, 1);
    clock.advance(2_000);
    expect((await gate.state()).mode).toBe('healing');
    for (const reply of [await held, await gate.write('after')]) {
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    }
    rekor.behave = (_seen, response) => void response.writeHead(500).end('{"code":500,"message":"other"}');
    expect((await gate.write('other')).status).toBe(500);
    rekor.behave = created;
    expect((await gate.write('again')).status).toBe(201);
    rekor.behave = treeRefuses;
    await gate.send(1, rekor.url);
    expect((await gate.write('released')).status).toBe(500);
  });
});

describe('a write that broke under a hold (H13)', () => {
  const body = '{"kind":"hashedrekord","n":12345678901234567890}';
  const found: Behaviour = (_seen, response) => {
    const entries = [{ e1d: { body: 'x', logIndex: 3 } }, { e2d: { body: 'y', logIndex: 9 } }];
    response.writeHead(200).end(JSON.stringify(entries));
  };
  const nothing: Behaviour = (_seen, response) => void response.writeHead(200).end('[]');
  const off: Behaviour = (_seen, response) => void response.writeHead(501).end('{"code":501}');

  /** The next Rekor: how it answers the question for an entry, and how a write. */
  const answering =
    (retrieve: Behaviour, write: Behaviour): Behaviour =>
    (seen, response, socket) =>
      (seen.path === RETRIEVE ? retrieve : write)(seen, response, socket);

  /** Brings a write in flight at current, holds, and lets it end as `ending` says. */
  async function broken(
    ending: Behaviour,
    nextBehaves: Behaviour,
    options: Parameters<Started['gate']>[0] = {},
  ): Promise<{ gate: TestGate; next: FakeRekor; write: Promise<Reply>; leave: AbortController }> {
    let end: () => void = () => undefined;
    const current = await started.rekor((seen, response, socket) => {
      end = () => void ending(seen, response, socket);
    });
    const next = await started.rekor(nextBehaves);
    const gate = await started.gate({ firstInstances: [current.url], ...options });
    const leave = new AbortController();
    const write = gate.write(body, { path: `${WRITE}?b=1&apiKey=secret`, signal: leave.signal });
    write.catch(() => undefined);
    await until('it is at Rekor', () => current.seen.length === 1);
    await gate.hold(1);
    end();
    await waiting(gate, 1);
    expect((await gate.state()).writesInFlight).toBe(0);
    return { gate, next, write, leave };
  }

  const answers =
    (status: number): Behaviour =>
    (_seen, response) =>
      void response.writeHead(status).end(`{"code":${status}}`);
  const reset: Behaviour = (_seen, _response, socket) => void socket.destroy();

  it.each([
    ['a 500', treeRefuses],
    ['a 499, which Rekor says of a cancelled call to Trillian', answers(499)],
    ['a 504', answers(504)],
    ['a broken connection', reset],
  ])('is answered 201 with its entry when next knows it, after %s', async (_what, ending) => {
    const { gate, next, write } = await broken(ending, answering(found, created));
    await gate.send(1, next.url);
    const reply = await write;
    expect(reply.status).toBe(201);
    expect(reply.body).toBe('{"e2d":{"body":"y","logIndex":9}}\n');
    expect(reply.headers).toMatchObject({
      etag: 'e2d',
      location: `${WRITE}/e2d?b=1`,
      'content-type': 'application/json',
    });
    expect(next.seen.map((seen) => [seen.path, seen.body])).toEqual([[RETRIEVE, `{"entries":[${body}]}`]]);
    expect((await gate.state()).hold).toMatchObject({ resent: 1, held: 0 });
  });

  it.each([400, 404, 409, 422])('is over when Rekor says %i: that leaves nothing open', async (status) => {
    let end: () => void = () => undefined;
    const current = await started.rekor((seen, response, socket) => {
      end = () => void answers(status)(seen, response, socket);
    });
    const gate = await started.gate({ firstInstances: [current.url] });
    const write = gate.write(body);
    await until('it is at Rekor', () => current.seen.length === 1);
    await gate.hold(1);
    end();
    expect((await write).status).toBe(status);
    expect(current.seen).toHaveLength(1);
  });

  it('is sent once more when next does not know it', async () => {
    const { gate, next, write } = await broken(reset, answering(nothing, created));
    await gate.send(1, next.url);
    expect((await write).status).toBe(201);
    expect(next.seen.map(({ path }) => path)).toEqual([RETRIEVE, `${WRITE}?b=1&apiKey=secret`]);
    expect(next.seen[1]?.body).toBe(body);
    expect((await gate.state()).hold).toMatchObject({ resent: 1 });
  });

  it('is asked for until it is integrated when sending it again says 409', async () => {
    let asked = 0;
    const later: Behaviour = (seen, response, socket) =>
      ((asked += 1) < 3 ? nothing : found)(seen, response, socket);
    const conflict: Behaviour = (_seen, response) => void response.writeHead(409).end('{"code":409}');
    const { gate, next, write } = await broken(reset, answering(later, conflict));
    await gate.send(1, next.url);
    expect((await write).status).toBe(201);
    expect(asked).toBe(3);
  });

  it.each([
    ['is switched off', off],
    ['breaks', reset],
  ])('ends as it first did when the question for it %s, and is not sent again', async (_what, retrieve) => {
    const { gate, next, write } = await broken(treeRefuses, answering(retrieve, created));
    await gate.send(1, next.url);
    const reply = await write;
    expect([reply.status, reply.body]).toEqual([500, TREE_REFUSAL]);
    expect(next.seen.every(({ path }) => path === RETRIEVE)).toBe(true);
  });

  it('ends in 502 when its connection broke and nothing more can be known', async () => {
    const { gate, next, write } = await broken(reset, answering(off, created));
    await gate.send(1, next.url);
    expect((await write).status).toBe(502);
  });

  it('ends as it first did after maxWait, also while the question is under way', async () => {
    const clock = new TestClock();
    const { gate, next, write } = await broken(treeRefuses, () => undefined, { clock });
    await gate.send(1, next.url);
    await until('next is asked', () => next.seen.length === 1);
    clock.advance(3_500);
    expect((await write).status).toBe(500);
    expect(next.seen).toHaveLength(1);
  });

  it('is neither asked for nor sent again when its client has left (H17)', async () => {
    const { gate, next, leave } = await broken(reset, answering(nothing, created));
    leave.abort();
    await waiting(gate, 0);
    await gate.send(1, next.url);
    await pause(30);
    expect(next.seen).toHaveLength(0);
    expect((await gate.state()).hold).toMatchObject({ dropped: 1 });
  });

  it('is sent again too when it breaks only after the hold', async () => {
    let end: () => void = () => undefined;
    const current = await started.rekor((_seen, _response, socket) => {
      end = () => void socket.destroy();
    });
    const next = await started.rekor(answering(found, created));
    const gate = await started.gate({ firstInstances: [current.url] });
    const write = gate.write(body);
    await until('it is at Rekor', () => current.seen.length === 1);
    await gate.hold(1);
    await gate.send(1, next.url);
    end();
    expect((await write).status).toBe(201);
  });

  it('cannot smuggle a question of its own into the one for its entry', async () => {
    let end: () => void = () => undefined;
    const current = await started.rekor((_seen, _response, socket) => {
      end = () => void socket.destroy();
    });
    const next = await started.rekor(answering(found, created));
    const gate = await started.gate({ firstInstances: [current.url] });
    const write = gate.write('{}],"logIndexes":[5],"x":[{}');
    await until('it is at Rekor', () => current.seen.length === 1);
    await gate.hold(1);
    end();
    await waiting(gate, 1);
    await gate.send(1, next.url);
    expect((await write).status).toBe(502);
    expect(next.seen).toHaveLength(0);
  });

  it('is not looked for outside a hold: a 500 stays a 500', async () => {
    const rekor = await started.rekor(treeRefuses);
    const gate = await started.gate({ firstInstances: [rekor.url] });
    await gate.hold(1);
    await gate.send(1, rekor.url);
    expect((await gate.write(body)).status).toBe(500);
    expect(rekor.seen).toHaveLength(1);
  });
});
