import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../../../activities/installation/kubernetes/json-path';
import { ROOM_ANNOTATION } from '../../../../activities/installation/kubernetes/names';
import { shapeNames, type ShapeName } from '../../../../lab/kubernetes/log/shapes';
import type { PlannedChanges } from '../../../../workflows/model/installation';
import { strategies, type Strategy } from '../../../../workflows/model/room';
import { refused } from '../../refused';
import { CURRENT, NEXT, replacementOf, signal, StandingOnCluster } from './standing-log';

const first = replacementOf('rotation/1');
const { current: standing, next: copy } = first;
const STANDING = 'Deployment rekor-server';
const COPY = 'Deployment rekor-server-next';
const bounds = { signal };

/** Two pods, in a shape that can have every strategy. */
function logWith(strategy: Strategy, pods = 2, shape: ShapeName = 'upstream'): StandingOnCluster {
  const one = new StandingOnCluster(shape, { strategy });
  scale(one, pods);
  return one;
}

/** Somebody gives the standing Deployment another number of pods. */
function scale(one: StandingOnCluster, pods: number): void {
  const deployment = one.cluster.peek(STANDING) as KubernetesObject;
  one.cluster.put({ ...deployment, spec: { ...objectAt(deployment, 'spec'), replicas: pods } });
  one.cluster.afterChange();
}

const plan = async (one: StandingOnCluster): Promise<PlannedChanges> =>
  await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);

async function staged(one: StandingOnCluster): Promise<void> {
  await one.installation.stage(first, await plan(one), bounds);
}

/** How many pods both have; -1 for a Deployment that is not there. */
function pods({ cluster }: StandingOnCluster): readonly [number, number] {
  const of = (key: string): number => numberAt(cluster.peek(key), 'spec', 'replicas') ?? -1;
  return [of(STANDING), of(COPY)];
}

const noted = ({ cluster }: StandingOnCluster): string | undefined =>
  textAt(cluster.peek(STANDING), 'metadata', 'annotations', ROOM_ANNOTATION);

/** Runs a method on another worker, broken off at each change it makes, and then again to its end. */
async function brokenOffEverywhere(
  begin: () => Promise<StandingOnCluster>,
  act: (one: StandingOnCluster) => Promise<unknown>,
  then: (one: StandingOnCluster, changes: number) => Promise<void>,
): Promise<void> {
  for (const breaksAfterEffect of [false, true]) {
    for (let changes = 0, isBroken = true; isBroken; changes += 1) {
      const one = await begin();
      one.cluster.breaksAfterEffect = breaksAfterEffect;
      one.cluster.changesLeft = changes;
      isBroken = await act(one).then(
        () => false,
        (error: unknown) => {
          expect(error).toMatchObject({ message: 'broken off' });
          return true;
        },
      );
      one.cluster.changesLeft = Infinity;
      await then(one, changes);
    }
  }
}

/** At no time have both more pods together than the log has, and clients are never without the ones they are sent to. */
function neverMoreThan(one: StandingOnCluster, most: number): void {
  const before = one.cluster.afterChange;
  one.cluster.afterChange = () => {
    before();
    const [ofStanding, ofCopy] = pods(one);
    expect(Math.max(ofStanding, 0) + Math.max(ofCopy, 0)).toBeLessThanOrEqual(most);
    expect(one.numbersFromNothing()).toBe(false);
  };
}

describe('each strategy in each shape', () => {
  const refusedIn: Readonly<Partial<Record<`${Strategy} ${ShapeName}`, 'OPERATOR_CANNOT'>>> = {
    'rolling operator': 'OPERATOR_CANNOT',
    'recreate operator': 'OPERATOR_CANNOT',
  };
  const cells = strategies.flatMap((strategy) => shapeNames.map((shape) => [strategy, shape] as const));

  it.each(cells)('%s, %s: rotates, or is refused with its reason', async (strategy, shape) => {
    const one = new StandingOnCluster(shape, { strategy });
    const code = refusedIn[`${strategy} ${shape}`];
    if (code !== undefined) {
      const before = one.cluster.objects;
      expect(await refused(code, plan(one))).toContain('writes the number of pods itself');
      expect(one.cluster.objects).toEqual(before);
      return;
    }
    const replicas = valueAt(one.cluster.peek(STANDING), 'spec', 'replicas');
    await staged(one);
    await one.installation.requireStaged(first, signal);
    await one.installation.start(copy, bounds);
    await one.installation.requireStaged(first, signal);
    expect(await one.installation.runs(copy, signal)).toBe(true);
    await one.installation.settle(first, bounds);
    await one.installation.stop(copy, bounds);
    await one.installation.forget(first, bounds);
    expect(await one.installation.configured(standing, signal)).toEqual({
      ...{ activeTreeId: NEXT, inactiveTreeIds: [CURRENT] },
    });
    expect(valueAt(one.cluster.peek(STANDING), 'spec', 'replicas')).toBe(replicas);
    expect(noted(one)).toBeUndefined();
    expect(Object.keys(one.cluster.objects).filter((key) => key.includes('-next'))).toEqual([]);
  });
});

describe('what a strategy cannot have', () => {
  it('is refused for one pod where half of it is to be shared, and names what can be had', async () => {
    expect(await refused('STRATEGY_CANNOT', plan(logWith('rolling', 1)))).toContain('recreate');
    await plan(logWith('recreate', 1));
    for (const strategy of ['rolling', 'recreate'] as const)
      await refused('DEPLOYMENT_CANNOT_FOLLOW', plan(logWith(strategy, 0)));
  });

  it.each([
    ['kube-controller-manager', true],
    ['kubectl', false],
  ])('is refused where an autoscaler gives the number of pods: %s', async (manager, isAutoscaler) => {
    for (const strategy of strategies) {
      const one = logWith(strategy);
      const deployment = one.cluster.peek(STANDING) as KubernetesObject;
      const entry = {
        manager,
        operation: 'Update',
        subresource: 'scale',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      };
      one.cluster.put({ ...deployment, metadata: { ...deployment.metadata, managedFields: [entry] } });
      if (isAutoscaler && strategy !== 'blue-green') {
        expect(await refused('STRATEGY_CANNOT', plan(one))).toContain('HorizontalPodAutoscaler');
      } else {
        await plan(one);
      }
    }
  });

  it('says in its plan how many pods each has, step by step', async () => {
    const lines = async (one: StandingOnCluster): Promise<readonly string[]> =>
      (await plan(one)).changes
        .filter(({ what }) => what.startsWith('number of pods'))
        .map(({ step, target, removed, added }) => `${step} ${target} ${removed.join()} ${added.join()}`);
    const of = 'Deployment rekor-system/rekor-server';
    expect(await lines(logWith('blue-green'))).toEqual([]);
    expect(await lines(logWith('rolling', 3))).toEqual([
      `stage ${of} replicas: 3 replicas: 2`,
      `settle ${of} replicas: 2 replicas: 0, then 2, then 3`,
    ]);
    expect(await lines(logWith('recreate', 1))).toEqual([
      `start ${of} replicas: 1 replicas: 0`,
      `start ${of}-next replicas: 0 replicas: 1`,
      `settle ${of}-next replicas: 1 replicas: 0`,
      `settle ${of} replicas: 0 replicas: 1`,
    ]);
    expect(await lines(logWith('recreate', 2))).toEqual([
      `start ${of} replicas: 2 replicas: 0`,
      `start ${of}-next replicas: 0 replicas: 2`,
      `settle ${of}-next replicas: 2 replicas: 1`,
      `settle ${of} replicas: 0 replicas: 1, then 2`,
    ]);
  });
});

describe.each([2, 3])('rolling, with %d pods', (all) => {
  const half = Math.ceil(all / 2);
  const begun = async (): Promise<StandingOnCluster> => {
    const one = logWith('rolling', all);
    neverMoreThan(one, all);
    return Promise.resolve(one);
  };

  it('gives half of the pods to the copy, and all of them back, field by field, from wherever it was broken off', async () => {
    const before = logWith('rolling', all).cluster.objects;
    await brokenOffEverywhere(begun, staged, async (one, changes) => {
      if (changes > 3) {
        expect(pods(one)).toEqual([half, all - half]);
        await one.installation.requireStaged(first, signal);
      }
      await one.opened().giveBack(first, bounds);
      await one.opened().discard(first, bounds);
      expect(one.cluster.objects).toEqual(before);
      expect(await one.installation.unfinishedOn(copy, signal)).toBeNull();
    });
  });

  it('goes on with its staging, and with its discarding, where those were broken off', async () => {
    const before = logWith('rolling', all).cluster.objects;
    const planned = await plan(logWith('rolling', all));
    const stage = (one: StandingOnCluster) => one.opened().stage(first, planned, bounds);
    await brokenOffEverywhere(begun, stage, async (one) => {
      await stage(one);
      expect(pods(one)).toEqual([half, all - half]);
    });
    const stagedOne = async (): Promise<StandingOnCluster> => {
      const one = await begun();
      await staged(one);
      return one;
    };
    await brokenOffEverywhere(
      stagedOne,
      (one) => one.opened().discard(first, bounds),
      async (one) => {
        const isLeft = Object.keys(one.cluster.objects).some((key) => key.includes('-next'));
        expect(await one.installation.unfinishedOn(copy, signal)).toBe(isLeft ? 'rotation/1' : null);
        await one.opened().discard(first, bounds);
        expect(one.cluster.objects).toEqual(before);
      },
    );
  });

  it('settles while no standing pod is there to read half of it, from wherever it was broken off', async () => {
    const exposed = async (): Promise<StandingOnCluster> => {
      const one = await begun();
      await staged(one);
      const before = one.cluster.afterChange;
      one.cluster.afterChange = () => {
        before();
        const text = JSON.stringify(one.cluster.peek('ConfigMap sharding-config'));
        const isBetween =
          text.includes(CURRENT) && !JSON.stringify(one.cluster.peek(STANDING)).includes(NEXT);
        expect(isBetween && pods(one)[0] > 0).toBe(false);
        expect(pods(one)[1]).not.toBe(0);
      };
      return one;
    };
    const settle = (one: StandingOnCluster) => one.opened().settle(first, bounds);
    await brokenOffEverywhere(exposed, settle, async (one) => {
      expect(await settle(one)).toEqual(standing);
      expect(pods(one)).toEqual([half, all - half]);
      await one.installation.forget(first, bounds);
      expect([pods(one), noted(one)]).toEqual([[all, -1], undefined]);
    });
    const settled = async (): Promise<StandingOnCluster> => {
      const one = await exposed();
      await settle(one);
      return one;
    };
    const forget = (one: StandingOnCluster) => one.opened().forget(first, bounds);
    await brokenOffEverywhere(settled, forget, async (one) => {
      // A step that is tried again begins at its beginning.
      await settle(one);
      await forget(one);
      expect([pods(one), noted(one)]).toEqual([[all, -1], undefined]);
    });
  });
});

describe.each([1, 2, 3])('recreate, with %d pods', (all) => {
  const begun = async (): Promise<StandingOnCluster> => {
    const one = logWith('recreate', all);
    neverMoreThan(one, all);
    await staged(one);
    return one;
  };
  const start = (one: StandingOnCluster) => one.opened().start(copy, bounds);

  it('stages a copy without a pod, and takes none from the standing Deployment', async () => {
    const one = await begun();
    expect([pods(one), noted(one)]).toEqual([[all, 0], undefined]);
    expect(one.installation.rehearses).toBe(false);
    expect(await one.installation.runs(copy, signal)).toBe(false);
    await one.installation.giveBack(first, bounds);
    expect([pods(one), noted(one)]).toEqual([[all, 0], undefined]);
  });

  it('is taken back from wherever its start was broken off, and starts again', async () => {
    const stagedObjects = (await begun()).cluster.objects;
    const before = logWith('recreate', all).cluster.objects;
    await brokenOffEverywhere(begun, start, async (one) => {
      await one.opened().stop(copy, bounds);
      await one.opened().giveBack(first, bounds);
      expect(pods(one)).toEqual([all, 0]);
      expect(one.cluster.objects[STANDING]).toEqual(stagedObjects[STANDING]);
      // Another attempt uses what was staged.
      await one.opened().requireStaged(first, signal);
      await start(one);
      expect(pods(one)).toEqual([0, all]);
      await one.opened().requireStaged(first, signal);
      await one.opened().giveBack(first, bounds);
      await one.opened().discard(first, bounds);
      expect(one.cluster.objects).toEqual(before);
    });
  });

  it('goes on with its start, with giving back and with discarding, where those were broken off', async () => {
    const before = logWith('recreate', all).cluster.objects;
    await brokenOffEverywhere(begun, start, async (one) => {
      await start(one);
      expect(pods(one)).toEqual([0, all]);
      const told = one.told.filter((line) => line.startsWith('PUT /start'));
      expect(new Set(told).size).toBe(all);
    });
    const started = async (): Promise<StandingOnCluster> => {
      const one = await begun();
      await start(one);
      return one;
    };
    for (const undo of ['giveBack', 'discard'] as const) {
      await brokenOffEverywhere(
        started,
        (one) => one.opened()[undo](first, bounds),
        async (one) => {
          await one.opened().giveBack(first, bounds);
          expect(pods(one)[0]).toBe(all);
          await one.opened().discard(first, bounds);
          expect(one.cluster.objects).toEqual(before);
        },
      );
    }
  });

  it('settles from wherever it was broken off, and gives the standing Deployment its own number', async () => {
    const exposed = async (): Promise<StandingOnCluster> => {
      const one = await begun();
      await start(one);
      return one;
    };
    const settle = (one: StandingOnCluster) => one.opened().settle(first, bounds);
    const forget = (one: StandingOnCluster) => one.opened().forget(first, bounds);
    await brokenOffEverywhere(exposed, settle, async (one) => {
      await settle(one);
      expect(pods(one)).toEqual([Math.ceil(all / 2), Math.floor(all / 2)]);
      await forget(one);
      expect([pods(one), noted(one)]).toEqual([[all, -1], undefined]);
      expect(await one.installation.configured(standing, signal)).toEqual({
        ...{ activeTreeId: NEXT, inactiveTreeIds: [CURRENT] },
      });
    });
  });

  it('can start again what was settled and is not served yet', async () => {
    const one = await begun();
    await start(one);
    await one.installation.settle(first, bounds);
    await start(one);
    expect(pods(one)).toEqual([0, all]);
    await one.installation.settle(first, bounds);
    await one.installation.forget(first, bounds);
    expect([pods(one), noted(one)]).toEqual([[all, -1], undefined]);
  });
});

describe('a number of pods that somebody else has given', () => {
  it.each(['rolling', 'recreate'] as const)('is never overwritten: %s', async (strategy) => {
    const one = logWith(strategy);
    await staged(one);
    if (strategy === 'recreate') await one.installation.start(copy, bounds);
    scale(one, 5);
    const before = one.cluster.objects;
    const { installation } = one;
    await refused('CHANGED_BY_SOMEONE', installation.requireStaged(first, signal));
    await refused('CHANGED_BY_SOMEONE', installation.settle(first, bounds));
    expect(pods(one)[0]).toBe(5);
    expect(one.cluster.objects[STANDING]).toMatchObject({
      spec: objectAt(before[STANDING] as never, 'spec'),
    });
    if (strategy === 'recreate') {
      await refused('CHANGED_BY_SOMEONE', installation.start(copy, bounds));
      await refused('CHANGED_BY_SOMEONE', installation.giveBack(first, bounds));
    }
    await refused('CHANGED_BY_SOMEONE', installation.discard(first, bounds));
    expect(pods(one)[0]).toBe(5);
    // Whoever sets the number that it had before has done the undo's work.
    scale(one, 2);
    await installation.discard(first, bounds);
    expect([pods(one), noted(one)]).toEqual([[2, -1], undefined]);
  });

  it('refuses a stage that was planned for another, and one for which another attempt has taken pods', async () => {
    for (const strategy of ['rolling', 'recreate'] as const) {
      const one = logWith(strategy);
      const planned = await plan(one);
      scale(one, 4);
      await refused('CHANGED_BY_SOMEONE', one.installation.stage(first, planned, bounds));
      expect(pods(one)).toEqual([4, -1]);
    }
    const one = logWith('rolling', 3);
    await staged(one);
    const second = replacementOf('rotation/2', '7');
    await refused('CHANGED_BY_SOMEONE', one.installation.stage(second, await plan(one), bounds));
    await one.installation.discard(second, bounds);
    expect(pods(one)).toEqual([2, 1]);
  });

  it('tells of an attempt by the pods that it has taken, though its copy is gone', async () => {
    const one = logWith('rolling');
    await staged(one);
    for (const key of Object.keys(one.cluster.objects).filter((name) => name.includes('-next'))) {
      const [kind = '', name = ''] = key.split(' ');
      one.cluster.remove({ apiVersion: 'v1', kind, name });
    }
    expect(await one.installation.unfinishedOn(copy, signal)).toBe('rotation/1');
    await one.installation.discard(first, bounds);
    expect([pods(one), noted(one)]).toEqual([[2, -1], undefined]);
  });

  it('is not guessed from a note that no rotation has written', async () => {
    const one = logWith('rolling');
    await staged(one);
    const deployment = one.cluster.peek(STANDING) as KubernetesObject;
    const annotations = { ...objectAt(deployment, 'metadata', 'annotations'), [ROOM_ANNOTATION]: 'hunter2' };
    one.cluster.put({ ...deployment, metadata: { ...deployment.metadata, annotations } });
    expect(await refused('CHANGED_BY_SOMEONE', one.installation.discard(first, bounds))).not.toContain(
      'hunter2',
    );
    expect(pods(one)[0]).toBe(1);
  });
});
