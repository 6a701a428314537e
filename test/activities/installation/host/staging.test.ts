import { existsSync, promises as fs, statSync, writeFileSync } from 'node:fs';
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
  host,
  orderOf,
  stagedOrder,
  refusalOf,
  crashAfterChange,
  slotsFolder,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('staging the next release', () => {
  it('gives the next slot the served list with the current tree at its end, and its own environment', async () => {
    const staged = await orderOf();
    await host().stage(staged, staged, { signal });
    expect(contents()).toEqual([environment(CURRENT, '3001'), LIST, environment(NEXT, '3002'), NEXT_LIST]);
    expect(statSync(file('green.env')).mode & 0o777).toBe(0o600);
    expect(statSync(file('green.yaml')).mode & 0o777).toBe(0o644);
    expect(statSync(file('green.env.before-rekor-rotate')).mode & 0o777).toBe(0o600);
    expect(ran()).toEqual([]);
  });

  it('writes byte for byte what was planned, with the id of the next tree in its one place', async () => {
    writeFileSync(file('green.env'), `A="${CURRENT} \u{1f512}"\n${environment('0', '3002')}`);
    const before = new Map(files.map((name) => [file(name), read(name) ?? '']));
    const order = await orderOf();
    const staged = order.changes.filter(({ step, kind }) => step === 'stage' && kind === 'file');
    const planned = staged.map(({ target, content = [] }) => {
      const pieces = content.map((piece) => {
        if ('text' in piece) return piece.text;
        return 'copy' in piece ? (before.get(piece.copy) ?? '').slice(piece.from, piece.to) : NEXT;
      });
      return [target, pieces.join('')];
    });
    expect(
      staged.flatMap(({ content = [] }) => content).filter((piece) => 'nextTreeId' in piece),
    ).toHaveLength(1);

    await host().stage(order, order, { signal });
    expect(planned).toEqual([
      [file('green.yaml'), read('green.yaml')],
      [file('green.env'), read('green.env')],
    ]);
    expect([read('blue.yaml'), read('blue.env')]).toEqual([LIST, environment(CURRENT, '3001')]);
  });

  it('writes what the plan says and not what it would plan itself', async () => {
    const order = await orderOf();
    const changes = order.changes.map((change) =>
      change.target === file('green.yaml') ? { ...change, content: [{ text: '- treeID: 5\n' }] } : change,
    );
    await host().stage(order, { ...order, changes }, { signal });
    expect(read('green.yaml')).toBe('- treeID: 5\n');
  });

  it('refuses a plan that names other files than are configured by now, and touches nothing', async () => {
    const order = await orderOf();
    const changes = order.changes.map((change) => ({ ...change, target: `${change.target}.former` }));
    const before = contents();
    const refused = await refusalOf(host().stage(order, { ...order, changes }, { signal }));
    expect(refused.code).toBe('CHANGED_BY_SOMEONE');
    expect(refused.message).toContain('green.yaml.former');
    expect(contents()).toEqual(before);
  });

  it('writes the list before the tree id, so that the slot never numbers the next tree from 0 (H9)', async () => {
    const order = await orderOf();
    const renamed = jest.spyOn(fs, 'rename');
    await host().stage(order, order, { signal });
    const written = renamed.mock.calls
      .map(([, to]) => String(to))
      .filter((to) => !to.endsWith('before-rekor-rotate'));
    expect(written).toEqual([file('green.yaml'), file('green.env')]);
    renamed.mockClear();
    await host().stage(order, order, { signal });
    expect(renamed).not.toHaveBeenCalled();
  });

  it.each(files)('refuses when %s was changed after the plan, and touches nothing', async (name) => {
    const order = await orderOf();
    writeFileSync(file(name), `${read(name) ?? ''}# changed\n`);
    const before = contents();
    expect((await refusalOf(host().stage(order, order, { signal }))).code).toBe('CHANGED_BY_SOMEONE');
    expect(contents()).toEqual(before);
    expect(existsSync(file('green.env.before-rekor-rotate'))).toBe(false);
  });

  it('refuses when what it staged was changed since', async () => {
    const order = await stagedOrder();
    writeFileSync(file('green.yaml'), '[]');
    expect((await refusalOf(host().stage(order, order, { signal }))).code).toBe('CHANGED_BY_SOMEONE');
    expect(read('green.yaml')).toBe('[]');
  });

  it.each([1, 2, 3, 4])('goes on or back after a crash behind its write %i', async (n) => {
    const before = contents();
    const order = await orderOf();
    for (const goOn of [true, false]) {
      const recover = crashAfterChange(n);
      await expect(host().stage(order, order, { signal })).rejects.toThrow('crash');
      recover();
      const [, , next = '', list = null] = contents();
      expect({ next: next?.includes(NEXT), list }).not.toEqual({ next: true, list: null });
      if (goOn) {
        await host().stage(order, order, { signal });
        expect(contents().slice(2)).toEqual([environment(NEXT, '3002'), NEXT_LIST]);
      }
      await host().discard(order, { signal });
      expect(contents()).toEqual(before);
      expect((await fs.readdir(slotsFolder())).sort()).toEqual(['blue.env', 'blue.yaml', 'green.env']);
    }
  });

  it('stops before its next write when it is aborted, and throws the reason', async () => {
    const before = contents();
    const order = await orderOf();
    const reason = new Error('the attempt is over');
    await expect(host().stage(order, order, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(contents()).toEqual(before);
  });

  it('leaves a symbolic link in place and replaces what it names', async () => {
    await fs.rename(file('green.env'), file('real.env'));
    await fs.symlink(file('real.env'), file('green.env'));
    const staged = await orderOf();
    await host().stage(staged, staged, { signal });
    expect(read('real.env')).toBe(environment(NEXT, '3002'));
    expect((await fs.lstat(file('green.env'))).isSymbolicLink()).toBe(true);
  });
});
