import { existsSync, writeFileSync } from 'node:fs';
import {
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
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('discarding the next release', () => {
  it('does nothing when nothing was staged, or another attempt staged it', async () => {
    const before = contents();
    const order = await orderOf();
    await host().discard(order, { signal });
    expect(contents()).toEqual(before);
    await host().stage(order, order, { signal });
    const staged = contents();
    await host().discard({ ...order, attemptId: 'r1/2' }, { signal });
    expect(contents()).toEqual(staged);
  });

  it('puts the tree id back before the list (H9), and may crash behind any of its changes', async () => {
    const before = contents();
    const order = await orderOf();
    for (const n of [1, 2, 3, 4]) {
      await host().stage(order, order, { signal });
      const recover = crashAfterChange(n);
      await expect(host().discard(order, { signal })).rejects.toThrow('crash');
      recover();
      expect(read('green.env')).toBe(environment('0', '3002'));
      await host().discard(order, { signal });
      expect(contents()).toEqual(before);
      expect(existsSync(file('green.yaml.before-rekor-rotate'))).toBe(false);
    }
  });

  it.each(['green.env', 'green.yaml'])(
    'leaves everything as found when %s was changed by someone',
    async (name) => {
      const order = await stagedOrder();
      writeFileSync(file(name), `${read(name) ?? ''}# changed\n`);
      const found = contents();
      const refused = await refusalOf(host().discard(order, { signal }));
      expect(refused).toMatchObject({ code: 'CHANGED_BY_SOMEONE' });
      expect(refused.message).toContain(file(name));
      expect(contents()).toEqual(found);
      expect(existsSync(file('green.yaml.before-rekor-rotate'))).toBe(true);
    },
  );
});
