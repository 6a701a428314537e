import { setTimeout as pause } from 'node:timers/promises';
import { shapeNames } from '../../../../lab/kubernetes/log/shapes';
import { CURRENT, namesIn, NEXT, objectsOf, replacementOf, signal, StandingOnCluster } from './standing-log';
import type { PlannedChanges, Replacement } from '../../../../workflows/model/installation';
import { parse } from 'yaml';
import { refuse } from '../../../../activities/errors/refusal-error';
import { refusalOf, refused } from '../../refused';
import { labelsOf } from '../../../../activities/installation/kubernetes/next-objects';
import { objectAt, textAt } from '../../../../activities/installation/kubernetes/json-path';
import type { JsonObject } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';

const first = replacementOf('rotation/1');
const { current: standing, next: copy } = first;

const planned = async (one: StandingOnCluster): Promise<PlannedChanges> =>
  await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);

async function staged(one: StandingOnCluster, replacement: Replacement = first): Promise<void> {
  await one.installation.stage(replacement, await planned(one), { signal });
}

/** A pod of an attempt's copy that was told to end. */
function podOf(attemptId: string, metadata: JsonObject): KubernetesObject {
  const { namespace, name } = { namespace: 'rekor-system', name: 'ending' };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ namespace, name, uid: name, labels: labelsOf(attemptId) },
      ...{ deletionTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    },
  };
}

/** The list and the tree of the standing Deployment, whatever shape it has. */
async function shards(one: StandingOnCluster): Promise<unknown> {
  return await one.installation.configured(standing, signal);
}

describe.each(shapeNames)('a rotation of a log on Kubernetes, in the shape %s', (shape) => {
  it('makes a copy that waits, and changes nothing that was there', async () => {
    const one = new StandingOnCluster(shape);
    const before = one.cluster.objects;
    await staged(one);
    expect(one.cluster.objects).toMatchObject(before);
    expect(Object.keys(one.cluster.objects).filter((key) => !(key in before))).toEqual([
      'ConfigMap rekor-server-next',
      'Secret rekor-server-next-launcher',
      'Deployment rekor-server-next',
    ]);
    expect(await one.installation.configured(copy, signal)).toEqual({
      activeTreeId: NEXT,
      inactiveTreeIds: [CURRENT],
    });
    expect(await one.installation.unfinishedOn(copy, signal)).toBe('rotation/1');
    expect(await one.installation.unfinishedOn(standing, signal)).toBeNull();
    await one.installation.requireStaged(first, signal);
    expect(one.told).toEqual([]);
    expect(await one.installation.runs(copy, signal)).toBe(false);
  });

  it('is taken back to exactly what was there, from wherever it was broken off', async () => {
    for (const breaksAfterEffect of [false, true]) {
      for (let changes = 0; changes < 3; changes += 1) {
        const one = new StandingOnCluster(shape);
        const before = one.cluster.objects;
        one.cluster.changesLeft = changes;
        one.cluster.breaksAfterEffect = breaksAfterEffect;
        await expect(staged(one)).rejects.toThrow('broken off');
        one.cluster.changesLeft = Infinity;
        await one.opened().discard(first, { signal });
        expect(one.cluster.objects).toEqual(before);
      }
    }
  });

  it('goes on with its staging where that was broken off, and with its discarding', async () => {
    for (const breaksAfterEffect of [false, true]) {
      for (let changes = 0; changes < 3; changes += 1) {
        const one = new StandingOnCluster(shape);
        const before = one.cluster.objects;
        const plan = await planned(one);
        one.cluster.breaksAfterEffect = breaksAfterEffect;
        one.cluster.changesLeft = changes;
        await expect(one.installation.stage(first, plan, { signal })).rejects.toThrow('broken off');
        one.cluster.changesLeft = Infinity;
        await one.opened().stage(first, plan, { signal });
        await one.opened().requireStaged(first, signal);
        one.cluster.changesLeft = changes;
        await expect(one.installation.discard(first, { signal })).rejects.toThrow('broken off');
        // What says that there is an attempt goes last.
        const isLast = breaksAfterEffect && changes === 2;
        expect(await one.installation.unfinishedOn(copy, signal)).toBe(isLast ? null : 'rotation/1');
        one.cluster.changesLeft = Infinity;
        await one.opened().discard(first, { signal });
        expect(one.cluster.objects).toEqual(before);
      }
    }
  });

  it('leaves alone what another attempt has made, and refuses to stage over it', async () => {
    const one = new StandingOnCluster(shape);
    await staged(one);
    const after = one.cluster.objects;
    const second = replacementOf('rotation/2', '7');
    await one.installation.discard(second, { signal });
    expect(one.cluster.objects).toEqual(after);
    expect(await refused('CHANGED_BY_SOMEONE', staged(one, second))).toContain('one of rotation/1');
    expect(await refused('CHANGED_BY_SOMEONE', one.installation.requireStaged(second, signal))).toContain(
      'rotation/1',
    );
    expect(one.cluster.objects).toEqual(after);
  });

  it('makes nothing as long as pods of another attempt end, whose objects have the same names (H43)', async () => {
    const one = new StandingOnCluster(shape);
    await staged(one);
    await one.installation.discard(first, { signal });
    const before = one.cluster.objects;
    // It has ended, and is listed still: its kubelet keeps the list and the token of it.
    const ending = podOf('rotation/1', { deletionGracePeriodSeconds: 30 });
    one.cluster.put({ ...ending, status: { phase: 'Failed' } });
    let isStaged = false;
    const second = replacementOf('rotation/2');
    const staging = staged(one, second).then(() => (isStaged = true));
    await pause(500);
    expect([isStaged, namesIn(one.cluster.objects)]).toEqual([
      false,
      namesIn({ ...before, 'Pod ending': 1 }),
    ]);
    one.cluster.remove({ ...ending, ...ending.metadata });
    await staging;
    await one.installation.requireStaged(second, signal);

    // One of its own is no reason to wait when it goes on.
    one.cluster.put(podOf('rotation/2', { deletionGracePeriodSeconds: 30 }));
    await staged(one, second);
  });

  it('waits no longer for a pod than that may take to end, and says so where its own time is over (H43)', async () => {
    const one = new StandingOnCluster(shape);
    const plan = await planned(one);
    one.cluster.put(podOf('rotation/0', { deletionGracePeriodSeconds: 30 }));
    const over = new AbortController();
    setTimeout(() => over.abort(refuse('BUDGET_EXCEEDED', { step: 'stage', budgetMs: 300 })), 300);
    const words = await refused(
      'PODS_NOT_GONE',
      one.installation.stage(first, plan, { signal: over.signal }),
    );
    expect(words).toContain('pod ending');

    // Five seconds are for the report of a node: one that is silent for longer is not heard of.
    one.cluster.put(podOf('rotation/0', { deletionGracePeriodSeconds: -6 }));
    await staged(one);
  });

  it('starts and stops Rekor in each pod, and only there', async () => {
    const one = new StandingOnCluster(shape);
    await one.installation.start(copy, { signal });
    await one.installation.stop(copy, { signal });
    expect(one.told).toEqual([]);
    await staged(one);
    await one.installation.start(copy, { signal });
    expect(await one.installation.runs(copy, signal)).toBe(true);
    expect(await one.installation.addresses(copy, signal)).toEqual([
      'http://198.18.2.1:3000',
      'http://198.18.2.2:3000',
    ]);
    await one.installation.stop(copy, { signal });
    expect(await one.installation.runs(copy, signal)).toBe(false);
    const orders = one.told.filter((line) => line.startsWith('PUT')).toSorted();
    expect(orders).toEqual([
      'PUT /start 198.18.2.1',
      'PUT /start 198.18.2.2',
      'PUT /stop 198.18.2.1',
      'PUT /stop 198.18.2.2',
    ]);
  });

  it('deletes the pod whose launcher can be told nothing, so that its stop reaches an end', async () => {
    const one = new StandingOnCluster(shape);
    await staged(one);
    await one.installation.start(copy, { signal });
    one.silent.add('198.18.2.2');
    await one.installation.stop(copy, { signal });
    expect(one.cluster.changes.filter((change) => change.includes('Pod'))).toEqual([
      'delete Pod rekor-server-next-2',
    ]);
    await refused('LAUNCHER_UNREACHABLE', one.installation.start(copy, { signal }));
  });

  it('gives the standing Deployment the list before the tree, wherever that is broken off (H9)', async () => {
    for (const breaksAfterEffect of [false, true]) {
      for (let changes = 0; changes < 8; changes += 1) {
        const one = new StandingOnCluster(shape);
        const rest = namesIn(one.cluster.objects);
        await staged(one);
        const rollOut = one.cluster.afterChange;
        one.cluster.afterChange = () => {
          rollOut();
          expect(one.numbersFromNothing()).toBe(false);
        };
        one.cluster.changesLeft = changes;
        one.cluster.breaksAfterEffect = breaksAfterEffect;
        await one.installation.settle(first, { signal }).catch((error: unknown) => {
          expect(error).toMatchObject({ message: 'broken off' });
        });
        one.cluster.changesLeft = Infinity;
        expect(await one.opened().settle(first, { signal })).toEqual(standing);
        expect(await shards(one)).toEqual({ activeTreeId: NEXT, inactiveTreeIds: [CURRENT] });
        expect(await one.installation.unfinishedOn(standing, signal)).toBe('rotation/1');
        expect(await one.installation.settledInto(first, signal)).toEqual(standing);
        await one.installation.forget(first, { signal });
        expect(namesIn(one.cluster.objects)).toEqual(rest);
        expect(await one.installation.unfinishedOn(standing, signal)).toBeNull();
        expect(await one.installation.settledInto(first, signal)).toEqual(standing);
      }
    }
  });

  it('starts the standing pods anew when it settles, and not when it ends', async () => {
    const one = new StandingOnCluster(shape);
    const templateOf = () =>
      JSON.stringify(one.cluster.objects['Deployment rekor-server']).replace(
        /"annotations":\{"rekor-rotate.attempt[^}]*\},?/,
        '',
      );
    const before = templateOf();
    await staged(one);
    expect(templateOf()).toBe(before);
    await one.installation.settle(first, { signal });
    const settled = templateOf();
    // The operator starts pods by itself, because their arguments and their list are others.
    const startedFor = shape === 'operator' ? `"${NEXT}"` : `"rekor-rotate/active-tree":"${NEXT}"`;
    expect(settled).toContain(startedFor);
    await one.installation.forget(first, { signal });
    expect(templateOf()).toContain(startedFor);
  });

  it('refuses to settle over a list or a tree that somebody has changed', async () => {
    for (const change of ['list', 'tree'] as const) {
      const one = new StandingOnCluster(shape);
      await staged(one);
      one.changeStanding(change);
      const after = one.cluster.objects;
      await refused('CHANGED_BY_SOMEONE', one.installation.settle(first, { signal }));
      await refused('CHANGED_BY_SOMEONE', one.installation.requireStaged(first, signal));
      expect(one.cluster.objects).toEqual(after);
      expect(await one.installation.settledInto(first, signal)).toBeNull();
    }
  });

  it('refuses to stage when what it was planned from has changed, but not when an autoscaler did it', async () => {
    const one = new StandingOnCluster(shape);
    const plan = await planned(one);
    const deployment = one.cluster.objects['Deployment rekor-server'] as KubernetesObject;
    const spec = objectAt(deployment, 'spec');
    one.cluster.put({ ...deployment, spec: { ...spec, minReadySeconds: 1 } });
    await refused('CHANGED_BY_SOMEONE', one.installation.stage(first, plan, { signal }));
    expect(Object.keys(one.cluster.objects)).not.toContain('Deployment rekor-server-next');
    one.cluster.put({ ...deployment, spec: { ...spec, replicas: 2 } });
    await one.installation.stage(first, plan, { signal });
    expect(Object.keys(one.cluster.objects)).toContain('Deployment rekor-server-next');
  });

  it('sees by the address which release serves', async () => {
    const one = new StandingOnCluster(shape);
    const service = 'http://rekor-server.rekor-system.svc';
    expect(await one.installation.addresses(standing, signal)).toEqual([service]);
    expect(await one.installation.roles([service], signal)).toMatchObject({ current: standing, next: copy });
    await refused('SENT_ELSEWHERE', one.installation.roles(['http://198.18.2.1:3000'], signal));
    await staged(one);
    expect(await one.installation.roles(['http://198.18.2.1:3000'], signal)).toMatchObject({
      current: copy,
      next: standing,
    });
    await refused('SENT_ELSEWHERE', one.installation.roles([service, 'http://198.18.2.1:3000'], signal));
    await refused('COPY_SERVES', one.installation.plan({ current: copy, next: standing }, [CURRENT], signal));
  });

  it('sees that its copy serves, also when all pods of it that clients were sent to were lost', async () => {
    const one = new StandingOnCluster(shape);
    const lost = ['http://198.18.2.8:3000', 'http://198.18.2.9:3000'];
    await refused('SENT_ELSEWHERE', one.installation.roles(lost, signal));
    await staged(one);
    expect(await one.installation.roles(lost, signal)).toMatchObject({ current: copy, next: standing });
    // Whoever takes such an attempt back would else close the tree to which clients are led.
    expect(await one.installation.serves(copy, lost, signal)).toBe(true);
    expect(await one.installation.serves(standing, lost, signal)).toBe(false);
    for (const elsewhere of [
      // A standing pod, another port, a name, and another pod's address beside that of the Service.
      ['http://198.18.1.1:3000'],
      ['http://198.18.2.9:3001'],
      ['http://rekor.example.com:3000'],
      ['http://rekor-server.rekor-system.svc', 'http://198.18.2.9:3000'],
    ]) {
      await refused('SENT_ELSEWHERE', one.installation.roles(elsewhere, signal));
    }
  });

  it('says in its plan each object that it makes and changes, and no secret of any', async () => {
    const one = new StandingOnCluster(shape);
    const { changes } = await planned(one);
    expect(changes.map(({ step, kind, target }) => `${step} ${kind} ${target}`)).toEqual([
      'stage object ConfigMap rekor-system/rekor-server-next',
      'stage object Secret rekor-system/rekor-server-next-launcher',
      'stage object Deployment rekor-system/rekor-server-next',
      ...{
        upstream: [
          'settle object ConfigMap rekor-system/sharding-config (sharding-config.yaml)',
          'settle object Deployment rekor-system/rekor-server',
        ],
        'helm-chart': [
          'settle object ConfigMap rekor-system/rekor-sharding-config (sharding-config.yaml)',
          'settle object ConfigMap rekor-system/rekor-config (treeID)',
        ],
        operator: [
          'settle object Securesign rekor-system/securesign-sample (spec.rekor.sharding)',
          'settle object Securesign rekor-system/securesign-sample (spec.rekor.treeID)',
        ],
      }[shape],
    ]);
    const tree = changes.find(({ what }) => what.startsWith('active tree'));
    expect([tree?.removed.join(), tree?.added.join()]).toEqual([
      expect.stringContaining(CURRENT) as string,
      expect.stringContaining('<next tree>') as string,
    ]);
  });
});

it('can send clients back whatever somebody does to the Deployment meanwhile, and takes its copy away', async () => {
  const one = new StandingOnCluster();
  const before = one.cluster.objects;
  const plan = await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);
  await one.installation.stage(first, plan, { signal });
  const name = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rekor-server' };
  const deployment = before['Deployment rekor-server'] as KubernetesObject;
  for (const change of [() => one.cluster.put({ ...deployment, spec: {} }), () => one.cluster.remove(name)]) {
    change();
    expect(await one.installation.addresses(standing, signal)).toEqual([
      'http://rekor-server.rekor-system.svc',
    ]);
    expect(await one.installation.addresses(copy, signal)).toHaveLength(2);
    expect(await one.installation.settledInto(first, signal)).toBeNull();
    await one.installation.stop(copy, { signal });
    await one.installation.discard(first, { signal });
    one.cluster.put(deployment);
    expect(one.cluster.objects).toEqual(before);
    await one.installation.stage(first, plan, { signal });
  }
});

it("is sent to the Service's port that leads to Rekor, by its number or its name", async () => {
  const one = new StandingOnCluster('helm-chart');
  const service = one.cluster.objects['Service rekor-server'] as KubernetesObject;
  const url = 'http://rekor-server.rekor-system.svc';
  const other = { name: 'metrics', port: 2112, targetPort: 2112 };
  for (const [ports, expected] of [
    [[other, { name: 'any', port: 8080, targetPort: 3000 }], `${url}:8080`],
    [[other, { name: 'any', port: 80, targetPort: 3000 }], url],
    [[other, { name: 'any', port: 3000 }], `${url}:3000`],
  ] as const) {
    one.cluster.put({ ...service, spec: { ports } });
    expect(await one.installation.addresses(standing, signal)).toEqual([expected]);
  }
});

it('is refused where its account may not do all of it, with the rules that a Role lacks', async () => {
  const one = new StandingOnCluster();
  const { forbidden } = one.cluster;
  for (const right of ['create deployments rekor-server-next', 'patch deployments rekor-server-next'])
    forbidden.add(right);
  forbidden.add('delete pods all');
  const { code, remedy } = await refusalOf(
    one.installation.plan({ current: standing, next: copy }, [CURRENT], signal),
  );
  expect(code).toBe('CLUSTER_RIGHTS_MISSING');
  expect(parse(remedy.slice(remedy.indexOf('\n')))).toEqual([
    {
      ...{ apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['rekor-server-next'] },
      verbs: ['create', 'patch'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
  ]);
  expect(one.cluster.changes).toEqual([]);
});

it('keeps a list that is in a Secret in one, and shows nothing of its password', async () => {
  const one = new StandingOnCluster();
  const list = `- treeID: 5\n  signingConfig: {signingSchemeOrKeyPath: /key, fileSignerPassword: hunter2}\n`;
  const data = { 'sharding-config.yaml': Buffer.from(list).toString('base64') };
  const metadata = { namespace: 'rekor-system', name: 'list' };
  one.cluster.put({ apiVersion: 'v1', kind: 'Secret', metadata, data });
  const deployment = JSON.stringify(one.cluster.objects['Deployment rekor-server']);
  one.cluster.put(
    JSON.parse(
      deployment.replace('"configMap":{"name":"sharding-config"}', '"secret":{"secretName":"list"}'),
    ) as KubernetesObject,
  );
  const inactive = [{ treeId: '5', length: 1 }];
  const replacement = { ...first, inactive };
  const plan = await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);
  expect(JSON.stringify(plan)).not.toContain('hunter2');
  await one.installation.stage(replacement, plan, { signal });
  const next = one.cluster.objects['Secret rekor-server-next'];
  const written = Buffer.from(
    textAt(next as KubernetesObject, 'data', 'sharding-config.yaml') ?? '',
    'base64',
  );
  expect(written.toString()).toBe(`${list}- treeID: ${CURRENT}\n`);
  await one.installation.settle(replacement, { signal });
  expect(await shards(one)).toEqual({ activeTreeId: NEXT, inactiveTreeIds: ['5', CURRENT] });
  await one.installation.forget(replacement, { signal });
  expect(Object.keys(one.cluster.objects).filter((key) => key.includes('next'))).toEqual([]);
});

it('has the objects of every shape of the lab in its tests', () => {
  for (const shape of shapeNames) expect(objectsOf(shape).length).toBeGreaterThan(3);
});
