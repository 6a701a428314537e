import fc from 'fast-check';
import { isWrite, READY_PATH } from '../../gate/paths';
import { BUILD_MS, exchange, startRouter, statusOf, type Router } from './rekor-router';
import { Started, until } from './support';

/** A byte, as it is or percent-encoded, with digits in either case. */
const spelt = (byte: string): fc.Arbitrary<string> => {
  const digits = byte.charCodeAt(0).toString(16).padStart(2, '0');
  return fc.oneof(
    { weight: 40, arbitrary: fc.constant(byte) },
    { weight: 1, arbitrary: fc.constantFrom(`%${digits}`, `%${digits.toUpperCase()}`) },
  );
};

const bytesOf = (arbitrary: fc.Arbitrary<string>, from: number, to: number): fc.Arbitrary<string> =>
  fc.array(arbitrary, { minLength: from, maxLength: to }).map((parts) => parts.join(''));

const byteFrom = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((code) => String.fromCharCode(code));

/** Any byte that can stand in a request line and begins no query; mostly those that Node's parser takes too. */
const anyByte = fc
  .oneof({ weight: 9, arbitrary: byteFrom(0x21, 0x7e) }, { weight: 1, arbitrary: byteFrom(0x80, 0xff) })
  .filter((byte) => byte !== '?');

const name = bytesOf(
  anyByte.chain((byte) => spelt(byte)),
  1,
  3,
);
const named = (word: string): fc.Arbitrary<string> =>
  fc.tuple(...word.split('').map((letter) => spelt(letter))).map((letters) => letters.join(''));

/** What stands between two segments; most of it is cleaned away. */
const separator = fc.oneof(
  { weight: 20, arbitrary: fc.constant('/') },
  { weight: 2, arbitrary: bytesOf(spelt('/'), 1, 3) },
  { weight: 2, arbitrary: bytesOf(spelt('.'), 0, 2).map((dots) => `/${dots}/`) },
  { weight: 3, arbitrary: fc.tuple(name, bytesOf(spelt('.'), 1, 3)).map((pair) => `/${pair.join('/')}/`) },
);
const segment = (word: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 60, arbitrary: named(word) }, { weight: 1, arbitrary: name });

const writePath = fc
  .tuple(...['api', 'v1', 'log', 'entries'].flatMap((word) => [separator, segment(word)]))
  .map((parts) => parts.join(''));

const origin = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('http', 'HTTP', 'https', 'Ftp', 'a+b.c-d'), bytesOf(anyByte, 0, 6))
      .map(([scheme, host]) => `${scheme}://${host}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('http://rekor.example', 'HTTP://h:80', 'http:', 'Https:/') },
);

const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: separator },
  { weight: 1, arbitrary: fc.constantFrom('/retrieve', '/..', '/.') },
  { weight: 1, arbitrary: name },
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: bytesOf(fc.oneof(anyByte, fc.constantFrom('?', '/', '/..')), 0, 6).map((rest) => `?${rest}`),
  },
);

const target = fc.tuple(origin, writePath, ending, query).map((parts) => parts.join(''));

const targets = (count: number, seed: number): string[] => [
  ...new Set(fc.sample(target, { numRuns: count, seed })),
];

const post = (of: string): string =>
  `POST ${of} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

/** The status that Rekor's router gives each target; 201 comes from the handler that makes entries, and from no other. */
async function judged(url: string, all: readonly string[]): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const left = [...all];
  const judge = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      statuses.set(next, statusOf(await exchange(url, post(next))));
  };
  await Promise.all(Array.from({ length: 16 }, judge));
  return statuses;
}

describe("what counts as a write, beside Rekor's own router", () => {
  let router: Router;
  const started = new Started();
  beforeAll(async () => {
    router = await startRouter();
  }, BUILD_MS);
  afterAll(() => router.close());
  afterEach(() => started.end());

  it('is what the router gives to the handler that makes entries, and nothing that it answers otherwise', async () => {
    const statuses = await judged(router.url, targets(20_000, 4));
    const made = [...statuses].filter(([, status]) => status === 201);
    // The generator must not lose either side: usual spellings, unusual ones, and what is no write.
    expect(made.length).toBeGreaterThan(2_000);
    expect(made.filter(([each]) => !each.includes('/api/v1/log/entries')).length).toBeGreaterThan(300);
    expect([...statuses.values()].filter((status) => status === 404).length).toBeGreaterThan(2_000);

    const missed = made.filter(([each]) => !isWrite('POST', each));
    const held = [...statuses].filter(([each, status]) => status !== 201 && isWrite('POST', each));
    expect(missed).toEqual([]);
    // Only what has no valid host, which is a 400 to Rekor, may be held all the same.
    expect(held.filter(([each, status]) => status !== 400 || each.startsWith('/'))).toEqual([]);
  });

  it('is never at the path that the gate answers by itself, for which the router has nothing at all', async () => {
    const get = `GET ${READY_PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(statusOf(await exchange(router.url, get))).toBe(404);
    // Something does answer outside of the specification: a path that Rekor has cannot be told by that alone.
    expect(statusOf(await exchange(router.url, get.replace(READY_PATH, '/ping')))).toBe(200);
  });

  it('never passes a gate that holds, and passes it after the hold', async () => {
    const gate = await started.gate({ firstInstances: [router.url] });
    await gate.hold(1);
    const sample = targets(600, 5);
    const direct = await judged(router.url, sample);
    const through = new Map<string, number>();
    const all = Promise.all(
      sample.map(async (each) => through.set(each, statusOf(await exchange(gate.url, post(each))))),
    );
    await until(
      'each is answered or waits',
      async () => through.size + (await gate.state()).writesWaiting === sample.length,
    );
    expect([...through.values()].filter((status) => status === 201)).toEqual([]);
    expect((await gate.state()).writesWaiting).toBeGreaterThan(50);
    await gate.send(1, router.url);
    await all;
    // Node's parser is stricter than Go's: it may answer 400 to a target that Go takes.
    const other = sample.filter((each) => through.get(each) !== direct.get(each));
    expect(other.filter((each) => through.get(each) !== 400)).toEqual([]);
    expect([...through.values()].filter((status) => status === 201).length).toBeGreaterThan(50);
  });
});

describe('what counts as a write', () => {
  it.each(['GET', 'HEAD', 'PUT', 'OPTIONS', undefined])('is a POST and no %s', (method) => {
    expect(isWrite(method, '/api/v1/log/entries')).toBe(false);
    expect(isWrite('POST', '/api/v1/log/entries')).toBe(true);
  });
});
