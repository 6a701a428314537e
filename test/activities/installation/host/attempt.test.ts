import { writeFileSync } from 'node:fs';
import type { PlannedChanges, Replacement } from '../../../../workflows/model/installation';
import { unfinishedAttempt } from '../../../../workflows/model/installation';
import {
  CURRENT,
  NEXT,
  EARLIER,
  NEXT_LIST,
  BLUE,
  GREEN,
  environment,
  signal,
  file,
  read,
  contents,
  host,
  orderOf,
  stagedOrder,
  refusalOf,
  crashAfterChange,
  stateOf,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('an attempt that staged the next release', () => {
  const THIRD = '4611686018427387905';

  it('is known by what it keeps until it is discarded', async () => {
    const order = await orderOf();
    expect(await host().unfinishedOn(order.next, signal)).toBeNull();
    await host().stage(order, order, { signal });
    expect(await host().unfinishedOn(order.next, signal)).toBe('r1/1');
    expect(await stateOf(BLUE)).toMatchObject({ unfinishedOn: { current: null, next: 'r1/1' } });
    await host().discard(order, { signal });
    expect(unfinishedAttempt(await stateOf(BLUE))).toBeNull();
  });

  it('finds it as it staged it, whatever other lines of the current slot say meanwhile', async () => {
    const order = await stagedOrder();
    writeFileSync(file('blue.env'), `${environment(CURRENT, '3001')}MORE=1\n`);
    await expect(host().requireStaged(order, signal)).resolves.toBeUndefined();
  });

  it.each([
    ['green.env', `${environment(NEXT, '3002')}# changed\n`],
    ['green.yaml', `${NEXT_LIST}# changed\n`],
    ['green.yaml', ''],
    ['blue.env', environment('5', '3001')],
    ['blue.yaml', '- treeID: 5\n'],
  ])('refuses to go on when %s was changed by someone, naming it', async (name, changed) => {
    const order = await stagedOrder();
    writeFileSync(file(name), changed);
    const refused = await refusalOf(host().requireStaged(order, signal));
    expect(refused).toMatchObject({ code: 'CHANGED_BY_SOMEONE' });
    expect(refused.message).toContain(file(name));
  });

  it('refuses to go on where it staged nothing, or another attempt did', async () => {
    const order = await orderOf();
    expect((await refusalOf(host().requireStaged(order, signal))).code).toBe('CHANGED_BY_SOMEONE');
    await host().stage(order, order, { signal });
    const other = { ...order, attemptId: 'r2/1' };
    expect((await refusalOf(host().requireStaged(other, signal))).code).toBe('CHANGED_BY_SOMEONE');
  });

  it('forgets what its rotation kept, and nothing of another one', async () => {
    const order = await stagedOrder();
    await host().forget({ ...order, attemptId: 'r2/1' }, { signal });
    expect(await host().unfinishedOn(order.next, signal)).toBe('r1/1');
    // A later attempt of the rotation ends what the first one kept.
    await host().forget({ ...order, attemptId: 'r1/2' }, { signal });
    expect(await host().unfinishedOn(order.next, signal)).toBeNull();
  });

  /** The next tree took entries in slot green and cannot serve; a third tree follows it (H12). */
  async function superseding(serving: string): Promise<Replacement & PlannedChanges> {
    const { current, next } = await host().roles([serving], signal);
    const planned = await host().plan({ current, next }, [EARLIER, CURRENT, NEXT], signal);
    const inactive = [EARLIER, CURRENT].map((treeId) => ({ treeId, length: 10 }));
    return {
      ...{ attemptId: 'r1/2', current, next, inactive, ...planned },
      patience: host().patience,
      ...{ currentTreeId: NEXT, nextTreeId: THIRD },
      supersedes: { trees: [NEXT], unnamed: serving === BLUE ? 1 : 0 },
    };
  }

  it.each([
    ['the slot that never served', BLUE],
    ['the slot that serves', GREEN],
  ])(
    'is superseded beside %s: the third release lists the trees that its slot did not know (H12)',
    async (_, serving) => {
      const staged = await orderOf();
      await host().stage(staged, staged, { signal });
      const third = await superseding(serving);
      await host().stage(third, third, { signal });
      await expect(host().requireStaged(third, signal)).resolves.toBeUndefined();
      const list = `${NEXT_LIST}- treeID: ${NEXT}\n`;
      expect(read(`${third.next.id}.yaml`)).toBe(list);
      expect(read(`${third.next.id}.env`)).toContain(`TREE_ID=${THIRD}`);
      await host().settle(third, { signal });
      expect([read('blue.yaml'), read('green.yaml')]).toEqual([list, list]);
      await host().forget(third, { signal });
      expect(unfinishedAttempt(await stateOf(serving))).toBeNull();
    },
  );

  it('is known again when the attempt that was to supersede it is discarded, wherever that crashes (H12)', async () => {
    const order = await stagedOrder();
    const staged = contents();
    const third = await superseding(BLUE);
    for (const n of [1, 2, 3, 4]) {
      await host().stage(third, third, { signal });
      expect(unfinishedAttempt(await stateOf(BLUE))).toBe('r1/2');
      const recover = crashAfterChange(n);
      await expect(host().discard(third, { signal })).rejects.toThrow('crash');
      recover();
      await host().discard(third, { signal });
      expect(contents()).toEqual(staged);
      expect(unfinishedAttempt(await stateOf(BLUE))).toBe('r1/1');
      await expect(host().requireStaged(order, signal)).resolves.toBeUndefined();
    }
  });
});
