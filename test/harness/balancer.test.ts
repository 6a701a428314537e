import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { cuttableWire, type CuttableWire } from '../../faults/wire';
import { ANSWERED_BY, startBalancer, type Balancer } from '../../harness/balancer';
import { PATIENCE_MS, until } from '../../harness/waiting';
import type { GateName } from '../../lab/lab';

/** A server in place of a gate. */
interface Stand {
  readonly name: GateName;
  readonly wire: CuttableWire;
  readonly server: Server;
  readonly url: string;
  ready: boolean;
  requests: number;
  answer: RequestListener;
}

describe('the balancer before two gates', () => {
  let stands: readonly [Stand, Stand];
  let balancer: Balancer;

  beforeEach(async () => {
    stands = [await stand('gate'), await stand('gate-2')];
    balancer = await startBalancer(stands);
  });

  afterEach(async () => {
    await balancer.end();
    await Promise.all(stands.map(closed));
  });

  const ask = async (init?: RequestInit): Promise<number> =>
    (await fetch(`${balancer.url}/api/v1/log`, init)).status;

  it('gives each request to the next of them, and says which Rekor answered', async () => {
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([200, 200, 200, 200]);
    expect(stands.map(({ requests }) => requests)).toEqual([2, 2]);
    expect(balancer.passed.map(({ answeredBy }) => answeredBy)).toEqual(['blue', 'blue', 'blue', 'blue']);
  });

  it('asks the other one when the first refuses the connection', async () => {
    await closed(stands[0]);
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 200]);
    expect(stands[1].requests).toBe(3);
  });

  it('leaves one out that is not ready', async () => {
    stands[0].ready = false;
    await until('it to be left out', PATIENCE_MS, async () => {
      const before = stands[0].requests;
      await Promise.all([ask(), ask()]);
      return stands[0].requests === before;
    });
    stands[0].ready = true;
    await until('it to be asked again', PATIENCE_MS, async () => {
      await ask();
      return balancer.passed.at(-1)?.gate === 'gate';
    });
  });

  it('does not repeat a request whose connection breaks after it was sent', async () => {
    for (const each of stands) each.answer = (request) => request.socket.destroy();
    await expect(ask({ method: 'POST', body: 'an entry' })).rejects.toThrow();
    expect(stands[0].requests + stands[1].requests).toBe(1);
    expect(balancer.passed).toMatchObject([{ method: 'POST', status: null }]);
  });

  it('says 503 when nobody takes a request', async () => {
    await Promise.all(stands.map(closed));
    expect(await ask()).toBe(503);
    expect(balancer.passed).toEqual([]);
  });

  it('sends nothing over a wire that is silent, and asks the other one instead', async () => {
    stands[0].wire.silence();
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expect(stands.map(({ requests }) => requests)).toEqual([0, 2]);
  });

  it('breaks a request whose answer is lost', async () => {
    for (const each of stands) {
      const { answer } = each;
      each.answer = (request, response) => {
        each.wire.silence();
        answer(request, response);
      };
    }
    const asked = ask();
    await until('the request', PATIENCE_MS, () => stands.some(({ requests }) => requests > 0));
    const broken = expect(asked).rejects.toThrow();
    await pause(50);
    expect(balancer.passed).toEqual([]);
    await Promise.all(stands.map(({ wire }) => wire.refuse()));
    await broken;
    expect(stands[0].requests + stands[1].requests).toBe(1);
  });
});

async function stand(name: GateName): Promise<Stand> {
  const server = createServer((request, response) => {
    if (request.url === '/rekor-rotate/readyz') {
      response.writeHead(self.ready ? 200 : 503).end();
      return;
    }
    self.requests += 1;
    self.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const self: Stand = {
    ...{ name, server, wire: cuttableWire(), ready: true, requests: 0 },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (_request, response) => void response.writeHead(200, { [ANSWERED_BY]: 'blue' }).end('{}'),
  };
  return self;
}

async function closed({ server }: Stand): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
