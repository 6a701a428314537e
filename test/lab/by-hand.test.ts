import { readStanding } from '../../activities/installation/kubernetes/standing';
import { labLog } from '../../lab/configuration';
import { makeEdit } from '../../lab/kubernetes/log/by-hand';
import { shapes, shapeNames } from '../../lab/kubernetes/log/shapes';
import { ObjectsInMemory } from '../../simulation/world/kubernetes/objects-in-memory';
import { CURRENT, NEXT, objectsOf, signal } from '../activities/installation/kubernetes/standing-log';

const EARLIER = '3904496407287907111';

describe.each(shapeNames)('a log of the shape %s that a person rotates by hand', (name) => {
  const shape = shapes[name];
  const place = { log: labLog, ...shape.rekor };

  async function edited(): Promise<ObjectsInMemory> {
    const cluster = new ObjectsInMemory();
    objectsOf(name).forEach((object) => cluster.put(object));
    for (const edit of shape.byHand({ earlier: [EARLIER, CURRENT], active: NEXT })) {
      await makeEdit(cluster, edit, { signal });
    }
    return cluster;
  }

  it('has all earlier shards in their order and the next tree, as a rotation would read it', async () => {
    const { list, activeTree } = await readStanding(await edited(), place, { signal });
    expect(activeTree).toBe(NEXT);
    expect(list.match(/\d{10,}/g)).toEqual([EARLIER, CURRENT]);
  });

  it('gives its pods a reason to start anew, last of all', async () => {
    const { changes } = await edited();
    const last = changes.at(-1) ?? '';
    // What an operator makes of its resource is the operator's.
    expect(last).toMatch(name === 'operator' ? /Securesign/ : /Deployment rekor-server/);
    expect(changes.filter((change) => change.includes('Deployment'))).toHaveLength(
      name === 'operator' ? 0 : 1,
    );
  });

  it('is not edited where an object is not there', async () => {
    const [edit] = shape.byHand({ earlier: [CURRENT], active: NEXT });
    if (edit === undefined) throw new Error('The shape has no edit.');
    const nothing = makeEdit(new ObjectsInMemory(), edit, { signal });
    await expect(nothing).rejects.toThrow(`There is no ${edit.object.kind} ${edit.object.name}`);
  });
});
