import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { closeNextTree } from '../../../activities/steps/next-tree-closing';
import { sendToCurrent } from '../../../activities/steps/writes';
import type { BoundSystems } from '../../../activities/systems';
import { gateTraffic } from '../../../activities/traffic/gate';
import { connectGate, type OneGate } from '../../../activities/traffic/one-gate';
import type { GateState } from '../../../gate/messages';
import type { Release } from '../../../workflows/model/installation';
import type { LoadedShards } from '../../../workflows/model/shards';
import { sendsTo } from '../../../workflows/model/traffic';
import { logInfo } from '../../gate/sharded-rekor';
import { freePort } from '../../free-port';
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
  readonly #members: readonly string[];
  #process: ChildProcess | undefined;
  publicUrl = '';
  readonly adminUrl: string;

  constructor(first: string, members: readonly string[], adminUrl: string) {
    this.#first = first;
    this.#members = members;
    this.adminUrl = adminUrl;
  }

  async start(): Promise<this> {
    const listen = (url: string) => ({ host: '127.0.0.1', port: url === '' ? 0 : Number(new URL(url).port) });
    const options = {
      public: listen(this.publicUrl),
      admin: listen(this.adminUrl),
      members: this.#members,
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

  /** It does nothing, and its connections stay. */
  stop(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
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
    const members = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
    const started = (adminUrl: string) => new GateProcess(urls['blue'] ?? '', members, adminUrl).start();
    gates = (await Promise.all(members.map(started))) as [GateProcess, GateProcess];
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

  const stateOf = (gate: GateProcess, of: Partial<GateState>): Promise<void> =>
    until(async () => {
      const state = await gate.state();
      return isDeepStrictEqual({ ...state, ...of }, state);
    });
  const untilWaiting = (gate: GateProcess, writesWaiting: number) => stateOf(gate, { writesWaiting });
  /** As the preparation of another attempt would leave the log. */
  const prepared = (steps: number): typeof order => {
    const next = { ...order, identity: { ...order.identity, number: order.identity.number + steps } };
    log.trees['300'] = { state: 'DRAINING', size: 0, mark: next.identity };
    log.trees['200'] = { ...log.trees['200'], state: 'ACTIVE' } as (typeof log.trees)[string];
    log.running.delete('green');
    return next;
  };

  it('of which one is silent while writes wait: all go back at once, and it follows when it goes on (H16)', async () => {
    const [one, two] = gates;
    const acknowledged: (number | null)[] = [await one.write('by one'), await two.write('by two')];
    const short = { ...order, budgetMs: 2_500 };
    const frozen = await holdAndFreeze(inAnotherTry(systems), short);
    const held = [one.write('held by one'), two.write('held by two')];
    await Promise.all(gates.map((gate) => untilWaiting(gate, 1)));

    two.stop();
    const opening = { ...short, frozen };
    await refused('GATE_AWAY', openAndExpose(inAnotherTry(systems), opening));
    expect(await one.state()).toMatchObject({ mode: 'hold', instances: [urls['blue']], switching: 'no' });
    expect(await closeNextTree(systems, opening)).toMatchObject({ content: 'nothing' });
    await allowWritesToCurrent(systems, opening);
    await sendToCurrent(systems, short);
    acknowledged.push((await held[0]) ?? null);
    expect(await one.state()).toMatchObject({ mode: 'pass', instances: [urls['blue']] });

    two.goOn();
    acknowledged.push((await held[1]) ?? null);
    expect(await two.state()).toMatchObject({
      mode: 'pass',
      informed: true,
      number: order.identity.number + 1,
    });
    expect(entries.map(({ at }) => at)).toEqual(['blue', 'blue', 'blue', 'blue']);
    expect([...acknowledged].sort()).toEqual([0, 1, 2, 3]);
  });

  it('of which one is dead before they hold: no write is held by the other', async () => {
    const [one, two] = gates;
    const { hold } = await one.state();
    const next = prepared(2);
    await two.kill();
    await refused('GATE_AWAY', holdAndFreeze(inAnotherTry(systems), next));
    expect(await one.state()).toMatchObject({ mode: 'pass', hold });
    await two.start();
    expect(await two.state()).toMatchObject({ mode: 'pass', informed: true, instances: [urls['blue']] });
  });

  it('of which one dies while writes wait: the other goes on, and it comes back where that sends', async () => {
    const [one, two] = gates;
    const next = prepared(4);
    const frozen = await holdAndFreeze(inAnotherTry(systems), next);
    const held = [1, 2].map((number) => one.write(`exposed ${number}`));
    const lost = two.write('lost');
    await Promise.all([untilWaiting(one, 2), untilWaiting(two, 1)]);

    // The next tree is open by then, and the writes are about to be sent there.
    let back: Promise<GateProcess> | undefined;
    const traffic: BoundSystems['traffic'] = {
      ...systems.traffic,
      announce: async () => {
        await two.kill();
        // It is there again at once, and must not serve by what it has missed.
        back = two.start();
      },
    };
    await openAndExpose(inAnotherTry({ ...systems, traffic }), { ...next, frozen });
    expect(await lost).toBeNull();
    expect((await Promise.all(held)).sort()).toEqual([4, 5]);
    await back;
    expect(await two.state()).toMatchObject({ mode: 'pass', informed: true, instances: [urls['green']] });
    expect(await Promise.all(gates.map((gate) => gate.reads()))).toEqual(['green', 'green']);
    expect(await two.write('after')).toBe(6);
    expect(entries.slice(4).map(({ at }) => at)).toEqual(['green', 'green', 'green']);
  });
});
