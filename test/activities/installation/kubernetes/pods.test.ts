import type { Json } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { notReady, untilCopyWaits } from '../../../../activities/installation/kubernetes/copy';
import { instanceOf, podsOf, whyNoPods } from '../../../../activities/installation/kubernetes/pods';
import { ObjectsInMemory } from '../../../../simulation/world/kubernetes/objects-in-memory';
import { PATIENCE_MS } from '../../../../harness/waiting';
import { refused } from '../../refused';
import { signal } from './standing-log';

const place = { ...{ log: 'production', namespace: 'rekor' }, ...{ deployment: 'rekor', service: 'rekor' } };
const labels = { app: 'rekor' };
const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'rekor-next' } },
  spec: { selector: { matchLabels: labels } },
};

async function read(...pods: readonly { readonly metadata?: object; readonly status: Json }[]) {
  const cluster = new ObjectsInMemory();
  cluster.put(deployment);
  cluster.podsOf = () =>
    pods.map(({ metadata, status }, position) => ({
      ...{ apiVersion: 'v1', kind: 'Pod', status },
      metadata: { name: `rekor-${position}`, uid: `${position}`, labels, ...metadata },
    }));
  return await podsOf(cluster, place, deployment, { signal });
}

const running = {
  phase: 'Running',
  podIP: '198.18.0.7',
  containerStatuses: [{ name: 'rekor', state: { running: {} } }],
};

it('leaves out pods that are being deleted, and those that have ended', async () => {
  const found = await read(
    { status: running },
    { status: running, metadata: { deletionTimestamp: '2026-01-31T03:00:00Z' } },
    { status: { ...running, phase: 'Failed' } },
    { status: { ...running, phase: 'Succeeded' } },
  );
  expect(found.map(({ name }) => name)).toEqual(['rekor-0']);
});

it('says where a pod is reached, also by IPv6, and nothing before it has an address', async () => {
  const [one, other, none] = await read(
    { status: running },
    { status: { ...running, podIP: 'fd00::7' } },
    { status: { phase: 'Pending' } },
  );
  expect([one, other, none].map((pod) => pod && instanceOf(pod, 3000)?.url)).toEqual([
    'http://198.18.0.7:3000',
    'http://[fd00::7]:3000',
    undefined,
  ]);
});

it.each<[string, Json, string]>([
  [
    'no room',
    {
      conditions: [
        { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.' },
      ],
    },
    'it is on no node: 0/1 nodes are available: 1 Insufficient cpu.',
  ],
  [
    'an image that is not there',
    {
      containerStatuses: [
        {
          name: 'rekor',
          state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "a"' } },
        },
      ],
    },
    'its container rekor waits: ImagePullBackOff (Back-off pulling image "a")',
  ],
  [
    'a container that ends again and again',
    {
      containerStatuses: [
        {
          ...{ name: 'rekor', state: { waiting: { reason: 'CrashLoopBackOff' } } },
          lastState: { terminated: { exitCode: 127 } },
        },
      ],
    },
    'its container rekor waits: CrashLoopBackOff; it ended with 127 before',
  ],
  [
    'a container before it that fails',
    { initContainerStatuses: [{ name: 'wait', state: { terminated: { exitCode: 1 } } }] },
    'its container wait ended with 1',
  ],
  [
    'nothing that anybody says',
    { containerStatuses: [{ name: 'rekor', state: { waiting: { reason: 'ContainerCreating' } } }] },
    'it does not run yet, and nothing says why',
  ],
])('says of pods that do not run which one, and why: %s', async (_, status, reason) => {
  const pods = await read({ status: running }, { status: { phase: 'Pending', ...(status as object) } });
  expect(notReady(place, deployment, { pods, wanted: 2, withinMs: 300_000 }).message).toContain(
    `The pods of Deployment rekor/rekor-next do not run within 300 s: pod rekor-1: ${reason}`,
  );
});

it('says that a Deployment was paused whose pods run and do not change', async () => {
  const pods = await read({ status: running });
  const paused = { ...deployment, spec: { paused: true } } as KubernetesObject;
  expect(notReady(place, paused, { pods, wanted: 1, withinMs: 1_000 }).message).toContain('it is paused');
});

describe('a Deployment that makes no pods', () => {
  const failing = (message: string): KubernetesObject => ({
    ...deployment,
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
  });

  it.each([
    [
      'pods "rekor-next-1" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=9, limited: pods=9',
      'exceeded quota: pods, requested: pods=1, used: pods=9, limited: pods=9',
    ],
    [
      'pods "rekor-next-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
      'violates PodSecurity "restricted:latest": runAsNonRoot != true',
    ],
    [
      'Pod "rekor-next-1" is invalid: spec.containers[0].env[0].value: Invalid value: "hunter2"',
      'FailedCreate',
    ],
  ])('is said to by what keeps it, and by nothing that may be secret: %s', (message, shown) => {
    expect(whyNoPods(failing(message))).toBe(shown);
    const { message: words } = notReady(place, failing(message), { pods: [], wanted: 2, withinMs: 1_000 });
    expect(words).toContain(`there are 0 pods, not 2: ${shown}`);
    expect(words).not.toContain('hunter2');
  });

  it('is said to by its number where nothing says why', () => {
    expect(whyNoPods(deployment)).toBeUndefined();
  });
});

describe('a copy that no waiting helps', () => {
  const waiting = (reason: string): Json => ({
    phase: 'Pending',
    containerStatuses: [{ name: 'rekor', state: { waiting: { reason } } }],
  });
  const quota: Json = {
    conditions: [
      {
        ...{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' },
        message:
          'pods "x" is forbidden: exceeded quota: few, requested: pods=2, used: pods=2, limited: pods=2',
      },
    ],
  };

  function clusterWith(status: Json | undefined, pod: Json | undefined): ObjectsInMemory {
    const cluster = new ObjectsInMemory();
    cluster.put({ ...deployment, ...(status !== undefined && { status }) });
    cluster.podsOf = () =>
      pod === undefined
        ? []
        : [{ apiVersion: 'v1', kind: 'Pod', status: pod, metadata: { name: 'rekor-1', uid: '1', labels } }];
    return cluster;
  }

  it.each<[string, Json | undefined, Json | undefined, string]>([
    ['a quota', quota, undefined, 'exceeded quota: few'],
    ['an image that is not there', undefined, waiting('ErrImageNeverPull'), 'ErrImageNeverPull'],
    ['an image without a right name', undefined, waiting('InvalidImageName'), 'InvalidImageName'],
    [
      'an object that is missing',
      undefined,
      waiting('CreateContainerConfigError'),
      'CreateContainerConfigError',
    ],
  ])('is given up early, and says why: %s', async (_, status, pod, reason) => {
    const awaited = { port: 3_000, withinMs: 10 * PATIENCE_MS, stuckMs: 1 };
    const given = untilCopyWaits(clusterWith(status, pod), place, awaited, { signal });
    expect(await refused('PODS_NOT_READY', given)).toContain(reason);
  });

  it('is waited for where it may still come: an image that is being pulled again', async () => {
    const awaited = { port: 3_000, withinMs: 10 * PATIENCE_MS, stuckMs: 1 };
    const cluster = clusterWith(undefined, waiting('ImagePullBackOff'));
    const given = untilCopyWaits(cluster, place, awaited, { signal });
    setTimeout(() => (cluster.podsOf = clusterWith(undefined, running).podsOf), 600);
    await expect(given).resolves.toBeUndefined();
  });
});
