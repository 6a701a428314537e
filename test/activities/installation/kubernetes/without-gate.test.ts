import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { objectAt, textAt } from '../../../../activities/installation/kubernetes/json-path';
import { neededRights } from '../../../../activities/installation/kubernetes/rights';
import type { PlannedChanges } from '../../../../workflows/model/installation';
import { ownerRefusals } from '../../../../workflows/model/ownership';
import { refused } from '../../refused';
import { CURRENT, replacementOf, signal, StandingOnCluster } from './standing-log';

const first = replacementOf('rotation/1');
const { current: standing, next: copy } = first;

const SERVICE = 'Service rekor-server';
const LEASE = 'Lease rekor-server-rotation';
const URL_OF_SERVICE = 'http://rekor-server.rekor-system.svc';
const PODS_OF_COPY = ['http://198.18.2.1:3000', 'http://198.18.2.2:3000'];

const hold = { attemptId: 'rotation/1', number: 7, leaseMs: 60_000 };
const toCopy = { attemptId: 'rotation/1', number: 7, instances: PODS_OF_COPY };
const toStanding = { attemptId: 'rotation/1', number: 7, instances: [URL_OF_SERVICE] };
const back = { ...toStanding, number: 8 };

async function planned(one: StandingOnCluster): Promise<PlannedChanges> {
  return await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);
}

/** A log without a gate whose copy is there and waits. */
async function staged(shape: 'upstream' | 'helm-chart' = 'upstream'): Promise<StandingOnCluster> {
  const one = new StandingOnCluster(shape, { withoutGate: true });
  await one.installation.stage(first, await planned(one), { signal });
  return one;
}

function service(one: StandingOnCluster): KubernetesObject {
  const found = one.cluster.peek(SERVICE);
  if (!found) throw new Error('there is no Service');
  return found;
}

/** What is there, but for the Lease, which stays. */
function objects(one: StandingOnCluster): unknown {
  return Object.fromEntries(Object.entries(one.cluster.objects).filter(([key]) => key !== LEASE));
}

/** Somebody changes the Service. */
function edit(one: StandingOnCluster, change: (object: KubernetesObject) => object): void {
  one.cluster.put({ ...service(one), ...change(service(one)) });
}

/** The same cluster, where something happens before each change of the Service arrives. */
function beforeService({ cluster }: StandingOnCluster, act: () => Promise<void>): Cluster {
  return {
    get: (object) => cluster.get(object),
    list: (kind, labels) => cluster.list(kind, labels),
    create: (object) => cluster.create(object),
    apply: (object) => cluster.apply(object),
    delete: (object, expected) => cluster.delete(object, expected),
    allows: (asked) => cluster.allows(asked),
    patch: async (object, version, operations) => {
      if (object.kind === 'Service') await act();
      return await cluster.patch(object, version, operations);
    },
  };
}

const withSelector = (selector: Readonly<Record<string, string>>) => (object: KubernetesObject) => ({
  spec: { ...objectAt(object, 'spec'), selector },
});

const withAnnotations = (annotations: Readonly<Record<string, string>>) => (object: KubernetesObject) => ({
  metadata: {
    ...object.metadata,
    annotations: { ...objectAt(object, 'metadata', 'annotations'), ...annotations },
  },
});

describe.each(['upstream', 'helm-chart'] as const)(
  'clients of a log without a gate, in the shape %s',
  (shape) => {
    it('are led to the copy, and back to exactly what was there', async () => {
      const one = await staged(shape);
      const before = objects(one);
      const traffic = one.traffic();
      expect(await traffic.state(signal)).toMatchObject({
        ...{ by: 'service', mode: 'pass', number: 0, attemptId: null },
        instances: [URL_OF_SERVICE],
      });
      await traffic.hold(hold, signal);
      expect(await traffic.state(signal)).toMatchObject({
        ...{ mode: 'hold', number: 7, attemptId: 'rotation/1', instances: [URL_OF_SERVICE] },
      });
      const { selector } = service(one)['spec'] as { readonly selector: object };
      await traffic.send(toCopy, signal);
      expect(await traffic.state(signal)).toMatchObject({ mode: 'pass', number: 7, instances: PODS_OF_COPY });
      expect(objectAt(service(one), 'spec')).toMatchObject({
        selector: objectAt(
          one.cluster.peek('Deployment rekor-server-next'),
          'spec',
          'selector',
          'matchLabels',
        ),
      });
      expect(
        JSON.parse(textAt(service(one), 'metadata', 'annotations', 'rekor-rotate/former-selector') ?? ''),
      ).toEqual(selector);
      await one.opened().roles(PODS_OF_COPY, signal);
      await traffic.send(toStanding, signal);
      expect(objects(one)).toEqual(before);
      expect(await traffic.state(signal)).toMatchObject({
        mode: 'pass',
        number: 7,
        instances: [URL_OF_SERVICE],
      });
    });

    it('may be left by a process anywhere: what is repeated comes to the same end, and its undo to what was there', async () => {
      const acts = (one: StandingOnCluster) => [
        () => one.traffic().hold(hold, signal),
        () => one.traffic().send(toCopy, signal),
        () => one.traffic().send(back, signal),
      ];
      for (const breaksAfterEffect of [false, true]) {
        for (let changes = 0; changes < 10; changes += 1) {
          for (const isUndone of [false, true]) {
            const one = await staged(shape);
            const before = objects(one);
            const [hold, send, undo] = acts(one);
            if (!hold || !send || !undo) throw new Error('nothing to do');
            one.cluster.breaksAfterEffect = breaksAfterEffect;
            one.cluster.changesLeft = changes;
            let broken = 0;
            for (const act of [hold, send]) {
              await act().catch(async (error: unknown) => {
                if (!(error instanceof Error) || error.message !== 'broken off') throw error;
                broken += 1;
                one.cluster.changesLeft = Infinity;
                if (!isUndone) await act();
              });
              if (broken > 0 && isUndone) break;
            }
            if (!isUndone) expect((await one.traffic().state(signal)).instances).toEqual(PODS_OF_COPY);
            await undo().catch(async () => {
              one.cluster.changesLeft = Infinity;
              await undo();
            });
            one.cluster.changesLeft = Infinity;
            await undo();
            expect(objects(one)).toEqual(before);
            expect(await one.traffic().state(signal)).toMatchObject({
              ...{ mode: 'pass', number: 8, instances: [URL_OF_SERVICE] },
            });
          }
        }
      }
    });
  },
);

describe('the Service of a log without a gate', () => {
  it('keeps what else stands on it, and what somebody writes on it meanwhile', async () => {
    const one = await staged();
    edit(one, withAnnotations({ 'somebody/else': 'said this' }));
    const before = objects(one);
    await one.traffic().hold(hold, signal);
    await one.traffic().send(toCopy, signal);
    edit(one, withAnnotations({ 'another/one': 'says that' }));
    await one.traffic().send(back, signal);
    expect(textAt(service(one), 'metadata', 'annotations', 'another/one')).toBe('says that');
    edit(one, (object) => ({
      metadata: { ...object.metadata, annotations: { 'somebody/else': 'said this' } },
    }));
    expect(objects(one)).toEqual(before);
  });

  it('is moved once more where somebody was faster with something else', async () => {
    const one = await staged();
    await one.traffic().hold(hold, signal);
    let edits = 0;
    const cluster = beforeService(one, () => {
      if ((edits += 1) < 3) edit(one, withAnnotations({ edits: `${edits}` }));
      return Promise.resolve();
    });
    await one.traffic(cluster).send(toCopy, signal);
    expect(edits).toBe(3);
    expect((await one.traffic().state(signal)).instances).toEqual(PODS_OF_COPY);
    expect(textAt(service(one), 'metadata', 'annotations', 'edits')).toBe('2');
  });

  it('is not moved any more by what was sent before its undo, however late that lands', async () => {
    for (const isLate of ['hold', 'send'] as const) {
      const one = await staged();
      const before = objects(one);
      if (isLate === 'send') await one.traffic().hold(hold, signal);
      let land: () => void = () => undefined;
      const undone = new Promise<void>((resolve) => (land = resolve));
      let isFirst = true;
      const cluster = beforeService(one, async () => {
        if (!isFirst) return;
        isFirst = false;
        await undone;
      });
      const late =
        isLate === 'hold'
          ? one.traffic(cluster).hold(hold, signal)
          : one.traffic(cluster).send(toCopy, signal);
      const refusal = refused('GATE_ORDER_REFUSED', late);
      await new Promise((resolve) => setImmediate(resolve));
      await one.traffic().send(back, signal);
      land();
      await refusal;
      expect(objects(one)).toEqual(before);
      expect(await one.traffic().state(signal)).toMatchObject({ number: 8, mode: 'pass' });
    }
  });

  it('leads where it led, for an order below one that was followed', async () => {
    const one = await staged();
    await one.traffic().send(back, signal);
    const before = one.cluster.objects;
    for (const late of [one.traffic().hold(hold, signal), one.traffic().send(toCopy, signal)]) {
      expect(await refused('GATE_ORDER_REFUSED', late)).toContain(
        'Lease rekor-system/rekor-server-rotation refuses order 7: it follows order 8 (pass).',
      );
    }
    expect(one.cluster.objects).toEqual(before);
  });

  it('is left alone with the selector of somebody else, before a rotation and in the middle of one', async () => {
    for (const isMoved of [false, true]) {
      const one = await staged();
      await one.traffic().hold(hold, signal);
      if (isMoved) await one.traffic().send(toCopy, signal);
      edit(one, withSelector({ app: 'maintenance' }));
      const found = one.cluster.objects[SERVICE];
      const traffic = one.traffic();
      for (const act of [
        () => traffic.state(signal),
        () => traffic.send(toCopy, signal),
        () => traffic.send(back, signal),
      ]) {
        const said = await refused('CHANGED_BY_SOMEONE', act());
        expect(said).toContain(
          'The selector of Service rekor-system/rekor-server was changed by someone else',
        );
        expect(said).toContain('found app=maintenance');
      }
      expect(objectAt(one.cluster.objects[SERVICE] as KubernetesObject, 'spec')).toEqual(
        objectAt(found as KubernetesObject, 'spec'),
      );
    }
  });

  it('leads to the standing pods again where somebody has put that back in the middle, and that is seen', async () => {
    const one = await staged();
    await one.traffic().hold(hold, signal);
    const { selector } = objectAt(service(one), 'spec') as { selector: Record<string, string> };
    await one.traffic().send(toCopy, signal);
    edit(one, withSelector(selector));
    expect((await one.traffic().state(signal)).instances).toEqual([URL_OF_SERVICE]);
  });

  it('is said to lead to the copy, though each pod of that which it was moved for is lost', async () => {
    const one = await staged();
    await one.traffic().hold(hold, signal);
    await one.traffic().send(toCopy, signal);
    one.cluster.podsOf = () => [];
    const { instances } = await one.traffic().state(signal);
    expect(instances).toEqual(PODS_OF_COPY);
    expect((await one.installation.roles(instances, signal)).current).toEqual(copy);
  });

  it('is moved for pods of its own copy alone', async () => {
    const one = await staged();
    const elsewhere = { ...toCopy, instances: ['http://198.18.9.9:3000'] };
    expect(await refused('SENT_ELSEWHERE', one.traffic().send(elsewhere, signal))).toContain('198.18.9.9');
    expect(objectAt(service(one), 'spec')).toEqual(objectAt((await staged()).cluster.peek(SERVICE), 'spec'));
  });

  it('gives a person the line that moves it, and back, without looking before it acts', async () => {
    const one = await staged();
    const traffic = one.traffic();
    const [said, line = ''] = await traffic.byHand.send(toCopy, signal);
    expect(said).toMatch(/^# the selector of Service rekor-system\/rekor-server is now/);
    expect(line).toMatch(/^kubectl -n rekor-system patch service rekor-server --type=json -p '\[/);
    expect(line).toContain('rekor-rotate/slot');
    expect(await traffic.byHand.send(toStanding, signal)).toEqual([]);
  });

  it('has its former pods ended once clients are led away from them, and no others', async () => {
    const one = await staged();
    const traffic = one.traffic();
    const deleted = (): readonly string[] =>
      one.cluster.changes.filter((change) => change.startsWith('delete'));
    await traffic.endKept(hold, signal);
    await traffic.hold(hold, signal);
    await traffic.endKept(hold, signal);
    expect(deleted()).toEqual([]);
    await traffic.send(toCopy, signal);
    await traffic.endKept(hold, signal);
    await traffic.endKept(hold, signal);
    const both = ['delete Pod rekor-server-1', 'delete Pod rekor-server-2'];
    expect(deleted()).toEqual(both);
    await traffic.send(back, signal);
    await traffic.endKept(back, signal);
    expect(deleted()).toEqual(both);
  });
});

describe('the Lease with the fence of a log without a gate', () => {
  it('is there from the first order on, says what was followed, and is never deleted', async () => {
    const one = await staged();
    expect(one.cluster.peek(LEASE)).toBeUndefined();
    await one.traffic().hold(hold, signal);
    await one.traffic().send(back, signal);
    expect(one.cluster.objects[LEASE]).toEqual({
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: {} },
      metadata: {
        ...{ namespace: 'rekor-system', name: 'rekor-server-rotation' },
        annotations: {
          'rekor-rotate/order': '8',
          'rekor-rotate/order-attempt': 'rotation/1',
          'rekor-rotate/order-mode': 'pass',
        },
      },
    });
    expect(one.cluster.changes).not.toContain(`delete ${LEASE}`);
  });

  it('takes an order to heart that another worker has made it for at the same moment', async () => {
    const one = await staged();
    const [late, later] = await Promise.allSettled([
      one.traffic().hold(hold, signal),
      one.traffic().hold({ ...hold, number: 9, attemptId: 'other/1' }, signal),
    ]);
    expect(later.status).toBe('fulfilled');
    expect((await one.traffic().state(signal)).number).toBe(9);
    expect(['fulfilled', 'rejected']).toContain(late.status);
  });

  it('is not gone by where somebody has written something else in it', async () => {
    const one = await staged();
    await one.traffic().hold(hold, signal);
    const lease = one.cluster.peek(LEASE) as KubernetesObject;
    for (const number of ['-1', '7e3', '', '9007199254740993', 'seven']) {
      const annotations = { ...objectAt(lease, 'metadata', 'annotations'), 'rekor-rotate/order': number };
      one.cluster.put({ ...lease, metadata: { ...lease.metadata, annotations } });
      expect(await refused('CHANGED_BY_SOMEONE', one.traffic().state(signal))).toContain(
        'a text that is none',
      );
    }
  });
});

describe('the plan of a log without a gate', () => {
  const one = (shape: 'upstream' | 'operator' = 'upstream') =>
    new StandingOnCluster(shape, { withoutGate: true });

  it('needs the right to change its Service and its Lease, and no more than with a gate besides', async () => {
    const place = { log: 'production', namespace: 'n', deployment: 'rekor', service: 'rekor' };
    const workload = { list: { kind: 'ConfigMap', name: 'list' }, tree: { kind: 'container' } } as never;
    const words = (withoutGate: boolean): readonly string[] =>
      neededRights(place, { workload, resource: undefined, withoutGate }).map(
        ({ verb, group, resource, name }) => `${verb} ${group}/${resource} ${name ?? 'all'}`,
      );
    const behind = words(false);
    expect(words(true).filter((right) => !behind.includes(right))).toEqual([
      'patch /services rekor',
      ...['get', 'create', 'patch'].map((verb) => `${verb} coordination.k8s.io/leases rekor-rotation`),
    ]);
    const log = one();
    log.cluster.forbidden.add('patch services rekor-server');
    log.cluster.forbidden.add('create leases rekor-server-rotation');
    const { refusal } = (await planned(log).catch((error: unknown) => error)) as {
      refusal: { remedy: string };
    };
    expect(refusal).toMatchObject({ code: 'CLUSTER_RIGHTS_MISSING' });
    expect(refusal.remedy).toMatch(/services[\s\S]*leases[\s\S]*rekor-server-rotation/);
  });

  it.each<readonly [string, (object: KubernetesObject) => object, string]>([
    [
      'headless',
      (object) => ({ spec: { ...objectAt(object, 'spec'), clusterIP: 'None' } }),
      'it is headless',
    ],
    [
      'bound to nodes from outside',
      (object) => ({ spec: { ...objectAt(object, 'spec'), externalTrafficPolicy: 'Local' } }),
      'its externalTrafficPolicy is Local',
    ],
    [
      'bound to nodes inside',
      (object) => ({ spec: { ...objectAt(object, 'spec'), internalTrafficPolicy: 'Local' } }),
      'its internalTrafficPolicy is Local',
    ],
    [
      'before another port',
      (object) => ({ spec: { ...objectAt(object, 'spec'), ports: [{ port: 80, targetPort: 2_112 }] } }),
      'none of its ports leads to port 3000',
    ],
    [
      'before a port by a name that no container has',
      (object) => ({
        spec: {
          ...objectAt(object, 'spec'),
          ports: [
            { port: 80, targetPort: 3_000 },
            { name: 'metrics', port: 2_112, targetPort: 'prometheus' },
          ],
        },
      }),
      'its port metrics leads to a port that no container of the pods names',
    ],
  ])('is refused for a Service that is %s', async (_, change, reason) => {
    const log = one();
    edit(log, change);
    const said = await refused('SERVICE_NOT_MOVABLE', planned(log));
    expect(said).toContain(
      `Service rekor-system/rekor-server cannot lead clients of production to a next release`,
    );
    expect(said).toContain(reason);
  });

  it("is refused where Red Hat's operator makes the Service", async () => {
    expect(await refused('OPERATOR_CANNOT', planned(one('operator')))).toContain(
      'it makes this Service, and gives it the selector of before again',
    );
  });

  it('is refused where somebody would write the selector again by himself, until he is held off', async () => {
    const byArgo = withAnnotations({
      'argocd.argoproj.io/tracking-id': 'rekor:/Service:rekor-system/rekor-server',
    });
    const log = one();
    edit(log, byArgo);
    const { ownership } = await planned(log);
    if (!ownership) throw new Error('nothing is said of owners');
    const [refusal] = ownerRefusals('production', ownership);
    expect(refusal?.code).toBe('OWNER_TAKES_BACK');
    expect(refusal?.message).toContain('Service rekor-system/rekor-server');
    expect(refusal?.message).toContain('the selector of before, which leads to the ended tree');
    const held = new StandingOnCluster('upstream', {
      withoutGate: true,
      ownersHeldOff: { 'Argo CD application rekor': 'automated sync is off' },
    });
    edit(held, byArgo);
    const { ownership: off } = await planned(held);
    expect(off && ownerRefusals('production', off)).toEqual([]);
    // Nothing of it has to be committed.
    expect(off?.parts.find(({ holds }) => holds === 'selector')?.commit).toEqual([]);
  });
});
