import { existsSync, promises as fs, statSync, writeFileSync } from 'node:fs';
import { hostInstallation } from '../../../../activities/installation/host/host';
import {
  CURRENT,
  NEXT,
  LIST,
  NEXT_LIST,
  environment,
  signal,
  file,
  read,
  files,
  contents,
  ran,
  options,
  orderOf,
  refusalOf,
  crashAfterChange,
  slotsFolder,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('staging the next release', () => {
  it('gives the next slot the served list with the current tree at its end, and its own environment', async () => {
    await hostInstallation(options()).stage(await orderOf(), signal);
    expect(contents()).toEqual([environment(CURRENT, '3001'), LIST, environment(NEXT, '3002'), NEXT_LIST]);
    expect(statSync(file('green.env')).mode & 0o777).toBe(0o600);
    expect(statSync(file('green.yaml')).mode & 0o777).toBe(0o644);
    expect(statSync(file('green.env.before-rekor-rotate')).mode & 0o777).toBe(0o600);
    expect(ran()).toEqual([]);
  });

  it('writes the list before the tree id, so that the slot never numbers the next tree from 0 (H9)', async () => {
    const order = await orderOf();
    const renamed = jest.spyOn(fs, 'rename');
    await hostInstallation(options()).stage(order, signal);
    const written = renamed.mock.calls
      .map(([, to]) => String(to))
      .filter((to) => !to.endsWith('before-rekor-rotate'));
    expect(written).toEqual([file('green.yaml'), file('green.env')]);
    renamed.mockClear();
    await hostInstallation(options()).stage(order, signal);
    expect(renamed).not.toHaveBeenCalled();
  });

  it.each(files)('refuses when %s was changed after the plan, and touches nothing', async (name) => {
    const order = await orderOf();
    writeFileSync(file(name), `${read(name) ?? ''}# changed\n`);
    const before = contents();
    expect((await refusalOf(hostInstallation(options()).stage(order, signal))).code).toBe(
      'CHANGED_BY_SOMEONE',
    );
    expect(contents()).toEqual(before);
    expect(existsSync(file('green.env.before-rekor-rotate'))).toBe(false);
  });

  it('refuses when what it staged was changed since', async () => {
    const order = await orderOf();
    await hostInstallation(options()).stage(order, signal);
    writeFileSync(file('green.yaml'), '[]');
    expect((await refusalOf(hostInstallation(options()).stage(order, signal))).code).toBe(
      'CHANGED_BY_SOMEONE',
    );
    expect(read('green.yaml')).toBe('[]');
  });

  it.each([1, 2, 3, 4])('goes on or back after a crash behind its write %i', async (n) => {
    const before = contents();
    const order = await orderOf();
    for (const goOn of [true, false]) {
      const recover = crashAfterChange(n);
      await expect(hostInstallation(options()).stage(order, signal)).rejects.toThrow('crash');
      recover();
      const [, , next = '', list = null] = contents();
      expect({ next: next?.includes(NEXT), list }).not.toEqual({ next: true, list: null });
      if (goOn) {
        await hostInstallation(options()).stage(order, signal);
        expect(contents().slice(2)).toEqual([environment(NEXT, '3002'), NEXT_LIST]);
      }
      await hostInstallation(options()).discard(order, signal);
      expect(contents()).toEqual(before);
      expect((await fs.readdir(slotsFolder())).sort()).toEqual(['blue.env', 'blue.yaml', 'green.env']);
    }
  });

  it('stops before its next write when it is aborted, and throws the reason', async () => {
    const before = contents();
    const order = await orderOf();
    const reason = new Error('the attempt is over');
    await expect(hostInstallation(options()).stage(order, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(contents()).toEqual(before);
  });

  it('leaves a symbolic link in place and replaces what it names', async () => {
    await fs.rename(file('green.env'), file('real.env'));
    await fs.symlink(file('real.env'), file('green.env'));
    await hostInstallation(options()).stage(await orderOf(), signal);
    expect(read('real.env')).toBe(environment(NEXT, '3002'));
    expect((await fs.lstat(file('green.env'))).isSymbolicLink()).toBe(true);
  });
});
