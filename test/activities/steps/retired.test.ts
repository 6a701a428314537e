import { deleteRetiredTree, retiredTrees } from '../../../activities/steps/retired';
import { FakeLog, identity } from '../fake-log';
import { refused } from '../refused';

/** The next slot knows other trees, so that 300 is named by nothing. */
function withRetired(): FakeLog {
  const log = new FakeLog();
  log.slots['green'] = { active: '100', inactive: [] };
  log.trees['300'] = { state: 'FROZEN', size: 0, mark: identity };
  return log;
}

const list = (log: FakeLog) => retiredTrees(log.systems(), { log: 'production' });
const prune = (log: FakeLog, treeId: string) =>
  deleteRetiredTree(log.systems(), { log: 'production', treeId });

describe('retired trees', () => {
  it('are those that a rotation made and that nothing names', async () => {
    const log = withRetired();
    log.trees['900'] = { state: 'FROZEN', size: 0, mark: { ...identity, log: 'staging' } };
    expect(await list(log)).toEqual([{ treeId: '300', ...log.head('300'), rotationId: 'r', attempt: 1 }]);
    await prune(log, '300');
    expect(log.done).toEqual(['delete 300']);
  });

  it('may hold a handover leaf, of an attempt that was undone', async () => {
    const log = withRetired();
    log.handsOver('200', '300');
    await prune(log, '300');
    expect(log.done).toEqual(['delete 300']);
  });

  it.each<[string, string, (log: FakeLog) => unknown]>([
    ['it is not FROZEN', '300', (log) => (log.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity })],
    ['it holds entries of clients', '300', (log) => log.handsOver('200', '300', 1)],
    ['the next slot names it', '300', (log) => (log.slots['green'] = { active: '300', inactive: [] })],
    [
      'a process has loaded it',
      '300',
      (log) =>
        (log.slots['blue'] = {
          active: '200',
          inactive: ['100'],
          loaded: {
            activeTreeId: '200',
            active: log.head('200'),
            inactive: [{ treeId: '300', liveLength: 0, loadedLength: 0 }],
          },
        }),
    ],
    [
      'the tree after it says that it was a shard, though a stale list has lost it (H10)',
      '300',
      (log) => {
        log.handsOver('200', '300');
        log.trees['301'] = {
          state: 'ACTIVE',
          size: 0,
          mark: { ...identity, rotationId: 'later', number: 40 },
        };
        log.handsOver('300', '301', 5);
      },
    ],
    ['no rotation made it', '100', () => undefined],
    ['it serves', '200', () => undefined],
  ])('are not deleted when %s', async (_what, treeId, change) => {
    const log = withRetired();
    change(log);
    await refused('NOT_PRUNABLE', prune(log, treeId));
    expect(log.done).toEqual([]);
  });
});
