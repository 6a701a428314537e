import { byHand } from '../../../activities/steps/by-hand';
import type { ByHand } from '../../../workflows/model/by-hand';
import { orderNumber } from '../../../workflows/model/rotation';
import { anAttempt, FakeLog, identity, order } from '../fake-log';

const updatetree = (treeId: string, state: string) =>
  `updatetree --admin_server=127.0.0.1:8090 --tree_id=${treeId} --tree_state=${state}`;

const held = (log: FakeLog, step: string): Promise<ByHand> =>
  byHand(log.systems(), { step, identity, release: order.release }, anAttempt());

describe('a step that cannot be finished', () => {
  it('is shown with what is there', async () => {
    const log = new FakeLog();
    delete log.trees['300'];

    const { state } = await held(log, 'undo freeze');
    expect(state).toEqual([
      'current tree 200: ACTIVE',
      expect.stringMatching(/^next tree 300: cannot be read: .*300/),
      expect.stringMatching(/^gate: pass, sends to .*, follows order \d+$/),
      'release blue: runs',
      'release green: does not run',
    ]);
  });

  it.each([
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

  it.each([
    ['undo hold', 'blue', 1],
    ['look back', 'blue', 2],
    ['forward', 'green', 3],
  ])('sends the gate in %s to %s, after every order of this attempt', async (step, slot, count) => {
    const log = new FakeLog();
    const { commands } = await held(log, step);
    const upstream = log.systems().installation.instances(slot)[0]?.url ?? 'none';

    expect(commands).toHaveLength(count);
    expect(commands.at(-1)).toContain('-X PUT http://127.0.0.1:3999/order/release');
    expect(commands.at(-1)).toContain(`"number":${orderNumber(identity) + 1},"upstream":"${upstream}"`);
  });

  it('says why its commands cannot be said', async () => {
    const log = new FakeLog();
    log.changedFile = '/etc/rekor/green.env';

    const { state, commands } = await held(log, 'undo stage');
    expect(commands).toEqual([]);
    expect(state.at(-1)).toMatch(/^what would finish it cannot be said: .*green\.env/);
  });
});
