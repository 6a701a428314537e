import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goForward, holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { closeNextTree } from '../../../activities/steps/next-tree-closing';
import { sendToCurrent } from '../../../activities/steps/writes';
import type { BoundSystems } from '../../../activities/systems';
import { gateTraffic } from '../../../activities/traffic/gate';
import { connectGate, type OneGate } from '../../../activities/traffic/one-gate';
import type { GateState, SendOrder } from '../../../gate/messages';
import type { Release } from '../../../workflows/model/installation';
import type { LoadedShards } from '../../../workflows/model/shards';
import { sendsTo } from '../../../workflows/model/traffic';
import { logInfo } from '../../gate/sharded-rekor';
import { until } from '../../patience';
import { FakeLog, inAnotherTry, order as quickOrder } from '../fake-log';
import { refused } from '../refused';
import { answeringServer, type AnsweringServer } from '../answering-server';

const first = { treeId: '100', length: 10 };
const loaded: Record<string, LoadedShards> = {
  blue: { activeTreeId: '200', inactive: [first] },
  green: { activeTreeId: '300', inactive: [first, { treeId: '200', length: 20 }] },
};

/** No lease ends in a test. */
const order = { ...quickOrder, budgetMs: 300_000 };

const TOKEN = 'a token of the test';
const WRITE = '/api/v1/log/entries';
const { signal } = new AbortController();

/** A gate that can be killed, and started again where and as it was. */
class GateProcess {
  readonly #directory = mkdtempSync(join(tmpdir(), 'two-gates-'));
  readonly #first: string;
  #process: ChildProcess | undefined;
  publicUrl = '';
  adminUrl = '';

  constructor(first: string) {
    this.#first = first;
  }

  async start(): Promise<this> {
    const listen = (url: string) => ({ host: '127.0.0.1', port: url === '' ? 0 : Number(new URL(url).port) });
    const options = {
      public: listen(this.publicUrl),
      admin: listen(this.adminUrl),
      token: TOKEN,
      stateFile: join(this.#directory, 'gate.json'),
      spoolDirectory: join(this.#directory, 'spool'),
      firstInstances: [this.#first],
      maxWaitMs: 600_000,
    };
    this.#process = fork(join(__dirname, 'gate-process.cjs'), [JSON.stringify(options)]);
    const [told] = (await once(this.#process, 'message')) as [{ publicUrl: string; adminUrl: string }];
    Object.assign(this, told);
    return this;
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true });
  }

  /** How a write ended: its index, or null. */
  async write(body: string): Promise<number | null> {
    const answer = await fetch(this.publicUrl + WRITE, { method: 'POST', body }).catch(() => null);
    return answer?.status === 201 ? Number(await answer.text()) : null;
  }

  async reads(): Promise<string> {
    return await (await fetch(`${this.publicUrl}${WRITE}?logIndex=1`)).text();
  }

  state(): Promise<GateState> {
    return adminOf(this).state(signal);
  }
}

function adminOf({ adminUrl: url }: GateProcess): OneGate {
  return connectGate({ log: 'production', url, token: () => TOKEN });
}

describe('two gates before one log', () => {
  const log = new FakeLog();
  /** The entries of the log, each by its index. */
  const entries: { readonly body: string; readonly at: string }[] = [];
  const urls: Record<string, string> = {};
  let servers: AnsweringServer[];
  let gates: [GateProcess, GateProcess];
  let systems: BoundSystems;

  beforeAll(async () => {
    const rekor = (name: string, tree: string) =>
      answeringServer((request, response, body) => {
        if (request.url === '/api/v1/log') {
          response.end(logInfo(loaded[name] ?? { activeTreeId: '', inactive: [] }));
        } else if (request.method === 'GET') {
          response.end(name);
        } else if (log.trees[tree]?.state === 'ACTIVE') {
          response.writeHead(201).end(String(entries.push({ body, at: name }) - 1));
        } else {
          response.writeHead(500).end('{"code":500,"message":"unexpected result from transparency log"}');
        }
      });
    servers = [await rekor('blue', '200'), await rekor('green', '300')];
    [urls['blue'], urls['green']] = servers.map(({ url }) => url) as [string, string];
    const started = () => new GateProcess(urls['blue'] ?? '').start();
    gates = [await started(), await started()];
    const fake = log.systems();
    const instances = ({ id: name }: Release) =>
      Promise.resolve([{ name, url: urls[name] ?? '', field: '' }]);
    const addresses = ({ id }: Release) => Promise.resolve([urls[id] ?? '']);
    const serves = ({ id }: Release, serving: readonly string[]) =>
      Promise.resolve(sendsTo(serving, [urls[id] ?? '']));
    systems = {
      ...fake,
      installation: { ...fake.installation, instances, addresses, serves },
      traffic: gateTraffic(gates.map(adminOf)),
    };
  });

  afterAll(async () => {
    await Promise.all(gates.map((gate) => gate.end()));
    await Promise.all(servers.map((server) => server.close()));
  });

  it('of which one is killed before any is switched: the step fails, is undone, and no write is sent twice (H16)', async () => {
    const [one, two] = gates;
    const acknowledged: (number | null)[] = [
      await one.write('before, by one'),
      await two.write('before, by two'),
    ];

    const { frozen } = await holdAndFreeze(inAnotherTry(systems), order);
    expect((await Promise.all(gates.map((gate) => gate.state()))).map(({ mode }) => mode)).toEqual([
      'hold',
      'hold',
    ]);
    const held = [1, 2, 3].map((number) => one.write(`held ${number}`));
    const lost = [1, 2, 3].map((number) => two.write(`lost ${number}`));
    await until(async () =>
      (await Promise.all(gates.map((gate) => gate.state()))).every(
        ({ writesWaiting }) => writesWaiting === 3,
      ),
    );

    // The next tree is open by then, and the writes are about to be sent there.
    const traffic: BoundSystems['traffic'] = { ...systems.traffic, announce: () => two.kill() };
    const opening = { ...order, frozen };
    await refused('GATE_UNREACHABLE', openAndExpose(inAnotherTry({ ...systems, traffic }), opening));
    expect(await Promise.all(lost)).toEqual([null, null, null]);
    expect(await one.state()).toMatchObject({ mode: 'hold', instances: [urls['blue']], writesWaiting: 3 });
    expect(entries.map(({ at }) => at)).toEqual(['blue', 'blue']);

    // The undo waits for the gate, and is tried until it is there.
    await refused('GATE_UNREACHABLE', closeNextTree(systems, opening));
    await two.start();
    expect(await systems.traffic.state(signal)).toMatchObject({ mode: 'healing' });
    const found = await closeNextTree(systems, opening);
    expect(found).toMatchObject({ content: 'handover' });
    await allowWritesToCurrent(systems, opening);
    await sendToCurrent(systems, order);
    acknowledged.push(...(await Promise.all(held)));
    expect(await systems.traffic.state(signal)).toMatchObject({ mode: 'pass', instances: [urls['blue']] });
    acknowledged.push(await one.write('after, by one'), await two.write('after, by two'));
    expect(await Promise.all(gates.map((gate) => gate.reads()))).toEqual(['blue', 'blue']);

    // Every write was sent once, to one tree; no index was given twice, and nobody was told of one that is not there.
    expect(entries.map(({ at }) => at)).toEqual(Array(7).fill('blue'));
    expect(new Set(entries.map(({ body }) => body)).size).toBe(7);
    expect([...acknowledged].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('of which one is killed when another is switched already: nothing is sent before both are, and it goes forward', async () => {
    const [one, two] = gates;
    const next = { ...order, identity: { ...order.identity, number: order.identity.number + 2 } };
    log.trees['300'] = { state: 'DRAINING', size: 0, mark: next.identity };
    log.running.delete('green');
    const { frozen } = await holdAndFreeze(inAnotherTry(systems), next);
    const held = [1, 2].map((number) => one.write(`exposed ${number}`));
    await until(async () => (await one.state()).writesWaiting === 2);

    const killed: OneGate['switch'] = async (order, signal) => {
      await two.kill();
      return await adminOf(two).switch(order, signal);
    };
    const half = gateTraffic([adminOf(one), { ...adminOf(two), switch: killed }]);
    await refused(
      'GATE_UNREACHABLE',
      openAndExpose(inAnotherTry({ ...systems, traffic: half }), { ...next, frozen }),
    );
    expect(await one.state()).toMatchObject({ mode: 'hold', instances: [urls['green']], writesWaiting: 2 });
    expect(entries).toHaveLength(7);

    // Some have read from the next release: there is no way back.
    await two.start();
    expect(await closeNextTree(systems, next)).toMatchObject({ content: 'serving' });
    const seen: string[] = [];
    const traffic = gateTraffic(
      gates.map((gate) => ({
        ...adminOf(gate),
        send: async (order: SendOrder, signal: AbortSignal) => {
          // Whatever is written from now on is found by a reader of either gate.
          seen.push(...(await Promise.all([one.reads(), two.reads()])));
          return await adminOf(gate).send(order, signal);
        },
      })),
    );
    await goForward(inAnotherTry({ ...systems, traffic }), next);
    expect(seen).toEqual(['green', 'green', 'green', 'green']);
    expect((await Promise.all(held)).sort()).toEqual([7, 8]);
    expect(
      entries
        .slice(7)
        .map(({ at, body }) => [at, body])
        .sort(),
    ).toEqual([
      ['green', 'exposed 1'],
      ['green', 'exposed 2'],
    ]);
    expect(await systems.traffic.state(signal)).toMatchObject({ mode: 'pass', instances: [urls['green']] });
  });
});
