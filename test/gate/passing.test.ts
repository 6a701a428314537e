import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, rawClient, RETRIEVE, useStarted, until, WRITE, type Behaviour } from './support';

const started = useStarted();

const echo: Behaviour = (seen, response) => {
  response.writeHead(200, 'Fine', [
    'X-Twice',
    'one',
    'X-Twice',
    'two',
    'x-case-Kept',
    'yes',
    'Keep-Alive',
    'timeout=1',
  ]);
  response.end(`${seen.method} ${seen.path} ${seen.body}`);
};

describe('what passes through the gate', () => {
  it('leaves method, path, query, headers and body as they came', async () => {
    const rekor = await started.rekor(echo);
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    const reply = await ask(url, {
      method: 'PATCH',
      path: '/api/v1/log/%65ntries//x?b=2&a=%20',
      headers: { 'X-Own': ['1', '2'], TE: 'trailers', Host: 'rekor.example' },
      body: 'hello',
    });
    expect(reply.status).toBe(200);
    expect(reply.body).toBe('PATCH /api/v1/log/%65ntries//x?b=2&a=%20 hello');
    expect(rekor.seen[0]?.headers['x-own']).toEqual(['1', '2']);
    expect(rekor.seen[0]?.headers['host']).toEqual(['rekor.example']);
    expect(rekor.seen[0]?.headers['te']).toBeUndefined();
    expect(reply.rawHeaders.join('|')).toContain('X-Twice|one|X-Twice|two|x-case-Kept|yes');
    expect(reply.rawHeaders.join('|')).not.toContain('timeout=1|');
  });

  it('drops the headers that Connection names, and appends the client to X-Forwarded-For', async () => {
    const rekor = await started.rekor(echo);
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    await ask(url, {
      path: '/ping',
      headers: { Connection: 'close, X-Mine', 'X-Mine': '1', 'X-Forwarded-For': '192.0.2.7' },
    });
    expect(rekor.seen[0]?.headers['x-mine']).toBeUndefined();
    expect(rekor.seen[0]?.headers['x-forwarded-for']).toEqual(['192.0.2.7, 127.0.0.1']);
  });

  it('answers a POST to entries/retrieve, which is a read, while writes are held', async () => {
    const rekor = await started.rekor(echo);
    const gate = await started.gate({ firstInstances: [rekor.url] });
    await gate.hold(1);
    const reply = await ask(gate.url, { method: 'POST', path: RETRIEVE, body: '{}' });
    expect(reply.body).toBe(`POST ${RETRIEVE} {}`);
  });

  it.each(['//api/v1/log/entries', '/api/v1/./log/entries/', '/api/v1/x/../log/entries?apiKey=1'])(
    'holds a write that is spelt %s, as Rekor cleans paths before it matches them',
    async (path) => {
      const { rekor, gate } = await started.both();
      await gate.hold(1);
      const write = gate.write('one', { path });
      await until('the write waits', async () => (await gate.state()).writesWaiting === 1);
      expect(rekor.seen).toHaveLength(0);
      await gate.send(1, rekor.url);
      expect((await write).status).toBe(201);
      expect(rekor.seen[0]?.path).toBe(path);
    },
  );

  it('answers pipelined requests in their order, a held write among them', async () => {
    const rekor = await started.rekor((seen, response) => void response.end(`<${seen.path}>`));
    const gate = await started.gate({ firstInstances: [rekor.url] });
    await gate.hold(1);
    const { socket, received } = await rawClient(gate.url);
    socket.write(
      `GET /first HTTP/1.1\r\nHost: x\r\n\r\nPOST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`,
    );
    socket.write('GET /third HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the first is answered', () => received().includes('</first>'));
    expect(received()).not.toContain('</third>');
    await gate.send(1, rekor.url);
    await until('all are answered', () => received().includes('</third>'));
    expect(received().match(/<[^>]+>/g)).toEqual(['</first>', `<${WRITE}>`, '</third>']);
    socket.destroy();
  });

  it('streams a large answer at the pace of its client', async () => {
    const size = 8 * 1024 * 1024;
    const rekor = await started.rekor((_seen, response) => void response.end(Buffer.alloc(size, 'x')));
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    const { socket, received } = await rawClient(url);
    socket.pause();
    socket.write('GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await pause(50);
    socket.resume();
    await until('all has come', () => received().length > size);
    socket.destroy();
  });
});

describe('a Rekor that misbehaves', () => {
  it('says 502 in the shape of Rekor when nobody listens', async () => {
    const { rekor, gate } = await started.both();
    await rekor.close();
    for (const reply of [await ask(gate.url, { path: '/api/v1/log' }), await gate.write('one')]) {
      expect(reply.status).toBe(502);
      expect(JSON.parse(reply.body)).toMatchObject({
        code: 502,
        message: expect.stringContaining('no answer') as string,
      });
    }
  });

  it('repeats a read once when the connection broke before its answer, and never a write', async () => {
    let calls = 0;
    const rekor = await started.rekor((_seen, response, socket) => {
      calls += 1;
      if (calls === 1) socket.destroy();
      else response.end('second');
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    expect((await ask(gate.url, { path: '/api/v1/log' })).body).toBe('second');
    calls = 0;
    expect((await gate.write('one')).status).toBe(502);
    expect(calls).toBe(1);
  });

  it('breaks the connection of a read whose answer broke off, rather than end it as if whole', async () => {
    const rekor = await started.rekor((_seen, response, socket) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('half', () => socket.destroy());
    });
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    await expect(ask(url, { path: '/api/v1/log' })).rejects.toThrow();
    expect(rekor.seen).toHaveLength(1);
  });

  it('says 502 to a write whose answer broke off', async () => {
    const rekor = await started.rekor((_seen, response, socket) => {
      response.writeHead(201, { 'Content-Length': '10' });
      response.write('half', () => socket.destroy());
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    expect((await gate.write('one')).status).toBe(502);
    expect((await gate.state()).writesInFlight).toBe(0);
  });

  it('takes a read back from Rekor when its client has left', async () => {
    let left = false;
    const rekor = await started.rekor(
      (_seen, _response, socket) => void socket.once('close', () => (left = true)),
    );
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    const leave = new AbortController();
    const read = ask(url, { path: '/api/v1/log', signal: leave.signal });
    await until('the read is at Rekor', () => rekor.seen.length === 1);
    leave.abort();
    await expect(read).rejects.toThrow();
    await until('Rekor is rid of it', () => left);
  });
});

describe('connections that are kept alive', () => {
  it('keeps those of clients longer than any proxy in front does (H18)', async () => {
    const rekor = await started.rekor(echo);
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    const agent = new Agent({ keepAlive: true });
    const reply = await ask(url, { path: '/ping', agent });
    expect(reply.headers['keep-alive']).toBe('timeout=620');
    agent.destroy();
  });

  it('fails no read when each comes just as Rekor closes the idle connection (H18)', async () => {
    const idleMs = 20;
    const rekor = await started.rekor((_seen, response, socket) => {
      response.end('ok');
      setTimeout(() => socket.destroy(), idleMs);
    });
    const gate = await started.gate({ firstInstances: [rekor.url] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let request = 0; request < 30; request += 1) {
      expect((await ask(gate.url, { path: '/api/v1/log', agent })).status).toBe(200);
      await pause(idleMs - 3 + (request % 5));
    }
    agent.destroy();
    expect(new Set(rekor.seen.map(({ connection }) => connection)).size).toBeGreaterThan(5);
  });

  it('gives up its own idle connection to Rekor before the 10 s after which Rekor does (H18)', async () => {
    const rekor = await started.rekor(echo, { keepAliveTimeout: 0 });
    let closedAfterMs = 0;
    const closer = new Promise<string>((resolve) => {
      rekor.behave = (_seen, response, socket) => {
        const opened = performance.now();
        const rekorCloses = setTimeout(() => resolve('Rekor'), 10_000);
        socket.once('close', () => {
          clearTimeout(rekorCloses);
          closedAfterMs = performance.now() - opened;
          resolve('the gate');
        });
        response.writeHead(200, { Connection: 'keep-alive' });
        response.end();
      };
    });
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    await ask(url, { path: '/ping' });
    expect(await closer).toBe('the gate');
    expect(closedAfterMs).toBeGreaterThan(2_000);
  });
});
