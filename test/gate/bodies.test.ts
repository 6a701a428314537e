import { mkdir, rm, writeFile } from 'node:fs/promises';
import { rawClient, useStarted, TestClock, until, WRITE, type Behaviour, type TestGate } from './support';

const started = useStarted();

const KIB = 1024;
/** Of all bodies; each of those below fits in by itself, and half of the memory is enough for 60 of them to come at once. */
const bounds = { bodyMemoryBytes: 12_000 * KIB, bodyInMemoryBytes: 500 * KIB, spoolSizeBytes: 8000 * KIB };

/** Tells what came, by its first letter and its length. */
const told: Behaviour = ({ body }, response) => void response.writeHead(201).end(`${body[0]}${body.length}`);

/** Held writes wait for as long as the test: its clock stands still. */
const clock = (): TestClock => new TestClock();

/** So many writes of a hundred thousand bytes, each with letters of its own. */
const writes = (gate: TestGate, count: number) =>
  Array.from({ length: count }, (_, number) => gate.write(letter(number).repeat(100 * KIB)));
const letter = (number: number): string => String.fromCharCode(97 + (number % 26));

const waiting = (gate: TestGate, count: number): Promise<void> =>
  until(`${count} writes wait`, async () => (await gate.state()).writesWaiting === count);

const empty = (gate: TestGate): Promise<void> =>
  until('all room is given back', async () => {
    const { bodyMemoryBytes, spooledBytes } = await gate.state();
    return bodyMemoryBytes === 0 && spooledBytes === 0;
  });

describe('the bodies of all writes together', () => {
  it('take no more memory than they may while many are held, and go on whole', async () => {
    const rekor = await started.rekor(told);
    const gate = await started.gate({ firstInstances: [rekor.url], clock: clock(), ...bounds });
    await gate.hold(1);
    const inMemory = writes(gate, 60);
    await waiting(gate, 60);
    expect(await gate.state()).toMatchObject({ bodyMemoryBytes: 60 * 100 * KIB, spooledBytes: 0 });
    const held = [...inMemory, ...writes(gate, 60)];
    await waiting(gate, 120);
    expect(await gate.state()).toMatchObject({
      ...{ bodyMemoryBytes: 60 * 100 * KIB, spooledBytes: 60 * 100 * KIB },
    });
    await gate.send(1, rekor.url);
    const replies = await Promise.all(held);
    expect(replies.map(({ status, body }) => [status, body])).toEqual(
      replies.map((_, number) => [201, `${letter(number % 60)}${100 * KIB}`]),
    );
    await empty(gate);
  });

  it('take no more memory than they may while many slow clients send them, and none when these leave', async () => {
    const rekor = await started.rekor(told);
    const gate = await started.gate({ firstInstances: [rekor.url], ...bounds });
    const clients = await Promise.all(Array.from({ length: 100 }, () => rawClient(gate.url)));
    for (const { socket } of clients) {
      socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: ${200 * KIB}\r\n\r\n`);
      socket.write('a'.repeat(100 * KIB));
    }
    let most = 0;
    await until('all has come that they sent', async () => {
      const { bodyMemoryBytes, spooledBytes } = await gate.state();
      most = Math.max(most, bodyMemoryBytes);
      return bodyMemoryBytes + spooledBytes === 100 * 100 * KIB;
    });
    expect(most).toBeLessThanOrEqual(bounds.bodyMemoryBytes);
    for (const { socket } of clients) socket.destroy();
    await empty(gate);
    expect(rekor.seen).toHaveLength(0);
  });

  it('get 503 with Retry-After where there is no room, and room again from those that went on', async () => {
    const rekor = await started.rekor(told);
    const gate = await started.gate({ firstInstances: [rekor.url], clock: clock(), ...bounds });
    await gate.hold(1);
    const inMemory = writes(gate, 60);
    await waiting(gate, 60);
    const onDisk = writes(gate, 60);
    await waiting(gate, 120);
    const held = [...inMemory, ...onDisk, ...writes(gate, 25)];
    await until('all room is taken', async () => (await gate.state()).spooledBytes > 7_900 * KIB);
    const replies = await Promise.all(writes(gate, 20).slice(10));
    expect(replies.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(
      replies.map(() => [503, '1']),
    );
    await gate.send(1, rekor.url);
    for (const { status } of await Promise.all(held)) expect([201, 503]).toContain(status);
    await empty(gate);
    expect((await gate.write('again')).body).toBe('a5');
  });

  it('count the answers that nobody has read', async () => {
    const large: Behaviour = (_seen, response) => void response.writeHead(201).end('a'.repeat(9_000 * KIB));
    const rekor = await started.rekor(large);
    const gate = await started.gate({ firstInstances: [rekor.url], ...bounds });
    const { socket } = await rawClient(gate.url);
    socket.pause();
    socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
    await until('it is counted', async () => (await gate.state()).bodyMemoryBytes >= 9_000 * KIB);
    socket.destroy();
    await empty(gate);
  });
});

describe('the spool directory', () => {
  const small = { ...bounds, bodyInMemoryBytes: 10 * KIB };

  it('is made again when somebody has cleaned it away', async () => {
    const rekor = await started.rekor(told);
    const gate = await started.gate({ firstInstances: [rekor.url], ...small });
    await rm(gate.options.spoolDirectory, { recursive: true });
    const [reply] = await Promise.all(writes(gate, 1));
    expect([reply?.status, reply?.body]).toEqual([201, `a${100 * KIB}`]);
  });

  it('costs a write 503 with Retry-After while it cannot be used', async () => {
    const rekor = await started.rekor(told);
    const gate = await started.gate({ firstInstances: [rekor.url], ...small });
    await rm(gate.options.spoolDirectory, { recursive: true });
    await writeFile(gate.options.spoolDirectory, 'a file');
    const [refused] = await Promise.all(writes(gate, 1));
    expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(refused?.body ?? '')).toMatchObject({ code: 503 });
    expect((await gate.write('small')).status).toBe(201);
    await empty(gate);
    await rm(gate.options.spoolDirectory);
    await mkdir(gate.options.spoolDirectory);
    const [reply] = await Promise.all(writes(gate, 1));
    expect(reply?.status).toBe(201);
  });
});
