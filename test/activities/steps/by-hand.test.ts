import type { StubbornStep } from '../../../workflows/model/steps';
import { byHand } from '../../../activities/steps/by-hand';
import type { ByHand } from '../../../workflows/model/by-hand';
import { fenceOf } from '../../../workflows/model/fencing';
import { expose } from '../../../activities/steps/writes';
import { addresses, FakeLog, identity, order } from '../fake-log';

const updatetree = (treeId: string, state: string) =>
  `updatetree --admin_server=127.0.0.1:8090 --tree_id=${treeId} --tree_state=${state}`;

const own = fenceOf(identity);

const frozen = { treeId: '200', size: 20, rootHash: 'ab', proof: [] };

const held = (log: FakeLog, step: StubbornStep): Promise<ByHand> =>
  byHand(log.systems(), { step, identity, release: order.release });

describe('a step that cannot be finished', () => {
  it('is shown with what is there', async () => {
    const log = new FakeLog();
    delete log.trees['300'];

    const { state } = await held(log, 'undo freeze');
    expect(state).toEqual([
      'current tree 200: ACTIVE',
      expect.stringMatching(/^next tree 300: cannot be read: .*300/),
      expect.stringMatching(/^traffic: pass, sends to .*, follows order \d+$/),
      'slot blue: runs',
      'slot green: does not run',
    ]);
  });

  it.each<[StubbornStep, string[]]>([
    ['undo verify', [updatetree('300', 'DRAINING'), updatetree('300', 'FROZEN')]],
    ['undo freeze', [updatetree('200', 'ACTIVE')]],
    ['undo start', ['stop green']],
    ['undo stage', ['stop green', 'put its files back']],
    ['undo createTree', [updatetree('300', 'FROZEN')]],
    ['settle', ['settle green']],
    ['soak', []],
  ])('is finished by a person in %s with the commands %j', async (step, commands) => {
    expect((await held(new FakeLog(), step)).commands).toEqual(commands);
  });

  it.each(['undo verify', 'undo freeze', 'undo hold', 'undo start', 'undo stage'] as const)(
    'is left alone in %s where the log lives on the next tree (H7)',
    async (step) => {
      const log = new FakeLog().isExposed();
      expect((await held(log, step)).commands).toEqual([]);
    },
  );

  it('is given back to the current release after every order of this attempt', async () => {
    const { commands } = await held(new FakeLog(), 'undo hold');
    expect(commands).toEqual([
      expect.stringContaining(`"number":${own.undo},"instances":["${addresses['blue']}"]`),
    ]);
    expect(commands[0]).toContain('-X PUT http://127.0.0.1:3999/order/send');
  });

  it('goes forward by a look at the next release, and an order that its own may follow', async () => {
    const log = new FakeLog();
    log.handsOver('200', '300', 3);
    const { commands } = await held(log, 'forward');
    expect(commands).toEqual([
      'start green',
      `curl -fsS ${addresses['green']}/api/v1/log # go on only if its inactive shard 200 has treeSize 20`,
      updatetree('300', 'ACTIVE'),
      expect.stringContaining(
        `"number":${own.act},"instances":["${addresses['green']}"],"shards":{"activeTreeId":"300","inactive":` +
          '[{"treeId":"100","length":10},{"treeId":"200","length":20}]}',
      ),
    ]);

    // Done by hand, the step itself succeeds.
    Object.assign(log.gate, { number: own.act, instances: [addresses['green']] });
    log.running.add('green');
    log.trees['300'] = { ...log.trees['300'], state: 'ACTIVE', size: 4 };
    await expect(
      expose(log.systems(), { ...order, frozen, of: order.release.next }),
    ).resolves.toBeUndefined();
  });

  it('shows no command that starts a release beside a tree that grew: it would shift every index (H1)', async () => {
    const log = new FakeLog();
    log.handsOver('200', '300', 3);
    log.trees['200'] = { state: 'FROZEN', size: 21 };
    const { state, commands } = await held(log, 'forward');
    expect(commands).toEqual([]);
    expect(state.at(-1)).toContain('Tree 200 has grown');
    expect(log.done).toEqual([]);
  });

  it.each([
    ['undo freeze' as const, 'ACTIVE' as const, 0, 'ACTIVE'],
    ['undo freeze' as const, 'FROZEN' as const, 4, 'holds public entries'],
    ['look back' as const, 'FROZEN' as const, 4, 'holds public entries'],
  ])(
    'shows nothing in %s where the next tree is %s with %i entries of clients: the step refuses, too (rules 2, 3)',
    async (step, state, entries, words) => {
      const log = new FakeLog();
      log.trees['200'] = { state: 'FROZEN', size: 20 };
      log.handsOver('200', '300', entries);
      log.trees['300'] = { ...log.trees['300'], state, size: 1 + entries };
      const look = { step, identity, release: order.release, froze: true };
      const found = await byHand(log.systems(), look);
      expect(found.commands).toEqual([]);
      expect(found.state.at(-1)).toContain(words);
    },
  );

  it('ends the current tree first in forward, where a third tree’s freeze was broken off (H12)', async () => {
    const log = new FakeLog();
    log.handsOver('200', '300', 4);
    for (const [state, ends] of [
      ['FROZEN', false],
      ['DRAINING', true],
    ] as const) {
      log.trees['200'] = { state, size: 20 };
      const { commands } = await held(log, 'forward');
      expect(commands.includes(updatetree('200', 'FROZEN'))).toBe(ends);
    }
  });

  it('opens no tree that was closed before the attempt: one that it was to supersede', async () => {
    const release = { ...order.release, supersedes: { trees: [order.release.currentTreeId], unnamed: 1 } };
    const step = 'undo freeze';
    const { commands } = await byHand(new FakeLog().systems(), { step, identity, release });
    expect(commands).toEqual([]);
  });

  it.each([
    [true, [updatetree('300', 'FROZEN'), updatetree('200', 'ACTIVE')]],
    [false, [updatetree('300', 'FROZEN')]],
  ])('puts right what is not as before, where its freeze had begun: %j', async (froze, commands) => {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    const look = { step: 'look back' as const, identity, release: order.release, froze };
    expect((await byHand(log.systems(), look)).commands).toEqual(commands);
    log.gate.instances = ['http://127.0.0.1:9'];
    const also = expect.stringContaining(`"instances":["${addresses['blue']}"]`) as string;
    expect((await byHand(log.systems(), look)).commands).toEqual([...commands, also]);
  });

  it('says why its commands cannot be said', async () => {
    const log = new FakeLog();
    log.changedFile = '/etc/rekor/green.env';

    const { state, commands } = await held(log, 'undo stage');
    expect(commands).toEqual([]);
    expect(state.at(-1)).toMatch(/^what would finish it cannot be said: .*green\.env/);
  });
});
