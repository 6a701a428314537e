import { discard, stage, stop } from '../../../activities/steps/next-release';
import { rehearseSection } from '../../../activities/steps/rehearsal';
import { createNextTree, retireNextTree } from '../../../activities/steps/next-tree';
import { FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';

describe('a rotation that is reset after it has completed', () => {
  it('does not adopt the tree that it made, which now serves (H7)', async () => {
    const log = new FakeLog().isExposed();
    await refused('ALREADY_ROTATED', createNextTree(log.systems(), { identity }));
    expect(log.done).toEqual([]);
  });

  it('does not stage the slot that serves, nor stop it after a rehearsal (H7)', async () => {
    const log = new FakeLog().isExposed();
    await refused('ALREADY_ROTATED', stage(log.systems(), order));
    expect(log.done).toEqual([]);
  });

  it('starts nothing in a rehearsal whose release was put back, for nobody would stop it (H7)', async () => {
    const log = new FakeLog();
    log.changedFile = 'blue.env';
    await refused('CHANGED_BY_SOMEONE', rehearseSection(log.systems(), order));
    expect(log.done).toEqual([]);
  });

  it('does not freeze that tree, nor stop or change the slot that serves, when it takes itself back (H7)', async () => {
    const log = new FakeLog().isExposed();
    const systems = log.systems();
    await stop(systems, order);
    await retireNextTree(systems, { identity });
    await discard(systems, order);
    expect(log.done).toEqual([]);
  });

  it('does all of it when another slot serves, as after any failure', async () => {
    const log = new FakeLog();
    const systems = log.systems();
    await stop(systems, order);
    await retireNextTree(systems, { identity });
    await discard(systems, order);
    expect(log.done).toEqual(['stop green', '300 FROZEN', 'stop green', 'discard']);
  });

  it('stops no process that another attempt has started', async () => {
    const log = new FakeLog();
    log.unfinishedOnNext = 'r/2';
    await stop(log.systems(), order);
    expect(log.done).toEqual([]);
  });
});
