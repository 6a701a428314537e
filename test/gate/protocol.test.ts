import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestFault } from '../../gate/protocol-errors';
import { brokenAnswer, connector, Upstream } from '../../gate/upstream';
import { BUILD_MS, exchange, startRouter, statusOf, type Router } from './rekor-router';
import { ask, created, rawClient, useStarted, until, WRITE } from './support';

const started = useStarted();

const HEAD = 'Host: x\r\nConnection: close\r\n';
const lines = (count: number, bytes: number): string =>
  Array.from({ length: count }, (_none, index) => `X-${index}: ${'v'.repeat(bytes)}\r\n`).join('');
const KIB = 1024;

/** What a whole answer brought, beside its status. */
const bodyOf = (received: string): string => received.slice(received.indexOf('\r\n\r\n') + 4);

describe("answers of the gate, beside those of Rekor's own server", () => {
  let router: Router;
  beforeAll(async () => {
    router = await startRouter();
  }, BUILD_MS);
  afterAll(() => router.close());

  const write = (headers: string, body = ''): string =>
    `POST ${WRITE} HTTP/1.1\r\n${HEAD}${headers}\r\n${body}`;

  it.each<[string, number, string]>([
    ['two Host lines', 400, `GET /api/v1/log HTTP/1.1\r\nHost: y\r\n${HEAD}\r\n`],
    ['no Host line', 400, 'GET /api/v1/log HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no Host line in HTTP/1.0', 404, 'GET /nowhere HTTP/1.0\r\n\r\n'],
    ['OPTIONS of the whole server', 200, `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`],
    ['a whole URL', 404, `GET http://rekor.example/nowhere?x HTTP/1.1\r\n${HEAD}\r\n`],
    ['a scheme in capitals', 404, `GET HTTP://rekor.example/nowhere HTTP/1.1\r\n${HEAD}\r\n`],
    ['another scheme', 404, `GET ftp://rekor.example/nowhere HTTP/1.1\r\n${HEAD}\r\n`],
    ['a write with a scheme in capitals', 201, write('').replace('/api', 'HTTP://x/api')],
    ['header lines of 20 KiB', 404, `GET /nowhere HTTP/1.1\r\n${HEAD}${lines(20, KIB)}\r\n`],
    ['one header line of 900 KiB', 404, `GET /nowhere HTTP/1.1\r\n${HEAD}${lines(1, 900 * KIB)}\r\n`],
    ['header lines of 2 MiB', 431, `GET /nowhere HTTP/1.1\r\n${HEAD}${lines(2, 1024 * KIB)}\r\n`],
    ['4,000 header lines', 404, `GET /nowhere HTTP/1.1\r\n${HEAD}${lines(4_000, 8)}\r\n`],
    ['a chunked write', 201, write('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n')],
    ['a chunked write in capitals', 201, write('Transfer-Encoding: CHUNKED\r\n', '3\r\nabc\r\n0\r\n\r\n')],
    [
      'a chunked write with trailers',
      201,
      write('Transfer-Encoding: chunked\r\n', '1\r\na\r\n0\r\nX: y\r\n\r\n'),
    ],
    ['another coding before chunked', 501, write('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
    ['an expectation that nobody knows', 417, write('Expect: rain\r\nContent-Length: 1\r\n', 'a')],
    ['no HTTP', 400, 'HELLO\r\n\r\n'],
  ])('are the same to %s: %i', async (_what, status, request) => {
    const gate = await started.gate({ firstInstances: [router.url] });
    expect(statusOf(await exchange(router.url, request))).toBe(status);
    expect(statusOf(await exchange(gate.url, request))).toBe(status);
  });

  it('are made of the same headers and body, though a body is announced behind thousands of header lines', async () => {
    const gate = await started.gate({ firstInstances: [router.url] });
    const headers = Object.fromEntries(Array.from({ length: 4_000 }, (_none, index) => [`X-${index}`, 'v']));
    const request = {
      method: 'POST',
      path: WRITE,
      headers: { ...headers, 'Content-Length': '3' },
      body: 'abc',
    };
    const [direct, through] = await Promise.all(
      [router.url, gate.url].map(async (url) => JSON.parse((await ask(url, request)).body) as Arrived),
    );
    if (!direct || !through) throw new Error('no answer');
    expect(through.bytes).toBe(3);
    const namesOf = ({ headers: seen }: Arrived): string[] =>
      Object.keys(seen).filter((name) => name !== 'Connection');
    const names = namesOf(direct);
    expect(namesOf(through).sort()).toEqual([...names, 'X-Forwarded-For'].sort());
    expect(names.length).toBeGreaterThan(4_000);
  });

  interface Arrived {
    readonly headers: Record<string, string[]>;
    readonly bytes: number;
  }
});

describe('what is no request', () => {
  const POST = `POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n`;

  it.each([
    ['bytes that are none', `${POST}\r\n1`, 'garbage\r\n\r\n'],
    ['a header block that is broken', `${POST}\r\n1`, 'GET / HTTP/1.1\r\nHost x\r\n\r\n'],
    ['bytes after the last request', `${POST}Connection: close\r\n\r\n1`, 'more'],
  ])('is not answered in the place of the write before it: %s', async (_what, request, then) => {
    let answer: () => void = () => undefined;
    const rekor = await started.rekor(async (seen, response, socket) => {
      await new Promise<void>((resolve) => (answer = resolve));
      await created(seen, response, socket);
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const received = exchange(gate.url, request + then);
    await until('the write is at Rekor', () => rekor.seen.length === 1);
    answer();
    const all = await received;
    expect(statusOf(all)).toBe(201);
    expect(all).not.toContain('HTTP/1.1 400');
    expect(all).toContain('Connection: close');
    expect(rekor.seen[0]?.headers['x-forwarded-for']).toEqual(['127.0.0.1']);
  });

  it('is answered with 400 in the shape of Rekor when no answer is owed, also within a body', async () => {
    const { rekor, gate } = await started.both();
    const chunked = `POST ${WRITE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    for (const request of ['garbage\r\n\r\n', `${chunked}no length\r\n`]) {
      const received = await exchange(gate.url, request);
      expect(statusOf(received)).toBe(400);
      expect(JSON.parse(bodyOf(received))).toMatchObject({ code: 400 });
    }
    expect(rekor.seen).toHaveLength(0);
  });

  it('ends the connection after the answers before it, which were complete', async () => {
    const rekor = await started.rekor((seen, response) => void response.end(`<${seen.path}>`));
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const received = await exchange(
      gate.url,
      'GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n',
    );
    expect(received.match(/<[^>]+>/g)).toEqual(['</1>', '</2>']);
    expect(received).not.toContain('HTTP/1.1 400');
  });

  it('is refused when a header has no name, which not every Node.js sees to', () => {
    const request = { rawHeaders: ['Host', 'x'], headers: { host: 'x' }, httpVersion: '1.1' };
    expect(requestFault(request)).toBeNull();
    const nameless = { rawHeaders: [...request.rawHeaders, '', 'y'], headers: { host: 'x', '': 'y' } };
    expect(requestFault({ ...request, ...nameless })?.status).toBe(400);
  });
});

describe('answers of Rekor that are rare', () => {
  it('pass with headers of far more than 16 KiB', async () => {
    const rekor = await started.rekor((_seen, response) => {
      response.writeHead(200, { 'X-Long': 'v'.repeat(100 * KIB) });
      response.end('whole');
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    for (const method of ['GET', 'POST']) {
      const received = await exchange(gate.url, `${method} ${WRITE} HTTP/1.1\r\n${HEAD}\r\n`);
      expect(statusOf(received)).toBe(200);
      expect(received).toContain('v'.repeat(100 * KIB));
    }
  });

  it('have no Content-Length where HTTP allows none', async () => {
    const rekor = await started.rekor((_seen, response) => {
      response.writeHead(204);
      response.end();
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const reply = await gate.write('one');
    expect(reply.status).toBe(204);
    expect(reply.headers['content-length']).toBeUndefined();
  });

  it('are told alone, without the interim answers before them', async () => {
    const rekor = await started.rekor((seen, response, socket) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      return created(seen, response, socket);
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    for (const method of ['GET', 'POST']) {
      const received = await exchange(gate.url, `${method} ${WRITE} HTTP/1.1\r\n${HEAD}\r\n`);
      expect(statusOf(received)).toBe(201);
      expect(received.match(/HTTP\/1.1/g)).toHaveLength(1);
    }
  });
});

describe('a 502', () => {
  it('is for what Rekor was asked; what cannot be sent at all is a 400', async () => {
    const server = createServer();
    let requests = 0;
    server.on('request', () => (requests += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    started.later(() => new Promise((resolve) => server.close(() => resolve())));
    const upstream = new Upstream(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connector(() => undefined),
    );
    started.later(() => upstream.destroy());
    const call = { method: 'GET', headers: [], body: null };
    const broken: unknown = await upstream.ask({ ...call, path: 'nowhere' }).catch((error: unknown) => error);
    expect(brokenAnswer(broken)).toMatchObject({ status: 400 });
    expect(requests).toBe(0);
  });

  it('is for what was given up before it was asked, and then nobody is asked', async () => {
    const rekor = await started.rekor();
    const upstream = new Upstream(
      rekor.url,
      connector(() => undefined),
    );
    started.later(() => upstream.destroy());
    const call = { method: 'GET', path: '/api/v1/log', headers: [], body: null };
    await expect(upstream.ask(call, AbortSignal.abort())).rejects.toThrow('given up');
    expect(rekor.seen).toEqual([]);
  });

  it('is in the shape of Rekor and names the cause when nobody listens', async () => {
    const { rekor, gate } = await started.both();
    await rekor.close();
    const reply = await ask(gate.url, { path: '/api/v1/log' });
    expect(reply.status).toBe(502);
    expect(reply.body).toContain('ECONNREFUSED');
  });
});

describe('a connection', () => {
  it('stays open after an answer whose request was complete', async () => {
    const { gate } = await started.both();
    const { socket, received } = await rawClient(gate.url);
    for (const count of [1, 2]) {
      socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
      await until('it is answered', () => received().match(/201 Created/g)?.length === count);
    }
    expect(received()).not.toContain('Connection: close');
    socket.destroy();
  });
});
