import { Agent, createServer, request as requestTo, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { startHttpProxy, type HttpProxy } from '../../faults/http-proxy';
import { until } from '../../harness/waiting';
import { PATIENCE_MS } from '../../harness/waiting';

describe('the HTTP proxy before the gate and Rekor', () => {
  const effects: string[] = [];
  let server: Server;
  let proxy: HttpProxy;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        effects.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
        response.writeHead(201, { location: '/made', 'x-token': request.headers.authorization ?? 'none' });
        response.end(`did ${body}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await startHttpProxy({ upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });

  afterAll(async () => {
    await proxy.end();
    server.close();
  });

  beforeEach(() => {
    proxy.clear();
    proxy.forgetCalls();
    effects.length = 0;
  });

  function put(body: string, timeoutMs = PATIENCE_MS): Promise<Response> {
    return fetch(`${proxy.url}/order?why=test`, {
      method: 'PUT',
      body,
      headers: { authorization: 'Bearer t' },
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  it('passes method, path, headers, body, status and answer on', async () => {
    const answer = await put('hold');

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/made');
    expect(answer.headers.get('x-token')).toBe('Bearer t');
    expect(await answer.text()).toBe('did hold');
    expect(effects).toEqual(['PUT /order?why=test hold']);
    expect(proxy.calls).toMatchObject([{ method: 'PUT', path: '/order?why=test', body: 'hold' }]);
  });

  it('answers a request chosen by its body before its effect', async () => {
    proxy
      .when({ method: 'PUT', path: /^\/order/, where: (body) => body.includes('release') })
      .answer({ status: 500 });

    expect((await put('release')).status).toBe(500);
    expect((await put('hold')).status).toBe(201);
    expect(effects).toEqual(['PUT /order?why=test hold']);
  });

  it('answers after the effect, once', async () => {
    proxy.when({ path: /order/, times: 1 }).answerAfter({ status: 503, headers: { 'retry-after': '2' } });

    const answer = await put('hold');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await put('hold')).status).toBe(201);
    expect(effects).toHaveLength(2);
  });

  it('drops a request before or after its effect', async () => {
    proxy.when({ path: /order/, times: 1 }).drop();
    proxy.when({ path: /order/, times: 1 }).dropAfter();

    await expect(put('one', 200)).rejects.toThrow(/timeout/);
    expect(effects).toHaveLength(0);
    await expect(put('two', 200)).rejects.toThrow(/timeout/);
    await until('the effect', PATIENCE_MS, () => effects.length === 1);
  });

  it('delays a request', async () => {
    proxy.when({ path: /order/, times: 1 }).delay(300);
    const start = Date.now();
    await put('hold');

    expect(Date.now() - start).toBeGreaterThanOrEqual(290);
  });

  it('holds a request before, and an answer after its effect', async () => {
    const before = proxy.when({ path: /order/, times: 1 }).hold();
    const first = put('first');
    await before.reached;
    expect(effects).toHaveLength(0);
    before.release();
    expect((await first).status).toBe(201);

    const after = proxy.when({ path: /order/, times: 1 }).holdAfter();
    const second = put('second');
    await after.reached;
    expect(effects).toHaveLength(2);
    after.release();
    expect((await second).status).toBe(201);
  });

  it('forgets a held request whose caller has gone', async () => {
    const held = proxy.when({ path: /order/, times: 1 }).hold();
    await expect(put('gone', 200)).rejects.toThrow(/timeout/);
    await held.reached;
    // Two turns to the server and back: by then the proxy has seen the connection close.
    await put('later');
    held.release();
    await put('last');

    expect(effects).toEqual(['PUT /order?why=test later', 'PUT /order?why=test last']);
  });

  /** A request over a connection that is kept, and that connection. */
  async function getKept(agent: Agent): Promise<{ readonly status: number; readonly socket: Socket }> {
    return await new Promise((resolve, reject) => {
      const request = requestTo(`${proxy.url}/kept`, { agent }, (response) => {
        const { socket, statusCode: status = 0 } = response;
        response.resume();
        response.once('end', () => resolve({ status, socket }));
      });
      request.once('error', reject);
      request.end();
    });
  }

  it('has one connection to the server for each of a caller', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const see = (request: IncomingMessage): unknown => ports.add(request.socket.remotePort);
    server.on('request', see);
    for (let count = 0; count < 3; count += 1) {
      await getKept(agent);
    }
    server.off('request', see);
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it('leads a connection to no other process than the one it was opened to, and ends it with that', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const held = proxy.when({ path: /kept/, times: 1 }).holdAfter();
    const owed = getKept(agent);
    await held.reached;
    server.closeAllConnections();
    held.release();
    const { status, socket } = await owed;
    expect(status).toBe(201);

    const later = await getKept(agent).catch(() => null);
    expect(later?.socket === socket).toBe(false);
    await until('its end', PATIENCE_MS, () => socket.closed);
    agent.destroy();
  });

  it('refuses connections and takes them again at the same address', async () => {
    await proxy.refuseConnections();
    await expect(put('refused')).rejects.toThrow(/fetch failed/);
    await proxy.acceptConnections();

    expect((await put('taken')).status).toBe(201);
    expect(effects).toEqual(['PUT /order?why=test taken']);
  });
});
