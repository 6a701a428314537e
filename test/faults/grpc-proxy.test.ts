import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type Client,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { startGrpcProxy, type GrpcProxy } from '../../faults/grpc-proxy';
import { until } from '../../harness/waiting';
import { PATIENCE_MS } from '../../harness/waiting';

const proto = `syntax = "proto3";
package tiny;
enum State { UNKNOWN = 0; OPEN = 1; CLOSED = 5; }
message Door { int64 door_id = 1; State state = 2; }
message SetDoor { Door door = 1; }
service Doors { rpc Set(SetDoor) returns (Door); }
`;

interface Door {
  readonly door_id: string;
  readonly state: string;
}

type SetDoor = (
  request: { door: Door },
  metadata: Metadata,
  options: { deadline?: Date },
  reply: (error: ServiceError | null, door?: Door) => void,
) => { cancel(): void };

describe('the gRPC proxy before Trillian', () => {
  const directory = mkdtempSync(join(tmpdir(), 'grpc-proxy-'));
  const protoFile = join(directory, 'tiny.proto');
  const effects: Door[] = [];
  let lastCall: { metadata: Metadata; deadline: Date | number } | undefined;
  let server: Server;
  let proxy: GrpcProxy;
  let client: Client & { Set: SetDoor };

  const bigId = '9223372036854775807';

  beforeAll(async () => {
    writeFileSync(protoFile, proto);
    const tiny = loadPackageDefinition(
      loadSync(protoFile, { keepCase: true, longs: String, enums: String, defaults: true }),
    ).tiny as unknown as { Doors: ServiceClientConstructor };
    server = new Server();
    server.addService(tiny.Doors.service, {
      Set: (call: ServerUnaryCall<{ door: Door }, Door>, reply: sendUnaryData<Door>) => {
        lastCall = { metadata: call.metadata, deadline: call.getDeadline() };
        if (call.request.door.door_id === '404') {
          reply({ code: status.NOT_FOUND, details: 'no such door', metadata: new Metadata() });
          return;
        }
        effects.push(call.request.door);
        reply(null, call.request.door);
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    proxy = await startGrpcProxy({ upstream: `127.0.0.1:${port}`, protoFile });
    client = new tiny.Doors(proxy.address, credentials.createInsecure()) as unknown as typeof client;
  });

  afterAll(() => {
    client.close();
    proxy.end();
    server.forceShutdown();
    rmSync(directory, { recursive: true });
  });

  beforeEach(() => {
    proxy.clear();
    proxy.forgetCalls();
    effects.length = 0;
  });

  function set(door: Door, timeoutMs = PATIENCE_MS, metadata = new Metadata()): Promise<Door> {
    return new Promise((resolve, reject) => {
      const deadline = new Date(Date.now() + timeoutMs);
      client.Set({ door }, metadata, { deadline }, (error, answer) =>
        error || !answer ? reject(error ?? new Error('no answer')) : resolve(answer),
      );
    });
  }

  it('passes requests and answers on unchanged, with metadata and deadline, and keeps all 63 bits of an id', async () => {
    const metadata = new Metadata();
    metadata.set('who', 'the test');
    const answer = await set({ door_id: bigId, state: 'CLOSED' }, PATIENCE_MS, metadata);

    expect(answer).toEqual({ door_id: bigId, state: 'CLOSED' });
    expect(effects).toEqual([{ door_id: bigId, state: 'CLOSED' }]);
    expect(lastCall?.metadata.get('who')).toEqual(['the test']);
    expect(Number(lastCall?.deadline)).toBeLessThanOrEqual(Date.now() + PATIENCE_MS);
    expect(proxy.calls.map(({ method, request }) => ({ method, request }))).toEqual([
      { method: 'Set', request: { door: { door_id: bigId, state: 'CLOSED' } } },
    ]);
  });

  it("passes the server's own errors on", async () => {
    await expect(set({ door_id: '404', state: 'OPEN' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'no such door',
    });
  });

  it('answers a chosen call before its effect, and only the chosen one', async () => {
    proxy
      .when({ method: 'Set', where: (request) => (request.door as Door).state === 'CLOSED' })
      .answer({ code: status.UNAVAILABLE });

    await expect(set({ door_id: '1', state: 'CLOSED' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect(set({ door_id: '1', state: 'CLOSED' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await set({ door_id: '1', state: 'OPEN' });
    expect(effects).toEqual([{ door_id: '1', state: 'OPEN' }]);
  });

  it('answers after the effect', async () => {
    proxy.when({ method: 'Set', times: 1 }).answerAfter({ code: status.INTERNAL });

    await expect(set({ door_id: '1', state: 'CLOSED' })).rejects.toMatchObject({ code: status.INTERNAL });
    expect(effects).toHaveLength(1);
    await set({ door_id: '2', state: 'CLOSED' });
    expect(effects).toHaveLength(2);
  });

  it('answers a chosen call with a message, instead of the effect or after it', async () => {
    const message = { door_id: bigId, state: 'UNKNOWN' };
    proxy.when({ method: 'Set', times: 1 }).answer({ message });
    proxy.when({ method: 'Set', times: 1 }).answerAfter({ message });

    await expect(set({ door_id: '1', state: 'OPEN' })).resolves.toEqual(message);
    expect(effects).toHaveLength(0);
    await expect(set({ door_id: '1', state: 'OPEN' })).resolves.toEqual(message);
    expect(effects).toHaveLength(1);
  });

  it('drops a call before or after its effect, and the caller meets its own deadline', async () => {
    proxy.when({ method: 'Set', times: 1 }).drop();
    proxy.when({ method: 'Set', times: 1 }).dropAfter();

    await expect(set({ door_id: '1', state: 'OPEN' }, 200)).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    expect(effects).toHaveLength(0);
    await expect(set({ door_id: '2', state: 'OPEN' }, 200)).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await until('the effect', PATIENCE_MS, () => effects.length === 1);
  });

  it('delays the n-th call', async () => {
    proxy.when({ method: 'Set', fromNth: 2, times: 1 }).delay(60 * PATIENCE_MS);
    await set({ door_id: '1', state: 'OPEN' });
    const delayed = client.Set(
      { door: { door_id: '2', state: 'OPEN' } },
      new Metadata(),
      {},
      () => undefined,
    );
    await set({ door_id: '3', state: 'OPEN' });
    expect(effects.map((door) => door.door_id)).toEqual(['1', '3']);
    delayed.cancel();

    proxy.when({ method: 'Set', times: 1 }).delay(300);
    const start = performance.now();
    await set({ door_id: '4', state: 'OPEN' });
    expect(performance.now() - start).toBeGreaterThanOrEqual(290);
  });

  it('holds a call before its effect until it is released', async () => {
    const held = proxy.when({ method: 'Set', times: 1 }).hold();
    const answer = set({ door_id: '1', state: 'OPEN' });
    await held.reached;
    expect(effects).toHaveLength(0);

    held.release();
    await answer;
    expect(effects).toHaveLength(1);
  });

  it('holds an answer after the effect', async () => {
    const held = proxy.when({ method: 'Set', times: 1 }).holdAfter();
    const answer = set({ door_id: '1', state: 'OPEN' });
    await held.reached;
    expect(effects).toHaveLength(1);

    held.release();
    await expect(answer).resolves.toMatchObject({ door_id: '1' });
  });

  it('forgets a held call whose caller has gone', async () => {
    const held = proxy.when({ method: 'Set', times: 1 }).hold();
    const call = client.Set({ door: { door_id: '7', state: 'OPEN' } }, new Metadata(), {}, () => undefined);
    await held.reached;
    call.cancel();
    // A call of the same connection comes after the cancellation, so the proxy knows of it by then.
    await set({ door_id: '8', state: 'OPEN' });
    held.release();
    await set({ door_id: '9', state: 'OPEN' });

    expect(effects.map((door) => door.door_id)).toEqual(['8', '9']);
  });

  it('refuses connections and takes them again at the same address', async () => {
    await set({ door_id: '1', state: 'OPEN' });
    proxy.refuseConnections();
    await expect(set({ door_id: '2', state: 'OPEN' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await proxy.acceptConnections();
    client.getChannel().getConnectivityState(true);
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + PATIENCE_MS, (error) => (error ? reject(error) : resolve())),
    );

    await set({ door_id: '3', state: 'OPEN' });
    expect(effects.map((door) => door.door_id)).toEqual(['1', '3']);
  });
});
