import { shapeNames, type ShapeName } from '../../../../lab/kubernetes/log/shapes';
import type { InstallationState } from '../../../../workflows/model/installation';
import { CURRENT, NEXT, replacementOf, signal, StandingOnCluster } from './standing-log';

const first = replacementOf('rotation/1');
const examine = (one: StandingOnCluster) =>
  // It reads what it needs by itself, and a host alone goes by the attempts.
  one.installation.examine({} as InstallationState, { attempts: 3, pauseBetweenAttemptsMs: 1 }, signal);

/** A log that was rotated once. */
async function rotated(shape: ShapeName): Promise<StandingOnCluster> {
  const one = new StandingOnCluster(shape);
  const { current, next } = first;
  await one.installation.stage(first, await one.installation.plan({ current, next }, [CURRENT], signal), {
    signal,
  });
  await one.installation.settle(first, { signal });
  await one.installation.forget(first, { signal });
  return one;
}

/** How often a tree is named in an object. */
function timesIn(object: unknown, tree: string): number {
  const inWords = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify(object, inWords).split(tree).length;
}

describe.each(shapeNames)('what a deploy of former values would meet, in the shape %s', (shape) => {
  it('is not asked before the first rotation, which has no former values', async () => {
    expect(await examine(new StandingOnCluster(shape))).toEqual([]);
  });

  it('is a warning for the list and for the tree where nothing refuses them, and nothing is changed', async () => {
    const one = await rotated(shape);
    const [before, changes] = [one.cluster.objects, one.cluster.changes.length];
    const would = (what: string): unknown => ({
      ...{ code: 'FORMER_SHARDS_REFUSED', state: 'warning', reason: 'FORMER_SHARDS_TAKEN' },
      found: expect.stringContaining(`would take ${what}`) as unknown,
    });
    expect(await examine(one)).toMatchObject([
      would('a list without any shard'),
      would(`tree ${CURRENT} as the active one`),
    ]);
    expect(one.cluster.objects).toEqual(before);
    expect(one.cluster.changes).toHaveLength(changes);
  });

  it('is right where both are refused, and a warning for the one that is not', async () => {
    const one = await rotated(shape);
    one.cluster.admits = (after, before) =>
      timesIn(after, CURRENT) === timesIn(before, CURRENT) ? undefined : 'by a policy';
    expect(await examine(one)).toMatchObject([{ code: 'FORMER_SHARDS_REFUSED', state: 'ok' }]);
    one.cluster.admits = (after, before) =>
      timesIn(after, NEXT) < timesIn(before, NEXT) ? 'by a policy for the tree' : undefined;
    expect(await examine(one)).toMatchObject([
      { state: 'warning', found: expect.stringContaining('a list without any shard') as unknown },
    ]);
  });
});
