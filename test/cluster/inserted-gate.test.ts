import type { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { objectAt, textAt } from '../../activities/installation/kubernetes/json-path';
import { readWorkload } from '../../activities/installation/kubernetes/rekor-workload';
import { neededRights, rulesOf } from '../../activities/installation/kubernetes/rights';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess, type CommandEnd } from '../../harness/cluster-process';
import { runInDeployment } from '../../harness/pod-commands';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, taskQueue } from '../../lab/configuration';
import type { ClusterApi, Manifest } from '../../lab/kubernetes/api';
import { gateManifests } from '../../lab/kubernetes/log/gate';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { CONFIGURATION_FILE } from '../../lab/kubernetes/log/settings';
import { shapes } from '../../lab/kubernetes/log/shapes';
import { WORKER } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { workerPolls } from '../../lab/readiness';
import type { Load } from '../../load/load';
import { createRecorder } from '../../load/recorder';
import type { GateInserted } from '../../workers/inserted-gate';
import { commandsOf, wordsOf } from '../docs/markdown';
import { expectOutcome } from '../stack/outcome';
import { openLog } from './opened-log';

/** So many that what fails is seen, and few for a node with two processors. */
const WRITES_PER_SECOND = 5;

const shape = 'upstream';
const { deployment, service: clientsService, namespace } = shapes[shape].rekor;

/** Leads to Rekor, whether or not a gate is inserted. */
const DIRECT_SERVICE = 'rekor-direct';

describe('a gate that is inserted for a rotation, on a cluster', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let api: ClusterApi;
  let cluster: Cluster;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  /** They reach Rekor's own Service, as if there were no gate. */
  let clients: Clients;

  const ofClients = async () => (await objectsIn(kubeconfig, namespace))[`Service ${clientsService}`];

  /** A command of ours in the pod of the worker, with its rights. */
  const run = (...words: readonly string[]): Promise<CommandEnd> =>
    runInDeployment(kubeconfig, { namespace, name: WORKER }, [
      ...['rekor-rotate', ...words, '--config', CONFIGURATION_FILE],
    ]);
  const gate = (action: string, ...words: readonly string[]) => run('gate', action, labLog, ...words);

  /** Inserts it, and waits as little as may be for kept connections; ends with this code. */
  async function inserts(code: number, ...words: readonly string[]): Promise<GateInserted> {
    const end = await gate('insert', '--json', ...words);
    if (end.code !== code) throw new Error(`it ended with ${end.code}: ${end.output}${end.messages}`);
    return JSON.parse(end.output) as GateInserted;
  }

  /** Nothing leads clients through the gate, which the worker and the gate are told in one configuration. */
  async function takeOutTheGate(): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const find = async (kind: string, name: string): Promise<KubernetesObject> => {
      const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
      const found = await cluster.get({ apiVersion, kind, namespace, name }, { signal });
      if (!found) throw new Error(`There is no ${kind} ${name}.`);
      return found;
    };
    const settings = await find('ConfigMap', 'rekor-rotate');
    const configuration = parse(textAt(settings, 'data', 'rekor-rotate.yaml') ?? '') as {
      readonly logs: Record<string, { publicUrl: string; gate: object; installation: object }>;
    };
    const own = configuration.logs[labLog];
    if (!own) throw new Error('The log is not in the configuration.');
    own.publicUrl = `http://${clientsService}.${namespace}.svc`;
    Object.assign(own.gate, { insertedAt: clientsService, service: GATE_SERVICE });
    Object.assign(own.installation, { service: DIRECT_SERVICE });
    const workload = readWorkload(labLog, await find('Deployment', deployment));
    const place = { log: labLog, namespace, deployment, service: DIRECT_SERVICE };
    const inserted = { at: clientsService, gateService: GATE_SERVICE };
    const rules = rulesOf(neededRights(place, { workload, resource: undefined, inserted }));
    const selector = objectAt(await find('Service', clientsService), 'spec', 'selector');
    const direct: Manifest = {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: DIRECT_SERVICE } },
      spec: { selector, ports: [{ port: 80, targetPort: 3_000 }] },
    };
    await api.apply([
      direct,
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { namespace, name: WORKER },
        rules,
      },
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'rekor-rotate' } },
        data: { 'rekor-rotate.yaml': stringify(configuration, { lineWidth: 0 }) },
      },
      // It begins with this Service, which leads to Rekor whatever becomes of the other one.
      ...gateManifests({ ...shapes[shape], rekor: { ...shapes[shape].rekor, service: DIRECT_SERVICE } }),
    ]);
    const startedAt = Date.now();
    await api.deletePods(namespace, WORKER);
    await until('the gate', PATIENCE_MS, () => api.isAvailable(namespace, GATE_SERVICE));
    await until('the worker', PATIENCE_MS, () => api.isAvailable(namespace, WORKER));
    await until('its polling', PATIENCE_MS, () => workerPolls(log.temporal, taskQueue, startedAt));
  }

  /** Some more writes are acknowledged. */
  async function goesOn(load: Load): Promise<void> {
    const from = Date.now();
    await until('writes go on', PATIENCE_MS, () =>
      Promise.resolve(load.writesAcknowledgedSince(from) > 5 * WRITES_PER_SECOND),
    );
  }

  /** What clients of this Service find when all is over. */
  async function expectAsBefore(before: unknown): Promise<void> {
    expect(await ofClients()).toEqual(before);
    await clients.expectGoesOn();
  }

  beforeAll(async () => {
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, shape));
    cluster = openCluster({ log: labLog, source: { kubeconfig } });
    await takeOutTheGate();
    clients = clientsOf(log.url, recorder);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  it('lets no request over a new connection fail, and leaves the Service of clients as it was', async () => {
    const before = await ofClients();
    const load = clients.load(WRITES_PER_SECOND, false);
    const kept = clients.load(1);
    await goesOn(load);

    const { checks: refused = [] } = await rotations.rotate({ dryRun: true });
    expect(refused.find(({ code }) => code === 'GATE_INSERTED')).toMatchObject({
      ...{ state: 'refused', reason: 'GATE_NOT_INSERTED' },
      remedy: expect.stringContaining(`rekor-rotate gate insert ${labLog}`) as string,
    });

    // Connections from before stay where they are, and that is seen.
    const passing = await inserts(7, '--quiet-for', '10', '--within', '30');
    expect(passing).toMatchObject({ changed: true, waited: { quiet: false } });
    expect(passing.waited?.passedLately).toBeGreaterThan(0);
    await kept.stop();
    const quiet = await inserts(0, '--quiet-for', '10', '--within', '60');
    expect(quiet).toMatchObject({ changed: false, waited: { quiet: true, passedLately: 0 } });
    expect(quiet.waited?.throughGate).toBeGreaterThan(10);

    const rotation = await rotations.start();
    await until('the lock', PATIENCE_MS, async () => {
      const end = await gate('remove');
      return end.code === 3 && /\((GATE_IN_USE|ROTATION_IN_PROGRESS)\)/.test(end.messages);
    });
    const result = await rotations.result(rotation);
    expectOutcome(result, 'completed');
    expect(result.currentTree).toMatchObject({ treeId: log.firstTree });
    await goesOn(load);

    expect(await gate('remove')).toMatchObject({
      code: 0,
      output: expect.stringContaining('exactly as before') as string,
    });
    await goesOn(load);
    const { failures, writes, reads } = await load.stop();
    console.log(
      `new connections: ${writes.attempted} writes and ${reads.attempted} reads, ${failures.length} failed; the rotation held ${result.writes?.held ?? 0} writes`,
    );
    expect(failures).toEqual([]);
    await expectAsBefore(before);
    expect(await gate('remove')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Nothing was inserted') as string,
    });
  });

  it('does not help whoever keeps a connection from before: its writes fail until the standing pods have ended', async () => {
    const before = await ofClients();
    const load = clients.load(WRITES_PER_SECOND, false);
    const kept = clients.load(WRITES_PER_SECOND);
    await goesOn(kept);
    const [inserting = [], rotating = [], removing = []] = commandsOf('docs/kubernetes.md').map((line) =>
      // The log of the lab has another name.
      wordsOf(line)
        .slice(1)
        .map((word) => (word === 'production' ? labLog : word)),
    );
    expect((await run(...inserting, '--no-wait')).code).toBe(0);
    expect(await run(...rotating, '--yes')).toMatchObject({ code: 0 });
    const ended = new Date().toISOString();
    await goesOn(kept);
    await goesOn(load);
    const { failures } = await load.stop();
    const ofKept = await kept.stop();
    const bySort = new Map<string, number>();
    for (const { request, status } of ofKept.failures) {
      const sort = `${request.split(' ')[0] ?? ''} answered ${status ?? 'nothing'}`;
      bySort.set(sort, (bySort.get(sort) ?? 0) + 1);
    }
    console.log(
      `kept connections: ${ofKept.writes.attempted} writes and ${ofKept.reads.attempted} reads, of which failed: ${JSON.stringify([...bySort])}`,
    );
    expect(failures).toEqual([]);
    expect(ofKept.failures.filter(({ time }) => time > ended)).toEqual([]);
    // The tree that they end at is FROZEN.
    expect(ofKept.failures.some(({ request, status }) => request.startsWith('POST') && status === 500)).toBe(
      true,
    );
    expect((await run(...removing)).code).toBe(0);
    await expectAsBefore(before);
  });
});
