import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import type { ClusterProcess } from '../../harness/cluster-process';
import { gateAdmin, type GateAdmin } from '../../harness/gate-admin';
import { type HelmRelease, Helms } from '../../harness/helm';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, newGateToken, taskQueue } from '../../lab/configuration';
import type { Manifest } from '../../lab/kubernetes/api';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { upstream } from '../../lab/kubernetes/log/upstream';
import { WORKER } from '../../lab/kubernetes/log/worker';
import { workerPolls } from '../../lab/readiness';
import { commandsOf, wordsOf } from '../docs/markdown';
import { CHART, chartConfiguration, chartValues, NAMESPACE, RELEASE, SECRET, severalGates } from './chart';
import { openLog, type OpenedLog } from './opened-log';
import { remove } from './removed';

/** The StatefulSet of the release, and the Service that clients come to. */
export const GATE = `${RELEASE}-gate`;

/** The user of the image. */
const USER = 65_532;

/** Of volumes of the node; the lab has nothing that makes volumes. */
const STORAGE_CLASS = 'of-the-lab';

/** A log on a cluster whose gates and worker are those of the chart, once it is installed. */
export interface ChartLog extends OpenedLog {
  readonly cluster: Cluster;
  readonly helms: Helms;
  /** The words of `helm` that the document installs it with. */
  readonly documented: () => readonly string[];
  /** Installs it as the document says; returns once the worker polls, and the gates are reached by the Service. */
  install(release: HelmRelease): Promise<void>;
  /** One of the gates, by the Service for the worker. */
  gate(): Promise<GateAdmin>;
  publicUrl(): Promise<string>;
  /** The name and the identity of each pod of the release. */
  pods(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * Brings a cluster up with a log whose own gate and worker are gone, and everything that the chart is told of: a namespace with Pod
 * Security `restricted`, a Secret, and a volume for each gate.
 */
export async function openChartLog(lab: ClusterProcess, gates = 1): Promise<ChartLog> {
  const helms = new Helms();
  await helms.open();
  const opened = await openLog(lab, 'upstream');
  const { log, kubeconfig, api, connection } = opened;
  helms.use(kubeconfig);
  const cluster = openCluster({ log: labLog, source: { kubeconfig } });
  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const podsIn = async (namespace: string, labels = {}): Promise<readonly string[]> => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }, labels, within());
    return items.map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
  };

  // What the lab itself has for that would rotate the log in place of the chart.
  const { namespace } = log;
  const ofTheLab = [GATE_SERVICE, WORKER];
  await remove(
    cluster,
    ofTheLab.map((name): ObjectReference => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name })),
  );
  for (const app of ofTheLab)
    await until(
      'its pods to be gone',
      PATIENCE_MS,
      async () => (await podsIn(namespace, { app })).length === 0,
    );

  const folder = dirname(lab.directory);
  const tokenFile = join(folder, 'token');
  const token = newGateToken();
  writeFileSync(tokenFile, token);
  const states = Array.from({ length: gates }, (_, position) => {
    const state = join(folder, `gate-state-${position}`);
    mkdirSync(state);
    chownSync(state, USER, USER);
    return state;
  });
  await api.apply(beforeTheRelease({ states, token, password: passwordIn(log.configuration) }));
  const configuration = join(folder, 'rekor-rotate.yaml');
  const one = chartConfiguration(upstream);
  writeFileSync(configuration, gates > 1 ? severalGates(one, gates) : one);
  const values = join(folder, 'values.yaml');
  const given = chartValues(upstream, { list: { name: 'sharding-config' } });
  const gate = { replicas: gates, persistence: { storageClass: STORAGE_CLASS } };
  writeFileSync(values, JSON.stringify({ ...given, gate }));

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
  const oneGate = async (): Promise<GateAdmin> =>
    gateAdmin(`${await api.serviceAddress(NAMESPACE, `${GATE}-admin`)}:3100`, tokenFile);
  return {
    ...{ ...opened, cluster, helms, documented },
    gate: oneGate,
    publicUrl: async () => `http://${await api.serviceAddress(NAMESPACE, GATE)}`,
    pods: () => podsIn(NAMESPACE),
    async install(release) {
      const startedAt = Date.now();
      // Helm waits until everything is ready.
      await helms.of(release).done(...documented());
      await until('the worker', PATIENCE_MS, () => workerPolls(log.temporal, taskQueue, startedAt));
      // Nodes lead to the addresses of new Services a moment after the pods behind them are ready.
      await until('the gate', PATIENCE_MS, async () => (await oneGate()).state());
    },
    async close() {
      helms.close();
      await connection.close();
      await lab.end();
    },
  };
}

/** Of the user of Trillian's database. */
function passwordIn(configuration: string): string {
  const { logs } = parse(readFileSync(configuration, 'utf8')) as {
    readonly logs: Readonly<
      Record<string, { readonly trillian: { readonly database: { readonly password: { file: string } } } }>
    >;
  };
  return readFileSync(logs[labLog]?.trillian.database.password.file ?? '', 'utf8').trim();
}

/** The namespace, the Secret that the chart is told of, and a volume of the node for the state of each gate. */
function beforeTheRelease(given: {
  readonly states: readonly string[];
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
    ...given.states.map((path, position): Manifest => ({
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `gate-state-${position}` } },
      spec: {
        ...{ storageClassName: STORAGE_CLASS, accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path, type: 'Directory' },
      },
    })),
  ];
}
