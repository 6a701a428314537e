import type { Json } from '../../../../activities/clients/kubernetes/exact-json';
import { objectAt } from '../../../../activities/installation/kubernetes/json-path';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { shapeNames } from '../../../../lab/kubernetes/log/shapes';
import { refused } from '../../refused';
import { CURRENT, replacementOf, signal, StandingOnCluster } from './standing-log';

const { current, next } = replacementOf('rotation/1');
const plan = (one: StandingOnCluster) => one.installation.plan({ current, next }, [CURRENT], signal);

/** Somebody gives an object of the log another spec, in part. */
function changed(one: StandingOnCluster, key: string, spec: Readonly<Record<string, Json>>): void {
  const object = one.cluster.objects[key] as KubernetesObject;
  one.cluster.put({ ...object, spec: { ...objectAt(object, 'spec'), ...spec } });
}

const DEPLOYMENT = 'Deployment rekor-server';
const SERVICE = 'Service rekor-server';

describe.each(shapeNames)('a plan for a log of the shape %s', (shape) => {
  const deployments: readonly [string, Readonly<Record<string, Json>>, RegExp][] = [
    ['is paused', { paused: true }, /it is paused/],
    ['has no pods', { replicas: 0 }, /scaled to 0/],
    [
      'finds its pods by more than labels',
      { selector: { matchLabels: { app: 'rekor' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
      /matchExpressions/,
    ],
  ];
  it.each(deployments)('is refused when the Deployment %s', async (_, spec, reason) => {
    const one = new StandingOnCluster(shape);
    // What an operator generates is written again by it, but not while it looks elsewhere.
    one.cluster.afterChange = () => undefined;
    changed(one, DEPLOYMENT, spec);
    expect(await refused('DEPLOYMENT_CANNOT_FOLLOW', plan(one))).toMatch(reason);
  });

  it('is refused when the Service has no selector, or one that finds no pod of the Deployment', async () => {
    const one = new StandingOnCluster(shape);
    changed(one, SERVICE, { selector: {} });
    expect(await refused('SERVICE_LEADS_ELSEWHERE', plan(one))).toContain('it has no selector');
    changed(one, SERVICE, { selector: { app: 'another' } });
    expect(await refused('SERVICE_LEADS_ELSEWHERE', plan(one))).toContain('it selects app=another');
  });

  it('is refused when the Service leads to a pod of another Deployment as well (H11)', async () => {
    const one = new StandingOnCluster(shape);
    one.cluster.afterChange = () => undefined;
    const standing = one.cluster.objects[DEPLOYMENT] as KubernetesObject;
    const labels = objectAt(standing, 'spec', 'template', 'metadata', 'labels');
    const track = { track: 'stable' };
    changed(one, DEPLOYMENT, {
      selector: { matchLabels: { ...labels, ...track } },
      template: { ...objectAt(standing, 'spec', 'template'), metadata: { labels: { ...labels, ...track } } },
    });
    await expect(plan(one)).resolves.toBeDefined();
    const metadata = { name: 'rekor-canary-1', uid: 'canary', labels: { ...labels, track: 'canary' } };
    one.cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata });
    expect(await refused('SERVICE_LEADS_ELSEWHERE', plan(one))).toContain('pod rekor-canary-1 as well');
  });

  it('goes on where the Service leads to its pods alone', async () => {
    const one = new StandingOnCluster(shape);
    await expect(plan(one)).resolves.toBeDefined();
  });
});
