import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { jsonPointer } from '../../activities/clients/kubernetes/objects';
import { ClusterProcess } from '../../harness/cluster-process';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { ClusterApi, type Manifest } from '../../lab/kubernetes/api';
import { refused } from '../activities/refused';
import { policyIn } from './policies';

const NAMESPACE = 'rekor';
const KEY = 'sharding-config.yaml';
const LIST = 'rekor-sharding-config';
const TREE = 'rekor-config';

/** Three trees, of which one id begins with another. */
const [FIRST, SECOND, THIRD] = ['3904496407287907110', '39', '390'] as const;

/** The objects of a file, with its capital words replaced as its first lines say. */
const policy = (file: string): readonly Manifest[] =>
  policyIn(file, { NAMESPACE, DEPLOYMENT: 'rekor-server', TREE_KEY: 'treeID', LIST, KEY, TREE });

const list = (text: string, name = LIST): Manifest => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name } },
  data: { [KEY]: text },
});
const active = (treeID: string): Manifest => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name: TREE } },
  data: { __placeholder: 'keep', ...(treeID !== '' && { treeID }) },
});
const deployment = (...args: readonly string[]): Manifest => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: NAMESPACE, name: 'rekor-server' } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'rekor-server' } },
    template: {
      metadata: { labels: { app: 'rekor-server' } },
      spec: { containers: [{ name: 'rekor-server', image: 'rekor', args }] },
    },
  },
});
const listOf = (...trees: readonly string[]): string => trees.map((tree) => `- treeID: ${tree}\n`).join('');

describe('the admission policies', () => {
  const lab = new ClusterProcess();
  let api: ClusterApi;
  let cluster: Cluster;
  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });

  /** What a tool that forces its own values is told; fails when it is let do that. */
  async function told(...manifests: readonly Manifest[]): Promise<string> {
    try {
      await api.apply(manifests);
    } catch (error) {
      return String(error);
    }
    throw new Error('It was let do that.');
  }

  beforeAll(async () => {
    const { kubeconfig } = await lab.up('none');
    api = ClusterApi.fromFile(kubeconfig);
    cluster = openCluster({ log: 'production', source: { kubeconfig } });
    await api.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
    await api.apply([list(listOf(FIRST, SECOND)), active(THIRD), deployment('serve', `${FLAG}=${THIRD}`)]);
    for (const file of ['shards-only-grow', 'active-tree-in-configmap', 'active-tree-in-arguments'])
      await api.apply(policy(file));
    // The API server takes a policy up some time after it has stored it.
    for (const stale of [list(''), active(SECOND), deployment('serve', `${FLAG}=${SECOND}`)])
      await until('the policies', PATIENCE_MS, async () => (await dryRun(stale)) === 'denied');
  });
  afterAll(async () => {
    await lab.end();
  });

  const FLAG = '--trillian_log_server.tlog_id';

  async function dryRun(manifest: Manifest): Promise<'denied' | 'passes'> {
    const object = manifest as unknown as Parameters<Cluster['apply']>[0];
    try {
      await cluster.apply(object, { ...within(), dryRun: true, force: true });
      return 'passes';
    } catch {
      return 'denied';
    }
  }

  it.each([
    ['an empty one, as values without shards render it', ''],
    ['one without its last shard', listOf(FIRST)],
    ['one without its first shard', listOf(SECOND)],
    ['another order', listOf(SECOND, FIRST)],
    ['another tree whose id begins with that of the former', listOf(FIRST, THIRD)],
    ['a shard that is only a comment', `- treeID: ${FIRST}\n# - treeID: ${SECOND}\n`],
    ['one with a tree that it does not see', `${listOf(FIRST, SECOND)}- treeid: 7\n`],
    ['one with a tree that is no decimal number', `${listOf(FIRST, SECOND)}- treeID: 0x1f\n`],
  ])('refuse in the place of the list %s', async (_, text) => {
    const words = await told(list(text));
    expect(words).toMatch(/may only grow at its end|must be written as treeID and a whole number/);
    if (words.includes('may only grow')) expect(words).toContain(`[${FIRST}, ${SECOND}]`);
  });

  it.each([
    ['one more shard', listOf(FIRST, SECOND, '44')],
    ['another spelling', `[{"treeID": ${FIRST}}, {"treeID": ${SECOND}}, {"treeID":44}]`],
    [
      'what each shard has besides, and comments',
      `# of 2026\n- treeID: ${FIRST} # first\n  treeLength: 3\n- treeLength: 4\n  "treeID": ${SECOND}\n- treeID: 44\n`,
    ],
  ])('let %s pass', async (_, text) => {
    expect(await dryRun(list(text))).toBe('passes');
    expect(await dryRun(list('', 'another-list'))).toBe('passes');
  });

  it('refuse to delete the list, and to take its key away', async () => {
    const name: ObjectReference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: LIST };
    const found = await cluster.get(name, within());
    const { uid = '', resourceVersion = '' } = found?.metadata ?? {};
    await refused('CLUSTER_INVALID', cluster.delete(name, { uid }, within()));
    const remove = { op: 'remove', path: jsonPointer('data', KEY) } as const;
    await refused('CLUSTER_INVALID', cluster.patch(name, resourceVersion, [remove], within()));
    expect(await cluster.get(name, within())).toEqual(found);
  });

  it('refuse an earlier shard as the active tree, wherever that is named, and none at all', async () => {
    for (const tree of [FIRST, SECOND]) {
      expect(await told(active(tree))).toContain(`tree ${tree} is an earlier shard of this log`);
      const words = await told(deployment('serve', `${FLAG}=${tree}`));
      expect(words).toContain(`tree ${tree} is an earlier shard of this log`);
      expect(await told(deployment('serve', FLAG, tree))).toContain('is an earlier shard');
    }
    expect(await dryRun(deployment('serve'))).toBe('denied');
    expect(await dryRun(deployment('serve', `${FLAG}=0`))).toBe('denied');
    const name: ObjectReference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: TREE };
    const { resourceVersion = '' } = (await cluster.get(name, within()))?.metadata ?? {};
    const remove = { op: 'remove', path: jsonPointer('data', 'treeID') } as const;
    await refused('CLUSTER_INVALID', cluster.patch(name, resourceVersion, [remove], within()));
    for (const other of [active('55'), deployment('serve', `${FLAG}=55`), deployment('serve', FLAG, '55')])
      expect(await dryRun(other)).toBe('passes');
  });

  it('let a rotation settle: first the list with the tree that ended, then the next one', async () => {
    await api.apply([list(listOf(FIRST, SECOND, THIRD)), active('55'), deployment('serve', `${FLAG}=55`)]);
    expect(await told(active(THIRD))).toContain(`tree ${THIRD} is an earlier shard`);
    expect(await told(list(listOf(FIRST, SECOND)))).toContain('may only grow at its end');
  });

  it('do not keep a namespace from going', async () => {
    const name: ObjectReference = { apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE };
    const { uid = '' } = (await cluster.get(name, within()))?.metadata ?? {};
    await cluster.delete(name, { uid }, within());
    await until('the namespace to be gone', PATIENCE_MS, async () => !(await cluster.get(name, within())));
  });
});
