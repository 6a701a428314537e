import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CallOutcomeUnknown,
  CallTooLate,
  type UnansweredChange,
} from '../../../../activities/clients/call-bounds';
import { overConnectionOfItsOwn } from '../../../../activities/clients/http';
import { launchersOf, type Launchers } from '../../../../activities/installation/kubernetes/launcher';
import { refused, rejected } from '../../refused';

const POD = { name: 'rekor-server-next-1', url: 'http://127.0.0.1:3000' };
const RUNS = { wanted: true, running: true, lastExit: null };

let answer: RequestListener;
let server: Server;
let connections: number;
let launchers: Launchers;
let stop: AbortController;
let unanswered: Set<UnansweredChange>;

beforeEach(async () => {
  connections = 0;
  server = createServer((request, response) => {
    answer(request, response);
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  const port = String((server.address() as AddressInfo).port);
  stop = new AbortController();
  unanswered = new Set();
  launchers = launchersOf({
    ...{ log: 'production', attemptId: 'r/1', token: 'a token' },
    // Where a launcher listens is one port of all pods; here it is one of this test's own.
    transport: (message, read) => {
      expect(message.url.port).toBe('3100');
      return overConnectionOfItsOwn(
        { ...message, url: new URL(message.url.pathname, `http://127.0.0.1:${port}`) },
        read,
      );
    },
  });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function answering(status: number, body: string): void {
  answer = (_request, response) => {
    response.writeHead(status).end(body);
  };
}

const bounds = (timeoutMs = 60_000) => ({ signal: stop.signal, timeoutMs, unanswered });

describe.each(['start', 'stop'] as const)('an order to %s', (order) => {
  it('is over with its answer, and bore the end of its time', async () => {
    let notAfter: string | undefined;
    answer = ({ method, url, headers }, response) => {
      expect([method, url, headers.attempt]).toEqual(['PUT', `/${order}`, 'r/1']);
      notAfter = headers['not-after'] as string;
      response.end(JSON.stringify(RUNS));
    };
    const before = Date.now();
    expect(await launchers[order](POD, bounds(5_000))).toEqual(RUNS);
    expect(Number(notAfter)).toBeGreaterThanOrEqual(before + 5_000);
    expect(unanswered.size).toBe(0);
  });

  // So one in which a call has a fifth of its section says them, unless that is cut off: the launcher refuses a fraction.
  it('bears the end of its time in whole milliseconds, and no later than that', async () => {
    let notAfter = '';
    answer = ({ headers }, response) => {
      notAfter = String(headers['not-after']);
      response.end(JSON.stringify(RUNS));
    };
    await launchers[order](POD, bounds(4_926.4));
    expect(notAfter).toMatch(/^\d+$/);
    expect(Number(notAfter)).toBeLessThanOrEqual(Date.now() + 4_926.4);
  });

  it('is over when the launcher refuses it', async () => {
    answering(409, '{"error": "the order is for another attempt"}');
    expect(await refused('LAUNCHER_REFUSED', launchers[order](POD, bounds()))).toContain('another attempt');
    expect(unanswered.size).toBe(0);
  });

  it('may have been followed when no answer came in its time (H8)', async () => {
    answer = () => undefined;
    const before = Date.now();
    const error = await rejected(launchers[order](POD, bounds(200)));
    expect(error).toBeInstanceOf(CallOutcomeUnknown);
    expect(error).toMatchObject({ refusal: { code: 'LAUNCHER_UNREACHABLE' } });
    expect(String(error)).toContain(`not known whether it followed the order to ${order}`);
    const { mayLandUntil } = error as CallOutcomeUnknown;
    expect([...unanswered]).toEqual([{ mayLandUntil }]);
    expect(mayLandUntil).toBeGreaterThanOrEqual(before + 200);
  });

  it('may have been followed when the rotation ends meanwhile (H8)', async () => {
    const arrived = new Promise<void>((arrives) => {
      answer = () => {
        arrives();
      };
    });
    const given = rejected(launchers[order](POD, bounds()));
    await arrived;
    stop.abort(new Error('ended'));
    expect(await given).toBeInstanceOf(CallOutcomeUnknown);
    expect(unanswered.size).toBe(1);
  });

  it.each([
    ['something between answers in its place', 502, 'Bad Gateway'],
    ['the answer is not one of a launcher', 200, '{}'],
  ])('may have been followed when %s (H8)', async (_, status, body) => {
    answering(status, body);
    expect(await rejected(launchers[order](POD, bounds()))).toBeInstanceOf(CallOutcomeUnknown);
    expect(unanswered.size).toBe(1);
  });

  it('was not given where nobody listens', async () => {
    server.close();
    const error = await rejected(launchers[order](POD, bounds()));
    expect(error).toMatchObject({ refusal: { code: 'LAUNCHER_UNREACHABLE' } });
    expect(error).not.toBeInstanceOf(CallOutcomeUnknown);
    expect(unanswered.size).toBe(0);
  });

  it('is not given once its time is over', async () => {
    const late = { ...bounds(), notAfter: Date.now() };
    expect(await rejected(launchers[order](POD, late))).toBeInstanceOf(CallTooLate);
    expect(connections).toBe(0);
  });

  it('is not given when its time is over once the connection stands', async () => {
    let asked = 0;
    answer = () => (asked += 1);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now);
    server.once('connection', () => {
      jest.mocked(Date.now).mockReturnValue(now + 60_000);
    });
    const error = await rejected(launchers[order](POD, { ...bounds(), notAfter: now + 60_000 }));
    jest.restoreAllMocks();
    expect([String(error), asked, unanswered.size]).toEqual([expect.stringContaining('was not sent'), 0, 0]);
  });
});

it('asks for the state of one without an effect, so nothing is left open', async () => {
  answer = () => undefined;
  const error = await rejected(launchers.state(POD, bounds(200)));
  expect(error).toMatchObject({ refusal: { code: 'LAUNCHER_UNREACHABLE' } });
  expect([error instanceof CallOutcomeUnknown, unanswered.size]).toEqual([false, 0]);
});
