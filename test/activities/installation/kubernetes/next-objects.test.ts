import type { Json } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  listAt,
  objectAt,
  valueAt,
  withValueAt,
} from '../../../../activities/installation/kubernetes/json-path';
import { nextDeployment } from '../../../../activities/installation/kubernetes/next-objects';
import { readWorkload } from '../../../../activities/installation/kubernetes/rekor-workload';
import { shapeNames } from '../../../../lab/kubernetes/log/shapes';
import { NEXT, objectsOf } from './standing-log';

const place = {
  ...{ log: 'production', namespace: 'rekor-system' },
  ...{ deployment: 'rekor-server', service: 'rekor-server' },
};

function copyOf(deployment: KubernetesObject): KubernetesObject {
  const listObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'list' } };
  return nextDeployment({
    ...{ place, list: '', nextTreeId: NEXT, attemptId: 'rotation/1', replicas: 3 },
    ...{ launcherImage: 'rekor-rotate:1', entrypoint: ['/ko-app/rekor-server'] },
    standing: { deployment, workload: readWorkload('production', deployment), listObject },
  });
}

const pod = ['spec', 'template', 'spec'] as const;

describe.each(shapeNames)('the copy of a Deployment in the shape %s', (shape) => {
  const original = objectsOf(shape).find(({ kind }) => kind === 'Deployment') as KubernetesObject;
  const withinPod = (name: string, value: Json): KubernetesObject =>
    objectAt(withValueAt(original, [...pod, name], value)) as KubernetesObject;
  const container = objectAt(copyOf(original), ...pod, 'containers', 0);

  it('has no label of the original, so that no Service, budget or autoscaler counts its pods', () => {
    const copy = copyOf(original);
    const ofOriginal = Object.keys(objectAt(original, 'spec', 'selector', 'matchLabels'));
    const labels = objectAt(copy, 'spec', 'template', 'metadata', 'labels');
    expect(Object.keys(labels)).toEqual(['rekor-rotate/slot', 'rekor-rotate/attempt']);
    expect(Object.keys(labels).filter((name) => ofOriginal.includes(name))).toEqual([]);
    expect(objectAt(copy, 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(valueAt(copy, 'spec', 'replicas')).toBe(3);
  });

  it('has nothing that says whose the original is, nor what was rendered for it', () => {
    const owned = {
      ...original,
      metadata: {
        ...original.metadata,
        ...{ ownerReferences: [{ kind: 'Rekor' }], uid: 'u', resourceVersion: '7', finalizers: ['f'] },
        annotations: { 'meta.helm.sh/release-name': 'rekor', 'argocd.argoproj.io/tracking-id': 'x' },
      },
    };
    const text = JSON.stringify(copyOf(owned));
    for (const mark of [
      'ownerReferences',
      'resourceVersion',
      'meta.helm.sh',
      'argocd',
      'checksum/',
      'finalizers',
    ])
      expect(text).not.toContain(mark);
    if (shape !== 'operator') expect(text).toContain('prometheus.io/scrape');
  });

  it('starts Rekor by the launcher with the same arguments but for the tree, and probes nothing', () => {
    const before = objectAt(original, ...pod, 'containers', 0);
    expect(container['command']).toEqual(['/rekor-rotate/launcher', 'run', '--', '/ko-app/rekor-server']);
    const differing = listAt(container, 'args').filter((arg, at) => arg !== listAt(before, 'args')[at]);
    const changed = {
      upstream: [`--trillian_log_server.tlog_id=${NEXT}`],
      'helm-chart': [],
      operator: [NEXT],
    };
    expect(differing).toEqual(changed[shape]);
    if (shape === 'helm-chart') expect(listAt(container, 'env')[0]).toEqual({ name: 'TREE_ID', value: NEXT });
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'])
      expect(container[probe]).toBeUndefined();
    expect(container['image']).toBe(before['image']);
  });

  it('keeps a command that the Deployment gives', () => {
    const rekor = objectAt(original, ...pod, 'containers', 0);
    const withCommand = withinPod('containers', [{ ...rekor, command: ['/bin/rekor', '--quiet'] }]);
    expect(valueAt(copyOf(withCommand), ...pod, 'containers', 0, 'command')).toEqual([
      ...['/rekor-rotate/launcher', 'run', '--', '/bin/rekor', '--quiet'],
    ]);
  });

  it('mounts its own list in the place of the other one, and every other volume as it is', () => {
    const volumes = listAt(original, ...pod, 'volumes');
    const [list, ...others] = listAt(copyOf(original), ...pod, 'volumes');
    expect(valueAt(list, 'name')).toBe(valueAt(volumes[0], 'name'));
    expect(valueAt(list, 'configMap', 'name')).toBe('rekor-server-next');
    expect(others).toEqual([...volumes.slice(1), { name: 'rekor-rotate', emptyDir: {} }]);
  });

  it('may be on the node of the original, and takes no port of it', () => {
    const affinity = { nodeAffinity: { a: 1 }, podAntiAffinity: { b: 1 } };
    const spread = objectAt(
      withValueAt(withinPod('affinity', affinity), [...pod, 'topologySpreadConstraints'], [{}]),
    );
    const ports = [{ containerPort: 3000, hostPort: 80, name: 'http' }];
    const copy = copyOf(
      objectAt(withValueAt(spread, [...pod, 'containers', 0, 'ports'], ports)) as KubernetesObject,
    );
    expect(valueAt(copy, ...pod, 'affinity')).toEqual({ nodeAffinity: { a: 1 } });
    expect(valueAt(copy, ...pod, 'topologySpreadConstraints')).toBeUndefined();
    expect(valueAt(copy, ...pod, 'containers', 0, 'ports')).toEqual([{ containerPort: 3000, name: 'http' }]);
  });

  it('waits for the init containers of the original, and then has the launcher installed', () => {
    const waiting = { name: 'wait-for-trillian', image: 'curl' };
    const resources = { limits: { memory: '1Gi' } };
    const asked = { resources, securityContext: { runAsUser: 1000, allowPrivilegeEscalation: true } };
    const rekor = { ...objectAt(original, ...pod, 'containers', 0), ...asked };
    const withAsked = copyOf(withinPod('containers', [rekor]));
    expect(valueAt(withAsked, ...pod, 'initContainers', 0)).toMatchObject({
      resources,
      securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
    });
    const inits = listAt(copyOf(withinPod('initContainers', [waiting])), ...pod, 'initContainers');
    expect(inits).toEqual([
      waiting,
      expect.objectContaining({
        image: 'rekor-rotate:1',
        command: ['/app/launcher', 'install', '/rekor-rotate'],
      }),
    ]);
  });
});
