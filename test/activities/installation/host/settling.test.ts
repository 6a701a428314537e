import { promises as fs, rmSync, statSync, writeFileSync } from 'node:fs';
import {
  CURRENT,
  NEXT,
  EARLIER,
  LIST,
  NEXT_LIST,
  GREEN,
  environment,
  signal,
  file,
  read,
  contents,
  ran,
  host,
  orderOf,
  stagedOrder,
  refusalOf,
  crashAfterChange,
  slotsFolder,
  stateOf,
  slotGreen,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('settling', () => {
  const settled = () => [environment(NEXT, '3001'), NEXT_LIST, environment(NEXT, '3002'), NEXT_LIST];

  it('lets both slots start with the next release, the list before the tree id, and only the next one at boot (H9, H33)', async () => {
    const order = await stagedOrder();
    const renamed = jest.spyOn(fs, 'rename');
    await host().settle(order, { signal });
    expect(contents()).toEqual(settled());
    expect(renamed.mock.calls.map(([, to]) => to)).toEqual([file('blue.yaml'), file('blue.env')]);
    expect(ran()).toEqual(['enable green', 'disable blue']);
    await host().settle(order, { signal });
    expect(contents()).toEqual(settled());
    // What it replaced is kept until the attempt has ended.
    expect(await stateOf(GREEN)).toMatchObject({ unfinishedOn: { current: 'r1/1', next: null } });
    await host().forget(order, { signal });
    expect((await fs.readdir(slotsFolder())).filter((name) => name.includes('rekor-rotate'))).toEqual([]);
    const afterwards = await stateOf(GREEN);
    expect(afterwards).toMatchObject({
      current: slotGreen,
      activeTreeId: NEXT,
      inactiveTreeIds: [EARLIER, CURRENT],
    });
  });

  it('makes the first sharding files of a log that had none, readable by its Rekor', async () => {
    rmSync(file('blue.yaml'));
    const order = { ...(await orderOf()), inactive: [] };
    await host().stage(order, order, { signal });
    expect(statSync(file('green.yaml')).mode & 0o777).toBe(0o644);
    await host().settle(order, { signal });
    expect([read('blue.yaml'), read('green.yaml')]).toEqual(Array(2).fill(`- treeID: ${CURRENT}\n`));
  });

  it.each([1, 2])('goes on after a crash behind its change %i', async (n) => {
    const order = await stagedOrder();
    const recover = crashAfterChange(n);
    await expect(host().settle(order, { signal })).rejects.toThrow('crash');
    recover();
    await host().settle(order, { signal });
    expect(contents()).toEqual(settled());
  });

  it.each([
    ['green.env', `${environment(NEXT, '3002')}# changed\n`],
    ['green.yaml', `${NEXT_LIST}# changed\n`],
    ['blue.env', environment('5', '3001')],
    ['blue.yaml', '- treeID: 5\n'],
    ['blue.yaml', `${LIST}# changed\n`],
  ])('refuses when %s was changed by someone, and touches nothing', async (name, changed) => {
    const order = await stagedOrder();
    writeFileSync(file(name), changed);
    const found = contents();
    expect((await refusalOf(host().settle(order, { signal }))).code).toBe('CHANGED_BY_SOMEONE');
    expect(contents()).toEqual(found);
    expect(ran()).toEqual([]);
  });

  it('carries over what the operator changed in other lines of the current slot meanwhile', async () => {
    const order = await stagedOrder();
    writeFileSync(file('blue.env'), `${environment(CURRENT, '3001')}MORE=1\n`);
    await host().settle(order, { signal });
    expect(read('blue.env')).toBe(`${environment(NEXT, '3001')}MORE=1\n`);
  });

  it('refuses a slot that the configuration no longer has', async () => {
    const order = { ...(await orderOf()), next: { id: 'red', name: 'slot red' } };
    expect((await refusalOf(() => host().settle(order, { signal }))).code).toBe('RELEASE_UNKNOWN');
  });
});
