import type { Manifest } from '../../../lab/kubernetes/api';
import { refused } from '../../activities/refused';
import { forbid, plantedCluster, searched, uproot } from './planted-cluster';
import * as shapes from './shapes';
import { cronJob, OTHER_TREE, rekor, rekorArgs, TREE, workload } from './shapes';

afterEach(uproot);

const namespace = 'rekor-system';
const READS = '--enabled_api_endpoints=getLogInfo,getLogEntryByUUID';

const found = async (objects: readonly Manifest[], deployment?: string) =>
  await searched(await plantedCluster(objects), { namespace, deployment });
const othersOf = async (...more: readonly Manifest[]): Promise<readonly string[]> =>
  (await found([...shapes.upstream(), ...more])).others.map(({ said }) => said);

/** Why nothing is written. */
async function reasonOf(objects: readonly Manifest[], wanted = { namespace }): Promise<string> {
  const error: unknown = await searched(await plantedCluster(objects), wanted).catch((one: unknown) => one);
  if (!(error instanceof Error) || error.name !== 'NoSuchLog')
    throw new Error(`It ended so: ${String(error)}`);
  return error.message;
}

describe('the other workloads of a log (H11)', () => {
  it('are none where it has none: neither Trillian, nor the gate', async () => {
    expect(await othersOf()).toEqual([]);
    const { others } = await searched(await plantedCluster(shapes.helmChart()), { namespace: 'rekor' });
    expect(others).toEqual([]);
  });

  it.each([
    [
      'StatefulSet',
      [],
      /^StatefulSet other runs Rekor on the same tree and may write to it, and no rotation/,
    ],
    ['DaemonSet', [], /^DaemonSet other runs Rekor on the same tree and may write to it/],
    ['Deployment', [READS], /^Deployment other runs Rekor on the same tree for reads, and no rotation/],
    ['StatefulSet', [`${READS},createLogEntry`], /may write to it/],
    ['StatefulSet', ['--enabled_api_endpoints=$(UNKNOWN)'], /may write to it/],
  ] as const)('are a %s of Rekor with %j', async (kind, more, words) => {
    const [said = '', ...rest] = await othersOf(
      rekor(kind, 'other', { app: 'other' }, rekorArgs(TREE, ...more)),
    );
    expect(said).toMatch(words);
    expect(said).not.toContain('behind Service');
    expect(rest).toEqual([]);
  });

  it('are named as behind the same Service where they are', async () => {
    const [said] = await othersOf(
      rekor('StatefulSet', 'other', { app: 'rekor-server', part: 'other' }, rekorArgs(TREE)),
      rekor('StatefulSet', 'third', { app: 'rekor-server', part: 'third' }, rekorArgs(TREE)),
    );
    expect(said).toContain('It is behind Service rekor-server, too.');
  });

  it.each([
    ['a monitor that is told the tree', { args: ['--tree', TREE] }, 'names tree'],
    ['a variable with the tree', { env: [{ name: 'A', value: `trees=${TREE},1` }] }, 'names tree'],
    ['a back-fill that calls it', { args: ['--rekor-address=http://rekor-server:80/'] }, 'calls Service'],
    ['one by its whole name', { args: ['rekor-server.rekor-system.svc.cluster.local:80'] }, 'calls Service'],
  ])('are %s', async (_, container, words) => {
    const [said = ''] = await othersOf(cronJob(namespace, 'job', { name: 'job', ...container }));
    expect(said).toContain(`CronJob job ${words}`);
  });

  it.each([
    ['a program of the same name', { command: ['rekor-server', 'version'] }],
    ['an id that begins with that of the tree', { args: [`${TREE}1`] }],
    ['a Service of another namespace', { args: ['http://rekor-server.other.svc'] }],
  ])('are not %s', async (_, container) => {
    expect(await othersOf(cronJob(namespace, 'job', { name: 'job', ...container }))).toEqual([]);
  });

  it('are what uses the ConfigMap of the tree, such as a job that makes trees', async () => {
    const job = cronJob('rekor', 'createtree', { name: 'c', args: ['--configmap=rekor-config'] });
    const mounts = workload(
      'Deployment',
      { namespace: 'rekor', name: 'mounts' },
      { labels: {}, container: { name: 'm' }, volumes: [{ name: 'v', configMap: { name: 'rekor-config' } }] },
    );
    const planted = await plantedCluster([...shapes.helmChart(), job, mounts]);
    const { others } = await searched(planted, { namespace: 'rekor' });
    expect(others.map(({ said }) => said.split('.')[0])).toEqual([
      'Deployment mounts uses ConfigMap rekor-config, in which the tree stands',
      'CronJob createtree uses ConfigMap rekor-config, in which the tree stands',
    ]);
  });

  it('are not what has ended, nor what another workload makes', async () => {
    const ended = {
      ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name: 'ended' } },
      spec: { template: { spec: { containers: [{ name: 'c', args: [TREE] }] } } },
      status: { conditions: [{ type: 'Complete', status: 'True' }] },
    };
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rekor-server', controller: true };
    const made = {
      ...rekor('Deployment', 'rekor-server-5d', { app: 'rekor-server' }, rekorArgs(TREE)),
      ...{ kind: 'ReplicaSet', metadata: { namespace, name: 'rekor-server-5d', ownerReferences: [owner] } },
    };
    expect(await othersOf(ended, made)).toEqual([]);
    const rollout = { ...owner, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'r' };
    const [said] = await othersOf({
      ...made,
      metadata: { ...made.metadata, ownerReferences: [rollout] },
    } as Manifest);
    expect(said).toMatch(/^ReplicaSet rekor-server-5d of Rollout r runs Rekor on the same tree/);
  });
});

describe('which Deployment is taken', () => {
  const second = rekor('Deployment', 'rekor-two', { app: 'two' }, rekorArgs(OTHER_TREE));

  it('is none of two logs, until one is named', async () => {
    const objects = [...shapes.upstream(), second];
    expect(await reasonOf(objects)).toBe(
      [
        'Namespace rekor-system has the Rekor of more than one log. Name the Deployment of one with --deployment:',
        `Deployment rekor-server, with tree ${TREE}`,
        `Deployment rekor-two, with tree ${OTHER_TREE}`,
      ].join('\n'),
    );
    const { rekor: taken, left, others } = await found(objects, 'rekor-two');
    expect(taken.where).toBe('Deployment rekor-two');
    expect(left).toEqual([`Deployment rekor-server, with tree ${TREE}`]);
    expect(others).toEqual([]);
  });

  it('is the one that writes', async () => {
    const reader = rekor('Deployment', 'a-reader', { app: 'reader' }, rekorArgs(TREE, READS));
    expect((await found([reader, ...shapes.upstream()])).rekor.where).toBe('Deployment rekor-server');
  });

  it('is none of two that write to one tree, until one is named; then the other is a problem', async () => {
    const writer = rekor('Deployment', 'writer', { app: 'writer' }, rekorArgs(TREE));
    const objects = [...shapes.upstream(), writer];
    expect(await reasonOf(objects)).toContain('More than one Deployment takes entries of one log');
    const { others } = await found(objects, 'rekor-server');
    expect(others.map(({ said }) => said)).toEqual([
      expect.stringContaining('Deployment writer runs Rekor on the same tree and may write to it') as string,
    ]);
  });

  it('is none where Rekor is run by no Deployment', async () => {
    const objects = [rekor('StatefulSet', 'rekor', { app: 'rekor' }, rekorArgs(TREE))];
    expect(await reasonOf(objects)).toBe(
      `Rekor of namespace rekor-system is run by no Deployment, and only that of a Deployment can be rotated. These run it:\nStatefulSet rekor, with tree ${TREE}`,
    );
  });

  it('is the one that is named, or that name is wrong, and what is there is said', async () => {
    const error: unknown = await found(shapes.upstream(), 'rekor').catch((one: unknown) => one);
    expect(error).toMatchObject({
      isUsage: true,
      message: `--deployment is rekor; no Deployment of that name in namespace rekor-system runs Rekor. These run it:\nDeployment rekor-server, with tree ${TREE}`,
    });
  });

  it("may be generated by Red Hat's operator, whose resource a rotation changes", async () => {
    const planted = await plantedCluster(shapes.operator());
    const { shape, rekor } = await searched(planted, { namespace: 'rhtas' });
    expect([shape.name, rekor.workload.name]).toEqual(["Red Hat's operator", 'rekor-server']);
    expect(shape.why).toBe('the Rekor securesign-sample of rhtas.redhat.com/v1 controls it');
  });

  it('is none that Knative makes at each change', async () => {
    const reason = await reasonOf(shapes.knative(), { namespace });
    expect(reason).toContain('by a Service of Knative: its label serving.knative.dev/service is rekor');
    expect(reason).toContain('is not supported yet');
  });
});

describe('a namespace without a log', () => {
  it('is said to have none, or not to be there', async () => {
    const objects = shapes.upstream().filter(({ metadata }) => metadata.name !== 'rekor-server');
    expect(await reasonOf(objects)).toMatch(/^No Rekor was found in namespace rekor-system: no container/);
    expect(await reasonOf(shapes.upstream(), { namespace: 'rekor-sytem' })).toBe(
      '--namespace is rekor-sytem; the cluster has no such namespace. Check its spelling, and with --context which cluster is asked.',
    );
  });

  it('is said not to be known where that may not be asked', async () => {
    const planted = await plantedCluster([]);
    forbid(planted, /namespaces\/elsewhere$/, /statefulsets/);
    await expect(searched(planted, { namespace: 'elsewhere' })).rejects.toThrow(
      'Whether there is such a namespace may not be asked. These may not be seen: list statefulsets.apps of elsewhere.',
    );
  });

  it('is refused with verb and resource where its Deployments may not be listed', async () => {
    const planted = await plantedCluster(shapes.upstream());
    forbid(planted, /deployments/);
    const refusal = await refused('CLUSTER_DENIED', searched(planted, { namespace }));
    expect(JSON.stringify(refusal)).toContain('list deployments.apps of rekor-system');
  });
});
