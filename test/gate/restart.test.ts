import { readFileSync } from 'node:fs';
import { commandsOf } from '../docs/markdown';
import { freePort } from '../free-port';
import { SocketSupervisor, type GateProcess } from './socket-supervisor';
import { startLoad } from './restart-load';
import { ask, created, rawClient, until, useStarted, WRITE, type Behaviour, type FakeRekor } from './support';

/** Gates as processes of their own, on sockets that something else keeps open, as systemd does. */

const started = useStarted();

const slowly: Behaviour = (seen, response, socket) => {
  setTimeout(() => void created(seen, response, socket), 10);
};

async function supervisor(rekor: FakeRekor): Promise<SocketSupervisor> {
  const opened = await SocketSupervisor.open(rekor.url);
  started.later(() => opened.close());
  return opened;
}

/** One that serves, and one that stands by. */
async function pair(sockets: SocketSupervisor): Promise<[GateProcess, GateProcess]> {
  const serving = await sockets.start();
  await serving.says('gate open');
  const standby = await sockets.start();
  await standby.says('standing by');
  return [serving, standby];
}

const posts = (rekor: FakeRekor): string[] =>
  rekor.seen.filter(({ method, path }) => method === 'POST' && path === WRITE).map(({ body }) => body);

/** The units that a document restarts, one command after the other. */
function restartsIn(document: string): string[] {
  const commands = commandsOf(document).flatMap((line) => line.split(' && '));
  return commands.flatMap((command) => /^systemctl restart (\S+)$/.exec(command)?.[1] ?? []);
}

describe('a gate that is restarted under load', () => {
  it.each([1, 2])(
    'fails no request in 10 restarts, each as the document says, and sends each write once, run %i',
    async () => {
      const rekor = await started.rekor(slowly);
      const sockets = await supervisor(rekor);
      const gates = new Map<string, GateProcess>();
      for (const unit of ['rekor-rotate-gate@1', 'rekor-rotate-gate@2']) {
        const gate = await sockets.start();
        await gate.isReady();
        gates.set(unit, gate);
      }
      const restarts = restartsIn('docs/gate.md');
      expect(restarts).toEqual([...gates.keys()]);
      const end = startLoad(sockets.gate.url);
      for (let round = 0; round < 5; round += 1) {
        for (const unit of restarts) {
          const former = gates.get(unit);
          former?.signal('SIGTERM');
          expect(await former?.ended).toBe(0);
          const gate = await sockets.start();
          await gate.isReady();
          gates.set(unit, gate);
        }
      }
      const { failures, acknowledged, made } = await end();
      expect(failures).toEqual([]);
      expect(posts(rekor).sort()).toEqual([...acknowledged].sort());
      expect(Math.min(...Object.values(made))).toBeGreaterThan(50);
    },
  );

  it('fails none where it is alone: connections wait in the kernel until it is back', async () => {
    const rekor = await started.rekor(slowly);
    const sockets = await supervisor(rekor);
    let gate = await sockets.start();
    await gate.says('gate open');
    const end = startLoad(sockets.gate.url);
    for (let restart = 0; restart < 3; restart += 1) {
      gate.signal('SIGTERM');
      expect(await gate.ended).toBe(0);
      gate = await sockets.start();
      await gate.says('gate open');
    }
    const { failures, acknowledged } = await end();
    expect(failures).toEqual([]);
    expect(posts(rekor).sort()).toEqual([...acknowledged].sort());
  });
});

describe('a gate that is told to stop while another one stands by', () => {
  it('serves until the hold has ended, whose orders come to it', async () => {
    const [current, next] = [await started.rekor(), await started.rekor()];
    const sockets = await supervisor(current);
    const { gate } = sockets;
    const [serving, standby] = await pair(sockets);
    await gate.hold(1);
    const write = gate.write('held');
    await until('it waits', async () => (await gate.state()).writesWaiting === 1);
    serving.signal('SIGTERM');
    // New connections, and none of them waits.
    for (let read = 0; read < 20; read += 1) await ask(gate.url, { path: '/api/v1/log' });
    expect(await gate.state()).toMatchObject({ mode: 'hold', number: 1, writesWaiting: 1 });
    expect(standby.log()).not.toContain('gate open');

    await gate.send(1, next.url);
    expect((await write).status).toBe(201);
    await standby.says('gate open');
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 1, instances: [next.url] });
    expect((await gate.write('later')).status).toBe(201);
    expect([posts(current), posts(next)]).toEqual([[], ['held', 'later']]);
    expect(await serving.ended).toBe(0);
  });

  it('asks no other gate of the log, for it knows what the process before it knew; a killed one tells nobody', async () => {
    const rekor = await started.rekor();
    const sockets = await SocketSupervisor.open(rekor.url, [`127.0.0.1:${await freePort()}`]);
    started.later(() => sockets.close());
    const { gate } = sockets;
    const first = await sockets.start();
    await until('it is given an order', () =>
      gate
        .order('switch', { attemptId: 'r1/1', number: 1, instances: [rekor.url] })
        .then(() => gate.send(1, rekor.url))
        .then(() => true)
        .catch(() => false),
    );
    await first.says('gate open');
    const second = await sockets.start();
    await second.says('standing by');
    first.signal('SIGTERM');
    await second.says('gate open');
    expect((await gate.write('handed over')).status).toBe(201);
    expect(await gate.state()).toMatchObject({ informed: true, number: 1 });

    const third = await sockets.start();
    await third.says('standing by');
    second.signal('SIGKILL');
    await until('the third one takes orders', () =>
      gate
        .state()
        .then(() => true)
        .catch(() => false),
    );
    expect(await gate.state()).toMatchObject({ informed: false, number: 1 });
    expect(third.log()).not.toContain('gate open');
  });

  it('sends an upload that ends later where the gates send by then (H16)', async () => {
    const [current, next] = [await started.rekor(), await started.rekor()];
    const sockets = await supervisor(current);
    const { gate } = sockets;
    const [serving, standby] = await pair(sockets);
    const slow = await rawClient(gate.url);
    slow.socket.write(`POST ${WRITE} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nsl`);
    // The connection is the serving gate's: what comes after it is answered.
    await ask(gate.url, { path: '/api/v1/log' });
    serving.signal('SIGTERM');
    await standby.says('gate open');

    await gate.hold(1);
    slow.socket.write('ow');
    await until('it waits in the other one', async () => (await gate.state()).writesWaiting === 1);
    await gate.send(1, next.url);
    await until('it is answered', () => slow.received().includes('201 Created'));
    expect(slow.received()).toContain('Connection: close');
    expect([posts(current), posts(next)]).toEqual([[], ['slow']]);
    slow.socket.destroy();
    expect(await serving.ended).toBe(0);
    expect(JSON.parse(readFileSync(sockets.stateFile, 'utf8'))).toMatchObject({
      number: 1,
      instances: [next.url],
    });
  });

  it('lets a call that Rekor does not answer end by itself, and waits no longer for it', async () => {
    let answer = (): void => undefined;
    const rekor = await started.rekor(async (seen, response, socket) => {
      if (seen.body === 'stuck') await new Promise<void>((resolve) => (answer = resolve));
      await created(seen, response, socket);
    });
    const sockets = await supervisor(rekor);
    const [serving, standby] = await pair(sockets);
    const stuck = sockets.gate.write('stuck');
    await until('it is at Rekor', () => posts(rekor).length === 1);
    serving.signal('SIGTERM');
    await standby.says('gate open');
    expect((await sockets.gate.write('other')).status).toBe(201);
    answer();
    expect((await stuck).status).toBe(201);
    expect(await serving.ended).toBe(0);
  });
});

describe('a gate that is killed while another one stands by', () => {
  it('breaks what was under way, and nothing else', async () => {
    const rekor = await started.rekor((seen, response, socket) => {
      if (seen.body !== 'under way') return created(seen, response, socket);
    });
    const sockets = await supervisor(rekor);
    const { gate } = sockets;
    const [serving, standby] = await pair(sockets);
    await gate.send(5, rekor.url);
    const broken = gate.write('under way').catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    await until('it is at Rekor', () => posts(rekor).length === 1);
    serving.signal('SIGKILL');
    const writes = Array.from({ length: 50 }, (_none, number) => gate.write(`after ${number}`));
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(writes.map(() => 201));
    expect(await broken).toBe('ECONNRESET');
    await standby.says('gate open');
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 5, instances: [rekor.url] });
  });
});

describe('a gate that stands by', () => {
  it('ends when it is told to', async () => {
    const rekor = await started.rekor();
    const sockets = await supervisor(rekor);
    const [serving, standby] = await pair(sockets);
    standby.signal('SIGTERM');
    expect(await standby.ended).toBe(0);
    expect((await sockets.gate.write('one')).status).toBe(201);
    serving.signal('SIGTERM');
    expect(await serving.ended).toBe(0);
  });
});
