import { dirname } from 'node:path';
import type { Connection } from '@temporalio/client';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import { textAt } from '../../activities/installation/kubernetes/json-path';
import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { clientsOf, type Clients } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { type Helm, type HelmRelease, Helms } from '../../harness/helm';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';
import type { ClusterApi, Manifest } from '../../lab/kubernetes/api';
import { helmChart } from '../../lab/kubernetes/log/helm-chart';
import type { ClusterLog } from '../../lab/kubernetes/record';
import type { Load } from '../../load/load';
import { createRecorder } from '../../load/recorder';
import { saidBy } from '../cli/recording-terminal';
import { expectOutcome } from '../stack/outcome';
import { policyIn } from './policies';
import { remove } from './removed';
import { valuesWords, writeRekorChart, type RekorValues } from './rekor-chart';
import { openLog } from './opened-log';

const { namespace, deployment } = helmChart.rekor;
const LIST = 'rekor-sharding-config';
const TREE = 'rekor-config';
const WRITES_PER_SECOND = 4;

/** What every pod of the chart's Deployment has, and no other. */
const OF_REKOR = { 'app.kubernetes.io/name': 'rekor', 'app.kubernetes.io/component': 'server' };

/** Where the list is refused, and where the tree. */
const LIST_REFUSED =
  /may only grow at its end; this would make it \[.*Take the list of the running log into your values/s;
const TREE_REFUSED = /is an earlier shard of this log and takes no entries.*Take that into your values/s;

describe('a stale Helm after a rotation', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  const helms = new Helms();
  /** Trees that have ended, oldest first, and the one that takes entries. */
  const ended: string[] = [];
  let active: string;
  let log: ClusterLog;
  let api: ClusterApi;
  let cluster: Cluster;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;
  let load: Load;
  let folder: string;
  let chart: string;

  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const helm = (release: HelmRelease): Helm => helms.of(release);
  /** As a person would write them who knows of these shards. */
  const valuesWith = (inactive: readonly string[], treeID?: string): RekorValues => ({
    contents: inactive.length === 0 ? '' : `[${inactive.map((tree) => `{"treeID":${tree}}`).join(',')}]`,
    ...(treeID !== undefined && { treeID }),
  });
  const upgrade = (name: string, values: RekorValues, ...words: readonly string[]): readonly string[] => [
    ...['upgrade', name, chart, '--namespace', namespace],
    ...valuesWords(folder, 'values', values),
    ...words,
  ];
  const configMap = (name: string): ObjectReference => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace,
    name,
  });
  const dataOf = async (name: string, key: string): Promise<string | undefined> =>
    textAt(await cluster.get(configMap(name), within()), 'data', key);
  const listed = async (): Promise<readonly string[]> =>
    ((await dataOf(LIST, 'sharding-config.yaml')) ?? '').match(/\d{10,}/g) ?? [];

  /** Nothing of what the last rotation left has changed. */
  async function expectKept(): Promise<void> {
    expect(await listed()).toEqual(ended);
    expect(await dataOf(TREE, 'treeID')).toBe(active);
  }

  async function rotate(): Promise<void> {
    const result = await rotations.rotate();
    expectOutcome(result, 'completed');
    expect(result.currentTree?.treeId).toBe(active);
    ended.push(active);
    active = result.nextTree?.treeId ?? '';
    await expectKept();
    await until('the policies', PATIENCE_MS, listIsGuarded);
  }

  /** Whether the policies are in force, which the API server takes up, and forgets, some time after it was told. */
  async function listIsGuarded(): Promise<boolean> {
    const stale: Manifest = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: LIST } },
      data: { 'sharding-config.yaml': '' },
    };
    const object = stale as unknown as Parameters<Cluster['apply']>[0];
    return await cluster.apply(object, { ...within(), dryRun: true, force: true }).then(
      () => false,
      () => true,
    );
  }

  /** The earlier shards that each pod of Rekor has loaded, those that end among them. */
  async function loaded(): Promise<readonly (readonly string[])[]> {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }, OF_REKOR, within());
    return await Promise.all(
      items.map(async (pod) => {
        const answer = await fetch(`http://${textAt(pod, 'status', 'podIP') ?? ''}:3000/api/v1/log`);
        const { inactiveShards } = (await answer.json()) as {
          readonly inactiveShards: readonly { readonly treeID: string }[];
        };
        return inactiveShards.map(({ treeID }) => treeID);
      }),
    );
  }

  beforeAll(async () => {
    await helms.open();
    const opened = await openLog(lab, 'helm-chart');
    const { kubeconfig } = opened;
    ({ log, api, connection, rotations } = opened);
    active = log.firstTree;
    helms.use(kubeconfig);
    cluster = openCluster({ log: labLog, source: { kubeconfig } });
    clients = clientsOf(log.publicUrl, recorder);
    folder = dirname(lab.directory);
    chart = writeRekorChart(folder, '1.8.4', log.instances.length);
    await api.apply(policies());
    load = clients.load(WRITES_PER_SECOND);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await load.stop();
    helms.close();
    await connection.close();
    await lab.end();
  });

  it('of 3 is refused in plain words, upgrade and rollback, and so is a 4 on its release', async () => {
    await helm(3).done(...upgrade('rekor', valuesWith([], active), '--install', '--take-ownership'));
    const former = active;
    await rotate();

    const stale = upgrade('rekor', valuesWith([], former));
    const rollback = ['rollback', 'rekor', '1', '--namespace', namespace];
    for (const [release, words] of [
      [3, stale],
      [3, rollback],
      [4, stale],
    ] as const) {
      const said = await helm(release).refused(...words);
      expect(said).toMatch(LIST_REFUSED);
      expect(said).toMatch(TREE_REFUSED);
      await expectKept();
    }
    await helm(3).done(...upgrade('rekor', valuesWith(ended, active)));
    await expectKept();
  });

  it('of 4 is refused in plain words, and as a conflict before it is forced', async () => {
    await helm(4).done(
      ...upgrade(
        'rekor-by-4',
        valuesWith(ended, active),
        '--install',
        '--take-ownership',
        '--force-conflicts',
      ),
    );
    const [former, formerList] = [active, [...ended]];
    await rotate();

    const stale = upgrade('rekor-by-4', valuesWith(formerList, former));
    expect(await helm(4).refused(...stale)).toMatch(/conflict with "rekor-rotate"/);
    await expectKept();
    const forced = await helm(4).refused(...stale, '--force-conflicts');
    expect(forced).toMatch(LIST_REFUSED);
    expect(forced).toMatch(TREE_REFUSED);
    await expectKept();
    const rollback = ['rollback', 'rekor-by-4', '1', '--namespace', namespace, '--force-conflicts'];
    expect(await helm(4).refused(...rollback)).toMatch(LIST_REFUSED);
    await expectKept();
  });

  it('has failed no request, lost nothing and given no index twice', async () => {
    const { failures, writes } = await load.stop();
    expect(failures).toEqual([]);
    expect(writes.attempted).toBeGreaterThan(20);
    await clients.expectNothingEverLost();
  });

  it('of 3 that replaces objects starts pods anew, which the policies cannot refuse, on the list that was kept', async () => {
    const before = await api.podAddresses(namespace, deployment);
    const stale = upgrade('rekor', valuesWith([], log.firstTree), '--force');
    expect(await helm(3).refused(...stale)).toMatch(LIST_REFUSED);
    await expectKept();
    await until('every pod', PATIENCE_MS, () => api.isAvailable(namespace, deployment));
    const after = await api.podAddresses(namespace, deployment);
    expect(after.filter((address) => before.includes(address))).toEqual([]);
    await clients.expectGoesOn();
  });

  it('is told by the guardian where no policy refuses it, and the gate lets no write have a former index', async () => {
    await remove(
      cluster,
      policies().map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, name: metadata.name })),
    );
    // The worst of it: the tree stays, the shard before it is gone, and another version of the chart starts every pod anew.
    chart = writeRekorChart(folder, '1.8.5', log.instances.length);
    const stale = upgrade('rekor-by-4', valuesWith(ended.slice(0, -1)), '--force-conflicts');
    // An upgrade that is still refused would start pods on the right list.
    await until('the policies to be forgotten', PATIENCE_MS, async () => !(await listIsGuarded()));
    await helm(4).done(...stale);
    expect(await listed()).toEqual(ended.slice(0, -1));
    expect(await dataOf(TREE, 'treeID')).toBe(active);
    load = clients.load(WRITES_PER_SECOND);
    await until('every pod to have the stale list', PATIENCE_MS, async () =>
      (await loaded()).every((shards) => shards.join() === ended.slice(0, -1).join()),
    );
    const alarms = await until('an alarm', PATIENCE_MS, async () => {
      await rotations.guardLooks();
      const { output } = await saidBy(['status', labLog, '--config', log.configuration, '--json']);
      const { guardian } = JSON.parse(output) as {
        readonly guardian: { readonly alarms: readonly { readonly code: string }[] };
      };
      return guardian.alarms.length > 0 && guardian.alarms.map(({ code }) => code);
    });
    expect(alarms).toEqual(expect.arrayContaining(['LIST_DRIFTED', 'TREE_NOT_LISTED']));
    // Each would give the next entry an index of the tree that is gone from its list.
    const before = recorder.acknowledged().length;
    await expect(clients.upload(log.publicUrl)).rejects.toThrow('503');
    await load.stop();
    expect(recorder.acknowledged()).toHaveLength(before);

    await helm(4).done(...upgrade('rekor-by-4', valuesWith(ended, active), '--force-conflicts'));
    await api.deletePods(namespace, deployment);
    await clients.expectWritable();
    await clients.expectNothingEverLost();
  });
});

function policies(): readonly Manifest[] {
  const words = {
    ...{ NAMESPACE: namespace, DEPLOYMENT: deployment, TREE_KEY: 'treeID' },
    ...{ LIST, KEY: 'sharding-config.yaml', TREE },
  };
  return ['shards-only-grow', 'active-tree-in-configmap'].flatMap((file) => policyIn(file, words));
}
