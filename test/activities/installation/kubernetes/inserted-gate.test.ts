import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { refuse } from '../../../../activities/errors/refusal-error';
import { listAt, objectAt, textAt } from '../../../../activities/installation/kubernetes/json-path';
import { neededRights } from '../../../../activities/installation/kubernetes/rights';
import { insertGate, removeGate, requireInserted } from '../../../../activities/steps/insert-gate';
import { shapeNames } from '../../../../lab/kubernetes/log/shapes';
import { ownerRefusals } from '../../../../workflows/model/ownership';
import { strategies } from '../../../../workflows/model/room';
import { refused } from '../../refused';
import {
  CLIENTS,
  DIRECT_URL,
  GATE_LABELS,
  GATE_PORT,
  gatePod,
  LogWithInsertedGate,
} from './log-with-inserted-gate';
import { CURRENT, replacementOf, signal, StandingOnCluster } from './standing-log';

const { current: standing, next: copy } = replacementOf('rotation/1');
const SERVICE = 'Service rekor-system/rekor-server';
const ANNOTATION = 'rekor-rotate/gate-inserted';

const insert = (log: LogWithInsertedGate, cluster?: Cluster) => insertGate(log.systems(cluster));
const nobody = { requireNoneUnderWay: () => Promise.resolve() };
const remove = (log: LogWithInsertedGate, cluster?: Cluster) => removeGate(log.systems(cluster), nobody);
const leads = (log: LogWithInsertedGate) => log.on.insertion().leadsTo(signal);

const withSpec = (change: object) => (service: KubernetesObject) => ({
  spec: { ...objectAt(service, 'spec'), ...change },
});
const withAnnotations = (annotations: Readonly<Record<string, string>>) => (service: KubernetesObject) => ({
  metadata: {
    ...service.metadata,
    annotations: { ...objectAt(service, 'metadata', 'annotations'), ...annotations },
  },
});

/** The same cluster, where somebody does something before each change arrives. */
function beforeEach({ on: { cluster } }: LogWithInsertedGate, act: () => void): Cluster {
  return {
    get: (object) => cluster.get(object),
    list: (kind, labels) => cluster.list(kind, labels),
    create: (object) => cluster.create(object),
    apply: (object) => cluster.apply(object),
    delete: (object, expected) => cluster.delete(object, expected),
    allows: (asked) => cluster.allows(asked),
    patch: async (object, version, operations) => {
      act();
      return await cluster.patch(object, version, operations);
    },
  };
}

describe.each(['upstream', 'helm-chart'] as const)('a gate that is inserted in the shape %s', (shape) => {
  it('gets the clients of the Service, which afterwards is exactly as before', async () => {
    const log = new LogWithInsertedGate(shape);
    const before = log.on.cluster.objects;
    expect(await leads(log)).toBe('rekor');
    expect(await insert(log)).toBe(true);
    expect(await leads(log)).toBe('gate');
    expect(objectAt(log.service(), 'spec', 'selector')).toEqual(GATE_LABELS);
    expect(listAt(log.service(), 'spec', 'ports')).toEqual([
      expect.objectContaining({ port: 80, targetPort: GATE_PORT }),
    ]);
    expect(await remove(log)).toBe(true);
    expect(log.on.cluster.objects).toEqual(before);
  });

  it('changes one object, by one change for each way', async () => {
    const log = new LogWithInsertedGate(shape);
    await insert(log);
    await insert(log);
    await remove(log);
    await remove(log);
    expect(log.on.cluster.changes).toEqual([`patch ${CLIENTS}`, `patch ${CLIENTS}`]);
  });

  it('is there, or gone, whoever was killed at which change, once the same is done again', async () => {
    for (const breaksAfterEffect of [false, true]) {
      for (const [act, then] of [
        [insert, 'gate'],
        [remove, 'rekor'],
      ] as const) {
        const log = new LogWithInsertedGate(shape);
        const before = log.on.cluster.objects;
        if (act === remove) await insert(log);
        Object.assign(log.on.cluster, { breaksAfterEffect, changesLeft: 0 });
        await expect(act(log)).rejects.toThrow('broken off');
        log.on.cluster.changesLeft = Infinity;
        await act(log);
        expect(await leads(log)).toBe(then);
        await remove(log);
        expect(log.on.cluster.objects).toEqual(before);
      }
    }
  });
});

describe('the Service of clients of an inserted gate', () => {
  it('keeps what else stands on it, and what somebody writes on it meanwhile', async () => {
    const log = new LogWithInsertedGate();
    log.edit(withAnnotations({ 'somebody/else': 'said this' }));
    await insert(log);
    log.edit(withAnnotations({ 'another/one': 'says that' }));
    await remove(log);
    expect(objectAt(log.service(), 'metadata', 'annotations')).toEqual({
      'somebody/else': 'said this',
      'another/one': 'says that',
    });
  });

  it('is changed once more where somebody was faster with something else', async () => {
    for (const act of [insert, remove]) {
      const log = new LogWithInsertedGate();
      if (act === remove) await insert(log);
      let edits = 0;
      const cluster = beforeEach(log, () => {
        if ((edits += 1) < 3) log.edit(withAnnotations({ edits: `${edits}` }));
      });
      await act(log, cluster);
      expect(edits).toBe(3);
      expect(await leads(log)).toBe(act === insert ? 'gate' : 'rekor');
      expect(textAt(log.service(), 'metadata', 'annotations', 'edits')).toBe('2');
    }
  });

  it('is left to somebody who leads it elsewhere in the same moment', async () => {
    for (const act of [insert, remove]) {
      const log = new LogWithInsertedGate();
      if (act === remove) await insert(log);
      const cluster = beforeEach(log, () => log.edit(withSpec({ selector: { app: 'maintenance' } })));
      const code = act === insert ? 'GATE_NOT_INSERTABLE' : 'CHANGED_BY_SOMEONE';
      expect(await refused(code, act(log, cluster))).toContain('app=maintenance');
      expect(objectAt(log.service(), 'spec', 'selector')).toEqual({ app: 'maintenance' });
    }
  });

  it('is led to the gate again where a stale deploy has led it back, and keeps what was there first', async () => {
    const log = new LogWithInsertedGate();
    const before = log.on.cluster.objects;
    const { spec } = log.service() as unknown as { readonly spec: object };
    await insert(log);
    log.edit(() => ({ spec }));
    expect(await leads(log)).toBe('rekor');
    await insert(log);
    expect(await leads(log)).toBe('gate');
    log.edit(() => ({ spec }));
    await remove(log);
    expect(log.on.cluster.objects).toEqual(before);
  });

  it('is left alone where somebody has led it elsewhere, or given it another port', async () => {
    for (const change of [
      withSpec({ selector: { app: 'maintenance' } }),
      // What a merge of two selectors leaves.
      withSpec({ selector: { ...GATE_LABELS, app: 'rekor-server', more: 'labels' } }),
      withSpec({
        ports: [
          { port: 80, targetPort: GATE_PORT },
          { port: 81, targetPort: 1 },
        ],
      }),
    ]) {
      const log = new LogWithInsertedGate();
      await insert(log);
      log.edit(change);
      const found = log.on.cluster.objects;
      for (const act of [() => leads(log), () => insert(log), () => remove(log)]) {
        const said = await refused('CHANGED_BY_SOMEONE', act());
        expect(said).toContain(`Where ${SERVICE} leads was changed by someone else`);
        expect(said).toContain(`app=rekor-server at 3000, or app=rekor-gate at ${GATE_PORT}`);
      }
      expect(log.on.cluster.objects).toEqual(found);
    }
  });

  it('is not led back where nothing says any more where it led', async () => {
    for (const text of [undefined, 'not this', '{"former":{"selector":{}}}']) {
      const log = new LogWithInsertedGate();
      await insert(log);
      log.edit((service) => ({
        metadata: { ...service.metadata, annotations: text === undefined ? {} : { [ANNOTATION]: text } },
      }));
      const found = log.on.cluster.objects;
      expect(await refused('CHANGED_BY_SOMEONE', remove(log))).toContain(
        `The annotation ${ANNOTATION} of ${SERVICE}`,
      );
      expect(log.on.cluster.objects).toEqual(found);
    }
  });

  it('is said not to lead to the gate where that has other pods by now, and can be led back, and there', async () => {
    const log = new LogWithInsertedGate();
    const before = log.service()['spec'];
    await insert(log);
    const gate = log.on.cluster.peek('Service rekor-gate') as KubernetesObject;
    const moved = { app: 'another-gate' };
    log.on.cluster.put({ ...gate, spec: { ...objectAt(gate, 'spec'), selector: moved } });
    log.on.cluster.put({ ...gatePod('another-gate-0'), metadata: { name: 'another-gate-0', labels: moved } });
    expect(await leads(log)).toBe('another gate');
    const { log: name, insertion } = log.systems();
    if (!insertion) throw new Error('no gate is inserted');
    await refused('GATE_NOT_INSERTED', requireInserted(name, insertion, signal));
    await remove(log);
    expect(log.service()['spec']).toEqual(before);
    await insert(log);
    expect(objectAt(log.service(), 'spec', 'selector')).toEqual(moved);
  });
});

describe('a gate is not inserted', () => {
  /** Refused by this code, with these words, and nothing is changed. */
  async function expectNot(
    log: LogWithInsertedGate,
    code: Parameters<typeof refused>[0],
    words: string,
  ): Promise<void> {
    const before = log.on.cluster.objects;
    expect(await refused(code, insert(log))).toContain(words);
    expect(log.on.cluster.objects).toEqual(before);
  }

  it.each<readonly [string, object, string]>([
    ['is headless', { clusterIP: 'None' }, 'it is headless'],
    [
      'is bound to nodes from outside',
      { externalTrafficPolicy: 'Local' },
      'its externalTrafficPolicy is Local, so that nodes without the pod of the gate would drop requests',
    ],
    ['is bound to nodes inside', { internalTrafficPolicy: 'Local' }, 'its internalTrafficPolicy is Local'],
    [
      'has a port for something else',
      {
        ports: [
          { port: 80, targetPort: 3_000 },
          { name: '2112-tcp', port: 2_112, targetPort: 2_112 },
        ],
      },
      'its port 2112-tcp does not lead to port 3000, where Rekor takes requests',
    ],
  ])('at a Service that %s', async (_, change, words) => {
    const log = new LogWithInsertedGate();
    log.edit(withSpec(change));
    await expectNot(log, 'GATE_NOT_INSERTABLE', words);
  });

  it('at a Service that leads to other pods besides, or to none that are known', async () => {
    const log = new LogWithInsertedGate();
    log.on.cluster.put({
      ...gatePod('stray'),
      metadata: { name: 'stray', uid: 'stray', labels: { app: 'rekor-server' } },
    });
    log.on.cluster.put({ ...gatePod('other'), metadata: { name: 'other', uid: 'other' } });
    // The Deployment finds it, too, but its controller does not own it: only another label tells that here.
    const deployment = log.on.cluster.peek('Deployment rekor-server') as KubernetesObject;
    const labels = { app: 'rekor-server', part: 'server' };
    log.on.cluster.put({
      ...deployment,
      spec: {
        ...objectAt(deployment, 'spec'),
        selector: { matchLabels: labels },
        template: {
          ...objectAt(deployment, 'spec', 'template'),
          metadata: { labels },
        },
      },
    });
    await expectNot(log, 'GATE_NOT_INSERTABLE', 'it leads to pod stray as well');
    log.edit(withSpec({ selector: {} }));
    await refused('CHANGED_BY_SOMEONE', insert(log));
  });

  it('where it is not ready, or not one', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', name: 'rekor-gate-0' };
    const unready = new LogWithInsertedGate();
    unready.on.cluster.put(gatePod('rekor-gate-0', 'False'));
    await expectNot(unready, 'GATE_NOT_READY', 'its pod rekor-gate-0 is not ready');
    const two = new LogWithInsertedGate();
    two.on.cluster.put(gatePod('rekor-gate-1'));
    await expectNot(two, 'GATE_NOT_READY', 'it finds 2 pods, and a log has one gate');
    const none = new LogWithInsertedGate();
    none.on.cluster.remove(pod);
    await expectNot(none, 'GATE_NOT_READY', 'it finds 0 pods');
  });

  it('where it does not serve the log', async () => {
    const other = new LogWithInsertedGate();
    other.served = '77';
    await expectNot(
      other,
      'GATE_NOT_READY',
      `it serves tree 77, and the active tree of the log is ${CURRENT}`,
    );
    const unproven = new LogWithInsertedGate();
    unproven.gate = { ...unproven.gate, unproven: [{ instance: DIRECT_URL, reason: 'it loaded tree 1' }] };
    await expectNot(
      unproven,
      'GATE_NOT_READY',
      `it sends no write to ${DIRECT_URL}, because it loaded tree 1`,
    );
    const silent = new LogWithInsertedGate();
    silent.on.pages.clear();
    silent.on.silent.add('198.18.9.1');
    await expectNot(silent, 'GATE_NOT_READY', 'at http://198.18.9.1:3333 does not answer');
    const elsewhere = new LogWithInsertedGate();
    elsewhere.gate = { ...elsewhere.gate, instances: ['http://another.log:1'] };
    await expectNot(elsewhere, 'SENT_ELSEWHERE', 'http://another.log:1');
  });

  it('where somebody would lead clients back by himself, until he is held off', async () => {
    const byArgo = withAnnotations({
      'argocd.argoproj.io/tracking-id': 'rekor:/Service:rekor-system/rekor-server',
    });
    const log = new LogWithInsertedGate();
    log.edit(byArgo);
    await expectNot(log, 'OWNER_TAKES_BACK', `it writes ${SERVICE}`);
    const held = new LogWithInsertedGate('upstream', {
      ownersHeldOff: { 'Argo CD application rekor': 'automated sync is off' },
    });
    held.edit(byArgo);
    expect(await insert(held)).toBe(true);
  });

  it("where Red Hat's operator makes the Service", async () => {
    await expectNot(
      new LogWithInsertedGate('operator'),
      'OPERATOR_CANNOT',
      'it makes the Service of clients, and gives it the selector of before again',
    );
  });

  it('where the log has none for that', async () => {
    const { insertion, ...systems } = new LogWithInsertedGate().systems();
    expect(insertion).toBeDefined();
    for (const act of [insertGate(systems), removeGate(systems, nobody)]) {
      expect(await refused('GATE_NEVER_INSERTED', act)).toContain(
        'logs.production.gate.insertedAt is absent',
      );
    }
  });
});

describe('a gate stays inserted', () => {
  async function expectStays(log: LogWithInsertedGate, words: string): Promise<void> {
    expect(await refused('GATE_IN_USE', remove(log))).toContain(words);
    expect(await leads(log)).toBe('gate');
  }

  it('while it holds writes, or a hold has ended by itself', async () => {
    const log = new LogWithInsertedGate();
    await insert(log);
    log.gate = { ...log.gate, mode: 'hold', number: 9 };
    await expectStays(log, 'it holds writes for order 9');
    log.gate = { ...log.gate, mode: 'healing', number: 9 };
    await expectStays(log, 'order 9 to hold writes has ended by itself');
    log.gate = { ...log.gate, mode: 'pass' };
    expect(await remove(log)).toBe(true);
  });

  it('while it sends to the copy', async () => {
    const log = new LogWithInsertedGate();
    await insert(log);
    log.gate = { ...log.gate, instances: ['http://198.18.2.1:3000', 'http://198.18.2.2:3000'] };
    await expectStays(
      log,
      `it sends to http://198.18.2.1:3000, http://198.18.2.2:3000, and not to ${DIRECT_URL}`,
    );
  });

  it('while a rotation is under way, also one that began in the same moment', async () => {
    const inProgress = refuse('ROTATION_IN_PROGRESS', { log: 'production', rotation: 'r', startedBy: 'w' });
    for (const looksBefore of [0, 1]) {
      const log = new LogWithInsertedGate();
      await insert(log);
      const found = log.on.cluster.objects;
      let looks = 0;
      const requireNoneUnderWay = () =>
        (looks += 1) > looksBefore ? Promise.reject(inProgress) : Promise.resolve();
      await refused('ROTATION_IN_PROGRESS', removeGate(log.systems(), { requireNoneUnderWay }));
      expect(looks).toBe(looksBefore + 1);
      expect(log.on.cluster.objects).toEqual(found);
    }
  });

  it('and whoever takes out what is not there asks nobody', async () => {
    const log = new LogWithInsertedGate();
    log.gate = { ...log.gate, mode: 'hold' };
    const before = log.on.cluster.objects;
    expect(await remove(log)).toBe(false);
    expect(log.on.cluster.objects).toEqual(before);
  });
});

describe('the plan of a log whose gate is inserted', () => {
  const plan = (log: StandingOnCluster) =>
    log.installation.plan({ current: standing, next: copy }, [CURRENT], signal);

  it.each(strategies.flatMap((strategy) => shapeNames.map((shape) => [strategy, shape] as const)))(
    'by the strategy %s, in the shape %s, is that behind a gate that always stands there, or refused',
    async (strategy, shape) => {
      const log = new LogWithInsertedGate(shape, { strategy });
      if (shape === 'operator') {
        await refused('OPERATOR_CANNOT', plan(log.on));
        return;
      }
      const { ownership, ...inserted } = await plan(log.on);
      const { ownership: ofPermanent, ...permanent } = await plan(new StandingOnCluster(shape, { strategy }));
      expect(inserted).toEqual(permanent);
      const { parts = [] } = ownership ?? {};
      expect(parts.filter(({ holds }) => holds !== 'selector')).toEqual(ofPermanent?.parts);
      expect(parts.filter(({ holds }) => holds === 'selector')).toMatchObject([
        { object: SERVICE, commit: [] },
      ]);
    },
  );

  it('is refused where somebody would lead clients back by himself', async () => {
    const log = new LogWithInsertedGate();
    log.edit(
      withAnnotations({ 'argocd.argoproj.io/tracking-id': 'rekor:/Service:rekor-system/rekor-server' }),
    );
    const { ownership } = await plan(log.on);
    expect(ownership && ownerRefusals('production', ownership)).toMatchObject([{ code: 'OWNER_TAKES_BACK' }]);
  });

  it('is refused with the command to run, as long as clients do not come through the gate', async () => {
    const log = new LogWithInsertedGate();
    const insertion = log.on.insertion();
    const asked = () => requireInserted('production', insertion, signal);
    const { refusal } = (await asked().catch((error: unknown) => error)) as { refusal: object };
    expect(refusal).toMatchObject({
      code: 'GATE_NOT_INSERTED',
      message: expect.stringContaining(SERVICE) as string,
      remedy: expect.stringContaining('`rekor-rotate gate insert production`') as string,
    });
    await insert(log);
    expect(await asked()).toBe(true);
  });

  it('needs the right to change the Service of clients, and to read that of the gate, besides', async () => {
    const place = { log: 'production', namespace: 'n', deployment: 'rekor', service: 'direct' };
    const workload = { list: { kind: 'ConfigMap', name: 'list' }, tree: { kind: 'container' } } as never;
    const words = (inserted?: { at: string; gateService: string }): readonly string[] =>
      neededRights(place, { workload, resource: undefined, inserted }).map(
        ({ verb, group, resource, name }) => `${verb} ${group}/${resource} ${name ?? 'all'}`,
      );
    const always = words();
    const more = words({ at: 'rekor', gateService: 'gate' }).filter((right) => !always.includes(right));
    expect(more).toEqual(['get /services rekor', 'patch /services rekor', 'get /services gate']);
    const log = new LogWithInsertedGate();
    log.on.cluster.forbidden.add('patch services rekor-server');
    const { refusal } = (await plan(log.on).catch((error: unknown) => error)) as {
      refusal: { readonly remedy: string };
    };
    expect(refusal).toMatchObject({ code: 'CLUSTER_RIGHTS_MISSING' });
    expect(refusal.remedy).toMatch(/services[\s\S]*rekor-server/);
  });
});

describe('what Rekor has answered', () => {
  it('is counted for each of its processes, whatever it answered', async () => {
    const log = new LogWithInsertedGate();
    Object.assign(log.answered, { '198.18.1.1': 7, '198.18.1.2': 1 });
    const counts = await log.on.insertion().answeredWrites(signal);
    expect([...counts.values()]).toEqual([7, 1]);
    expect(new Set(counts.keys()).size).toBe(2);
  });

  it('is not known where one of them says nothing, or something else', async () => {
    const log = new LogWithInsertedGate();
    log.on.pages.set('198.18.1.2/metrics', () => 'log_rpc_requests 3\n');
    expect(await refused('REKOR_METRICS_UNREACHABLE', log.on.insertion().answeredWrites(signal))).toContain(
      'rekor-server-2 of production at http://198.18.1.2:2112/metrics cannot be read: these are not the metrics of a Rekor',
    );
  });
});
