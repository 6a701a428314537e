import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  CallOutcomeUnknown,
  CallTooLate,
  type UnansweredChange,
} from '../../../../activities/clients/call-bounds';
import { type Cluster, openCluster } from '../../../../activities/clients/kubernetes/cluster';
import { refused, rejected } from '../../refused';
import { apiServer, type ApiServer, failure } from './api-server';
import { kubeconfig } from './kubeconfigs';

const LIST = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rekor', name: 'sharding-config' };
const MADE = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'made', namespace: 'rekor' },
  data: {},
};

let server: ApiServer;
let cluster: Cluster;
let stop: AbortController;
let unanswered: Set<UnansweredChange>;

beforeEach(async () => {
  server = await apiServer();
  cluster = openCluster({ log: 'production', source: { kubeconfig: kubeconfig(server) } });
  stop = new AbortController();
  unanswered = new Set();
  // The resource of the kind is known then, and no request but the one of the test is sent.
  await cluster.get(LIST, { signal: stop.signal });
  server.received.length = 0;
});

afterEach(() => server.close());

/** The server takes requests, and says nothing. */
function hang(): void {
  server.interfere = () => 'never answered';
}

describe('a server that does not answer', () => {
  it('is not waited for longer than was said, and was told so', async () => {
    hang();
    const words = await refused(
      'CLUSTER_UNREACHABLE',
      cluster.get(LIST, { signal: stop.signal, timeoutMs: 200 }),
    );
    expect(words).toMatch(/at https:\/\/127\.0\.0\.1:\d+ does not answer: no answer within \d+ ms/);
    expect(server.received[0]?.query.timeout).toMatch(/^(200|1\d\d|\d\d?)ms$/);
  });

  it('leaves it open whether a change had its effect', async () => {
    hang();
    const began = Date.now();
    const error = await rejected(cluster.create(MADE, { signal: stop.signal, timeoutMs: 200, unanswered }));
    expect(error).toBeInstanceOf(CallOutcomeUnknown);
    expect(error).toMatchObject({ refusal: { code: 'CLUSTER_UNREACHABLE' } });
    expect(String(error)).toContain('not known whether create of configmaps rekor/made had its effect');
    const { mayLandUntil } = error as CallOutcomeUnknown;
    expect([...unanswered]).toEqual([{ mayLandUntil }]);
    expect(mayLandUntil).toBeGreaterThanOrEqual(began + 200);
  });

  it('is no longer waited for once the call is ended, with its reason', async () => {
    hang();
    const reason = new Error('ended');
    const read = rejected(cluster.get(LIST, { signal: stop.signal }));
    await until(() => server.received.length > 0);
    stop.abort(reason);
    expect(await read).toBe(reason);
  });

  it('leaves the same open when a change is ended', async () => {
    hang();
    const change = rejected(cluster.create(MADE, { signal: stop.signal, unanswered }));
    await until(() => server.received.length > 0);
    stop.abort(new Error('ended'));
    expect(await change).toBeInstanceOf(CallOutcomeUnknown);
    expect(unanswered.size).toBe(1);
  });
});

describe('an answer that is lost', () => {
  it.each<[string, ApiServer['interfere']]>([
    ['the connection breaks', (_, response) => response.destroy()],
    ['it breaks within', (_, response) => (response.writeHead(201), response.write('{'), response.destroy())],
    ['the server fails', (_, response) => (failure(response, 500, 'InternalError', 'etcd'), true)],
    ['the server took too long', (_, response) => (failure(response, 504, 'Timeout', 'timeout'), true)],
    ['it is no object', (_, response) => response.end('created')],
  ])('leaves it open whether a change had its effect: %s', async (_, interfere) => {
    server.interfere = interfere;
    expect(await rejected(cluster.create(MADE, { signal: stop.signal, unanswered }))).toBeInstanceOf(
      CallOutcomeUnknown,
    );
    expect(unanswered.size).toBe(1);
    expect(server.received).toHaveLength(1);
  });

  it('leaves nothing open of what was only tried', async () => {
    server.interfere = (_, response) => response.destroy();
    const error = await rejected(cluster.create(MADE, { signal: stop.signal, unanswered, dryRun: true }));
    expect(error).not.toBeInstanceOf(CallOutcomeUnknown);
    expect(error).toMatchObject({ refusal: { code: 'CLUSTER_UNREACHABLE' } });
    expect(unanswered.size).toBe(0);
  });
});

it.each([
  [403, 'Forbidden'],
  [409, 'Conflict'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [401, 'Unauthorized'],
])('leaves nothing open of a change that is answered %s', async (status, reason) => {
  server.interfere = (_, response) => (failure(response, status, reason, 'no'), true);
  const error = await rejected(cluster.create(MADE, { signal: stop.signal, unanswered }));
  expect(error).not.toBeInstanceOf(CallOutcomeUnknown);
  expect(unanswered.size).toBe(0);
});

it('leaves nothing open of a change that is answered', async () => {
  await cluster.create(MADE, { signal: stop.signal, unanswered });
  expect(unanswered.size).toBe(0);
});

describe('a change whose time is over (H8)', () => {
  it('is not sent', async () => {
    const late = { signal: stop.signal, notAfter: Date.now(), unanswered };
    expect(await rejected(cluster.create(MADE, late))).toBeInstanceOf(CallTooLate);
    expect(server.received).toEqual([]);
  });

  it('is not sent when its time was over while it waited for its connection', async () => {
    // The process stands still after the connection was asked for: no timer fires, and the clock goes on.
    const clock = jest.spyOn(Date, 'now');
    const now = Date.now();
    clock.mockReturnValue(now);
    server.onConnection = () => clock.mockReturnValue(now + 60_000);
    const change = rejected(
      cluster.create(MADE, { signal: stop.signal, notAfter: now + 60_000, unanswered }),
    );
    expect(await change).toBeInstanceOf(CallTooLate);
    clock.mockRestore();
    expect(unanswered.size).toBe(0);
    expect(server.received).toEqual([]);
  });

  it('is not sent once it is ended', async () => {
    stop.abort(new Error('ended'));
    expect(await rejected(cluster.create(MADE, { signal: stop.signal, unanswered }))).toBe(
      stop.signal.reason,
    );
    expect(server.received).toEqual([]);
  });
});

describe('nobody to connect to', () => {
  let silent: Server;
  let connected: Socket[];

  beforeEach(async () => {
    connected = [];
    silent = createServer((socket) => connected.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });

  const at = (): Cluster => {
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const source = { kubeconfig: kubeconfig({ url, authority: server.authority }) };
    return openCluster({ log: 'production', source });
  };

  it('is no change of an unknown outcome', async () => {
    const elsewhere = at();
    await new Promise((resolve) => silent.close(resolve));
    const error = await rejected(elsewhere.create(MADE, { signal: stop.signal, unanswered }));
    expect(error).not.toBeInstanceOf(CallOutcomeUnknown);
    expect(error).toMatchObject({ refusal: { code: 'CLUSTER_UNREACHABLE' } });
    expect(String(error)).toContain('ECONNREFUSED');
  });

  it('is waited for no longer than was said', async () => {
    const error = await rejected(at().create(MADE, { signal: stop.signal, unanswered, timeoutMs: 200 }));
    expect(error).not.toBeInstanceOf(CallOutcomeUnknown);
    expect(error).toMatchObject({ refusal: { code: 'CLUSTER_UNREACHABLE' } });
    expect(String(error)).toContain('no answer within');
    connected.forEach((socket) => socket.destroy());
    await new Promise((resolve) => silent.close(resolve));
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
