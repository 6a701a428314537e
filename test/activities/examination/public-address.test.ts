import type { IncomingMessage, ServerResponse } from 'node:http';
import { withinLook } from '../../../activities/bounds/look-bounds';
import { isToldApart } from '../../../activities/examination/gate-counts';
import { examinePublicAddress, type PublicWays } from '../../../activities/examination/public-address';
import type { BoundSystems } from '../../../activities/systems';
import { answeringServer } from '../answering-server';

/** How the systems of one test behave; as they should where nothing is said. */
interface Behaviour {
  /** How Rekor answers a write. */
  readonly rekor?: number;
  /** What the ingress does with a request before it would send it on; true when that was all. */
  readonly ingress?: (request: IncomingMessage, response: ServerResponse, body: string) => boolean;
  /** What the gate says that it has counted, of so many writes that came through it. */
  readonly says?: (counted: number, asked: number) => number | undefined;
  /** There is no gate that could count. */
  readonly withoutGate?: true;
}

async function examined({ rekor = 400, ingress, says = (counted) => counted, withoutGate }: Behaviour) {
  let [counted, asked] = [0, 0];
  const itself = await answeringServer((_, response) => response.writeHead(rekor).end());
  const throughGate = await answeringServer((request, response, body) => {
    if (ingress?.(request, response, body)) return;
    if (request.method === 'POST') counted += 1;
    response.writeHead(request.method === 'POST' ? rekor : 200).end();
  });
  const ways: PublicWays = withoutGate
    ? {}
    : { refusedWrites: () => Promise.resolve(says(counted, (asked += 1))) };
  const checks = await withinLook(60_000, new AbortController().signal, (bounds) =>
    examinePublicAddress(
      { log: 'production', publicUrl: throughGate.url, bounds } as BoundSystems,
      [{ name: 'blue', url: itself.url }],
      ways,
    ),
  );
  await Promise.all([itself.close(), throughGate.close()]);
  return { passes: checks[0], takesLarge: checks[1], takesHeaders: checks[2], checks, counted };
}

const LARGE = 1_000_000;
const isLarge = ({ headers }: IncomingMessage) => Number(headers['content-length']) > LARGE;

it('is right of an ingress that sends all writes through the gate', async () => {
  const { checks, counted } = await examined({});
  expect(checks).toMatchObject([
    { code: 'PUBLIC_WRITES_PASS_GATE', state: 'ok' },
    { code: 'LARGE_ENTRIES_PASS', state: 'ok' },
    { code: 'LARGE_HEADERS_PASS', state: 'ok' },
  ]);
  // One before the rounds, twelve in them, and the two large ones: docs/doctor.md says so.
  expect(counted).toBe(15);
});

describe('a log without a gate', () => {
  it('has its limits looked at all the same, and is told that nothing counts which way writes take', async () => {
    const { checks, passes, counted } = await examined({ withoutGate: true });
    expect(checks.map(({ code, state }) => [code, state])).toEqual([
      ['PUBLIC_WRITES_ANSWERED', 'notSeen'],
      ['LARGE_ENTRIES_PASS', 'ok'],
      ['LARGE_HEADERS_PASS', 'ok'],
    ]);
    expect(passes?.found).toContain('No gate counts it, so which way it takes is not looked at');
    expect(counted).toBe(3);
  });

  it('is warned of what answers in the place of Rekor', async () => {
    const { passes } = await examined({
      withoutGate: true,
      ingress: (_, response) => Boolean(response.writeHead(403).end()),
    });
    expect(passes).toMatchObject({ code: 'PUBLIC_WRITES_ANSWERED', state: 'warning' });
    expect(passes).toMatchObject({ reason: 'PUBLIC_ADDRESS_ANSWERS_ITSELF' });
  });
});

describe('whether writes pass the gate', () => {
  it.each([
    ['the gate says nothing', { says: () => undefined }, /metrics of the gate do not say/],
    [
      'the gate says nothing later',
      { says: (counted: number, asked: number) => (asked > 1 ? undefined : counted) },
      /metrics of the gate do not say/,
    ],
    [
      'the gate counts anew',
      { says: (_: number, asked: number) => (asked === 1 ? 50 : 0) },
      /began to count anew/,
    ],
    ['Rekor answers 503', { rekor: 503 }, /Rekor itself answers an entry that is none with 503/],
  ] satisfies [string, Behaviour, RegExp][])('is not known where %s', async (_, behaviour, found) => {
    const { passes } = await examined(behaviour);
    expect(passes).toMatchObject({ state: 'warning', reason: 'PUBLIC_WAY_UNKNOWN' });
    expect(passes?.found).toMatch(found);
    expect(passes?.remedy).toContain('logs.production.gate.admin');
  });

  it('is refused where the gate counts none of them', async () => {
    const { passes } = await examined({ says: () => 7 });
    expect(passes).toMatchObject({ state: 'refused', reason: 'PUBLIC_ADDRESS_PAST_GATE' });
  });

  it('is refused where others have fewer writes refused than were sent', async () => {
    const { passes } = await examined({ says: (_, asked) => Math.min(asked, 7) });
    expect(passes).toMatchObject({ state: 'refused', reason: 'PUBLIC_ADDRESS_PAST_GATE' });
  });

  it('is not known where others have as many writes refused, whoever sends them', async () => {
    // 409 is what Rekor says of an entry that it has; some clients hear nothing else.
    const { passes } = await examined({ says: (_, asked) => 5 * asked });
    expect(passes).toMatchObject({ state: 'warning', reason: 'PUBLIC_WAY_UNKNOWN' });
    expect(passes?.found).toMatch(/of others, the gate counted 45 refused writes .* 36 were sent/);
  });

  it('is told in spite of a few of others', async () => {
    const { passes } = await examined({ says: (counted, asked) => counted + (asked > 4 ? 1 : 0) });
    expect(passes).toMatchObject({ state: 'ok' });
  });

  it('needs more writes the more of others there are', () => {
    const fewest = (others: number) =>
      Array.from({ length: 50 }, (_, n) => n).find((n) => isToldApart(n, others));
    expect([0, 1, 4].map(fewest)).toEqual([12, 15, 24]);
  });
});

describe('an ingress that does not let pass', () => {
  const reset = (request: IncomingMessage) => request.socket.resetAndDestroy();

  it('large entries, and resets the connection, is warned of', async () => {
    const { passes, takesLarge } = await examined({
      ingress: (request) => isLarge(request) && Boolean(reset(request)),
    });
    expect(passes).toMatchObject({ state: 'ok' });
    expect(takesLarge).toMatchObject({ state: 'warning', reason: 'LARGE_ENTRIES_STOPPED' });
    expect(takesLarge?.found).toMatch(/of 1250000 bytes.*gets no answer \(.+\); Rekor itself answers 400/);
  });

  it('large entries, and never answers, is warned of', async () => {
    const { passes, takesLarge } = await examined({ ingress: isLarge });
    expect(passes).toMatchObject({ state: 'ok' });
    expect(takesLarge).toMatchObject({ state: 'warning', reason: 'LARGE_ENTRIES_STOPPED' });
    expect(takesLarge?.found).toMatch(/of 1250000 bytes.*gets no answer \(.+\); Rekor itself answers 400/);
  });

  it('large headers, and says so, is warned of', async () => {
    const lines = ({ rawHeaders }: IncomingMessage) => rawHeaders.map(({ length }) => length);
    const { passes, takesLarge, takesHeaders } = await examined({
      ingress: (request, response) =>
        lines(request).some((length) => length > 4_000) && Boolean(response.writeHead(431).end()),
    });
    expect([passes, takesLarge]).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);
    expect(takesHeaders).toMatchObject({ state: 'warning', reason: 'LARGE_HEADERS_STOPPED' });
    expect(takesHeaders?.found).toMatch(
      /with \d+ bytes of headers.*is answered 431; Rekor itself answers 400/,
    );
  });

  it('any write, is no word about headers', async () => {
    const { takesHeaders } = await examined({
      ingress: (request, response) => request.method === 'POST' && Boolean(response.writeHead(403).end()),
    });
    expect(takesHeaders).toBeUndefined();
  });

  it('what fronts take that nobody has told otherwise, is none of those', async () => {
    let [longest, whole] = [0, 0];
    await examined({
      ingress: ({ rawHeaders }) => {
        const lines = rawHeaders.map((word, place) => word.length + (rawHeaders[place + 1]?.length ?? 0));
        longest = Math.max(longest, ...lines);
        whole = Math.max(whole, rawHeaders.join('').length);
        return false;
      },
    });
    expect(longest).toBeGreaterThan(4_000);
    // Lines of nginx and Apache; all of them, of Node.js before 13 and of Jetty.
    expect([longest < 8_190, whole < 8_000]).toEqual([true, true]);
  });

  it('any write, and resets the connection, is warned of', async () => {
    const { passes } = await examined({
      ingress: (request) => request.method === 'POST' && Boolean(reset(request)),
    });
    expect(passes).toMatchObject({ state: 'warning', reason: 'PUBLIC_ADDRESS_ANSWERS_ITSELF' });
    expect(passes?.found).toMatch(/An entry that is none.*gets no answer \(.+\)/);
  });

  it('anything at all is told of by preflight alone', async () => {
    const { checks } = await examined({ ingress: (request) => Boolean(reset(request)) });
    expect(checks).toEqual([]);
  });
});
