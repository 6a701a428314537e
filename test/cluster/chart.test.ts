import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { parse } from 'yaml';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { clientsOf, type Clients } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { gateAdmin, type GateAdmin } from '../../harness/gate-admin';
import { type Helm, type HelmRelease, Helms } from '../../harness/helm';
import { runInDeployment } from '../../harness/pod-commands';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, newGateToken, taskQueue } from '../../lab/configuration';
import type { ClusterApi, Manifest } from '../../lab/kubernetes/api';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { upstream } from '../../lab/kubernetes/log/upstream';
import { WORKER } from '../../lab/kubernetes/log/worker';
import { workerPolls } from '../../lab/readiness';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { createRecorder } from '../../load/recorder';
import { commandsOf, wordsOf } from '../docs/markdown';
import { expectOutcome } from '../stack/outcome';
import { rotateUnnoticed } from './unnoticed-rotation';
import { CHART, chartConfiguration, chartValues, NAMESPACE, RELEASE, SECRET } from './chart';
import { remove } from './removed';
import { openLog } from './opened-log';

const WRITES_PER_SECOND = 4;
const GATE = `${RELEASE}-gate`;

/** The user of the image. */
const USER = 65_532;

/** Of a volume of the node; the lab has nothing that makes volumes. */
const STORAGE_CLASS = 'of-the-lab';

describe('the chart, in a namespace with Pod Security "restricted",', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  const helms = new Helms();
  let log: ClusterLog;
  let api: ClusterApi;
  let cluster: Cluster;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;
  let values: string;
  let configuration: string;
  let tokenFile: string;
  let kubeconfig: string;

  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const helm = (release: HelmRelease): Helm => helms.of(release);
  /** As the document says to install it. */
  const documented = (): readonly string[] => {
    const command = commandsOf('docs/helm.md').find((line) => line.startsWith('helm install ')) ?? '';
    const [, ...words] = wordsOf(command);
    const here = new Map([
      ['deploy/helm/rekor-rotate', CHART],
      ['values.yaml', values],
      ['configuration.text=rekor-rotate.yaml', `configuration.text=${configuration}`],
    ]);
    return words.map((word) => here.get(word) ?? word);
  };
  /** Installs it; Helm waits until everything is ready. */
  const install = async (release: HelmRelease): Promise<void> => {
    const startedAt = Date.now();
    await helm(release).done(...documented());
    await until('the worker', PATIENCE_MS, () => workerPolls(log.temporal, taskQueue, startedAt));
    // Nodes lead to the addresses of new Services a moment after the pods behind them are ready.
    await until('the gate', PATIENCE_MS, async () => (await gate()).state());
    await clientsOf(await publicUrl(), recorder).expectWritable();
  };
  const gate = async (): Promise<GateAdmin> =>
    gateAdmin(`${await api.serviceAddress(NAMESPACE, `${GATE}-admin`)}:3100`, tokenFile);
  /** The name and the identity of each pod. */
  const podsIn = async (namespace: string, labels = {}): Promise<readonly string[]> => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }, labels, within());
    return items.map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
  };
  const pods = () => podsIn(NAMESPACE);
  const publicUrl = async (): Promise<string> => `http://${await api.serviceAddress(NAMESPACE, GATE)}`;

  const servedTree = async (): Promise<string> => {
    const answer = await fetch(`${await publicUrl()}/api/v1/log`);
    return ((await answer.json()) as { readonly treeID: string }).treeID;
  };

  beforeAll(async () => {
    await helms.open();
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, 'upstream'));
    helms.use(kubeconfig);
    cluster = openCluster({ log: labLog, source: { kubeconfig } });

    // What the lab itself has for that would rotate the log in place of the chart.
    const ofTheLab = [GATE_SERVICE, WORKER];
    const { namespace } = log;
    await remove(
      cluster,
      ofTheLab.map((name): ObjectReference => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace,
        name,
      })),
    );
    for (const app of ofTheLab)
      await until(
        'its pods to be gone',
        PATIENCE_MS,
        async () => (await podsIn(namespace, { app })).length === 0,
      );

    const folder = dirname(lab.directory);
    tokenFile = join(folder, 'token');
    const token = newGateToken();
    writeFileSync(tokenFile, token);
    const state = join(folder, 'gate-state');
    mkdirSync(state);
    chownSync(state, USER, USER);
    await api.apply(beforeTheRelease({ state, token, password: password() }));
    configuration = join(folder, 'rekor-rotate.yaml');
    writeFileSync(configuration, chartConfiguration(upstream));
    values = join(folder, 'values.yaml');
    const given = chartValues(upstream, { list: { name: 'sharding-config' } });
    writeFileSync(
      values,
      JSON.stringify({
        ...given,
        gate: { persistence: { storageClass: STORAGE_CLASS } },
      }),
    );
  });
  afterAll(async () => {
    helms.close();
    await connection.close();
    await lab.end();
  });

  /** Of the user of Trillian's database. */
  function password(): string {
    const { logs } = parse(readFileSync(log.configuration, 'utf8')) as {
      readonly logs: Readonly<
        Record<string, { readonly trillian: { readonly database: { readonly password: { file: string } } } }>
      >;
    };
    return readFileSync(logs[labLog]?.trillian.database.password.file ?? '', 'utf8').trim();
  }

  it('is installed by Helm 3, and both of its pods become ready where a careless one is refused', async () => {
    const careless = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: NAMESPACE, name: 'careless' } },
      spec: { containers: [{ name: 'careless', image: OWN_IMAGE }] },
    };
    await expect(api.apply([careless])).rejects.toThrow('violates PodSecurity');

    await install(3);
    expect(await api.isAvailable(NAMESPACE, `${RELEASE}-worker`)).toBe(true);
    expect(await pods()).toEqual([
      expect.stringMatching(`^${GATE}-0 `) as string,
      expect.stringMatching(`^${RELEASE}-worker-`) as string,
    ]);
    expect((await (await gate()).state()).instances).toEqual(['http://rekor-server.rekor-system.svc']);
    clients = clientsOf(await publicUrl(), recorder);
    await clients.expectWritable();
  });

  it('rotates the log with its worker and its gate: no request fails, nothing is lost, no index is given twice', async () => {
    await rotateUnnoticed({ clients, rotations, firstTree: log.firstTree }, WRITES_PER_SECOND);
  });

  it('is asked and told by commands in the pod of its worker, as its document shows them', async () => {
    const lines = commandsOf('docs/helm.md').filter((line) => line.startsWith('kubectl '));
    const before = await servedTree();
    const worker = { namespace: NAMESPACE, name: `${RELEASE}-worker` };
    for (const line of lines) {
      const words = wordsOf(line);
      const divided = words.indexOf('--');
      expect(words.slice(0, divided)).toEqual([
        ...['kubectl', 'exec', '--namespace', worker.namespace, `deploy/${worker.name}`],
      ]);
      // The log of the lab has another name than the release.
      const command = words.slice(divided + 1).map((word) => (word === 'production' ? labLog : word));
      const { code, output, messages } = await runInDeployment(kubeconfig, worker, command);
      // What doctor and status only warn of ends with 7; whatever refuses or fails ends otherwise.
      const allowed = ['doctor', 'status'].includes(command[1] ?? '') ? [0, 7] : [0];
      if (!allowed.includes(code ?? -1)) throw new Error(`${line} ended with ${code}: ${output}${messages}`);
      if (command[1] === 'status') expect(output).toContain(await servedTree());
    }
    expect(lines.map((line) => wordsOf(line).at(-2))).toEqual(['doctor', 'plan', 'production', 'status']);
    expect(await servedTree()).not.toBe(before);
  });

  it('has a gate whose next pod remembers what the last one was told', async () => {
    const { number, shards } = await (await gate()).state();
    expect(number).not.toBe(0);
    const [before = ''] = await pods();
    const pod: ObjectReference = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: `${GATE}-0` };
    const { uid = '' } = (await cluster.get(pod, within()))?.metadata ?? {};
    await cluster.delete(pod, { uid }, within());
    await until('another pod', PATIENCE_MS, async () =>
      (await pods()).some((one) => one.startsWith(GATE) && one !== before),
    );
    await clients.expectWritable();
    expect(await (await gate()).state()).toMatchObject({ number, shards });
  });

  it('is upgraded by Helm 4 to the same values without a new pod', async () => {
    const before = await pods();
    const [, ...words] = documented();
    await helm(4).done('upgrade', ...words);
    expect(await pods()).toEqual(before);
  });

  it('is taken away, and installed by Helm 4 with what its gate has remembered', async () => {
    const { number } = await (await gate()).state();
    await helm(4).done('uninstall', RELEASE, '--namespace', NAMESPACE, '--wait');
    await until('no pod', PATIENCE_MS, async () => (await pods()).length === 0);
    const left = await cluster.list(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: log.namespace },
      { 'app.kubernetes.io/instance': RELEASE },
      within(),
    );
    expect(left.items).toEqual([]);

    await install(4);
    expect((await (await gate()).state()).number).toBe(number);
    const load = clientsOf(await publicUrl(), recorder).load(WRITES_PER_SECOND);
    const result = await rotations.rotate();
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(failures).toEqual([]);
    await clientsOf(await publicUrl(), recorder).expectGoesOn();
  });
});

/** The namespace, the Secret that the chart is told of, and a volume of the node for the state of the gate. */
function beforeTheRelease(given: {
  readonly state: string;
  readonly token: string;
  readonly password: string;
}): readonly Manifest[] {
  const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: enforced } },
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name: SECRET } },
      stringData: { 'gate-token': given.token, 'database-password': given.password },
    },
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'gate-state' } },
      spec: {
        ...{ storageClassName: STORAGE_CLASS, accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: given.state, type: 'Directory' },
      },
    },
  ];
}
