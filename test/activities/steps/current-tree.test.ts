import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';

function frozen(): FakeLog {
  const log = new FakeLog();
  log.trees['200'] = { state: 'FROZEN', size: 20 };
  return log;
}

const allow = (log: FakeLog, changed = order) => allowWritesToCurrent(log.systems(), changed);

describe('allowing writes to the current tree', () => {
  it('opens it, also beside a next tree that was closed with its handover leaf', async () => {
    const log = frozen();
    log.handsOver('200', '300');
    log.trees['300'] = { ...log.trees['300'], state: 'FROZEN', size: 1 };
    await allow(log);
    expect(log.done).toEqual(['hold 8', '200 ACTIVE']);
  });

  it('has late orders of the attempt refused before it opens it (H8)', async () => {
    const log = frozen();
    const systems = log.systems();
    const late = { attemptId: 'r/1', number: identity.number, instances: ['http://127.0.0.1:3002'] };
    await allow(log);

    await refused('GATE_ORDER_REFUSED', systems.traffic.send(late, new AbortController().signal));
    expect(log.gate.instances).toEqual(['http://127.0.0.1:3001']);
  });

  it('takes clients back first where an exposure landed since it was asked where they are (H8)', async () => {
    const log = frozen();
    log.handsOver('200', '300');
    log.trees['300'] = { ...log.trees['300'], state: 'FROZEN', size: 1 };
    const systems = log.systems();
    const hold: typeof systems.traffic.hold = async (...asked) => {
      log.gate.instances = ['http://127.0.0.1:3002'];
      return await systems.traffic.hold(...asked);
    };
    await allowWritesToCurrent({ ...systems, traffic: { ...systems.traffic, hold } }, order);
    expect(log.done).toEqual(['hold 8', 'send 8', '200 ACTIVE']);
    expect(log.gate.instances).toEqual(['http://127.0.0.1:3001']);
  });

  it('holds nobody once more where writes were sent to the current release already', async () => {
    const log = frozen();
    Object.assign(log.gate, { number: identity.number + 1, attemptId: 'r/1' });
    await allow(log);
    expect(log.done).toEqual(['200 ACTIVE']);
  });

  it('does nothing to one that takes writes', async () => {
    const log = new FakeLog();
    await allow(log);
    expect(log.done).toEqual([]);
  });

  it.each<[string, 'TWO_ACTIVE_TREES' | 'NEXT_TREE_HAS_ENTRIES', (log: FakeLog) => unknown]>([
    [
      'the next tree takes writes',
      'TWO_ACTIVE_TREES',
      (log) => (log.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity }),
    ],
    [
      'an earlier shard takes writes',
      'TWO_ACTIVE_TREES',
      (log) => (log.trees['100'] = { state: 'ACTIVE', size: 10 }),
    ],
    [
      'the next tree holds an entry of a client',
      'NEXT_TREE_HAS_ENTRIES',
      (log) => log.handsOver('200', '300', 1),
    ],
    [
      'a tree of another rotation of the log that came later does',
      'NEXT_TREE_HAS_ENTRIES',
      (log) => {
        log.trees['400'] = { state: 'FROZEN', size: 3, mark: { ...identity, rotationId: 'q', number: 5 } };
      },
    ],
  ])('is refused while %s (H6)', async (_what, code, change) => {
    const log = frozen();
    change(log);
    await refused(code, allow(log));
    expect(log.done).toEqual([]);
  });

  it('is not kept from it by entries of an earlier shard that a rotation made, nor by another log', async () => {
    const log = frozen();
    log.trees['100'] = { state: 'FROZEN', size: 10, mark: { ...identity, rotationId: 'p', number: 1 } };
    log.trees['900'] = { state: 'ACTIVE', size: 5, mark: { ...identity, log: 'staging' } };
    await allow(log);
    expect(log.done).toEqual(['hold 8', '200 ACTIVE']);
  });

  it('takes nothing back where the log lives on the next tree (H7)', async () => {
    const log = new FakeLog().isExposed();
    await allow(log);
    expect(log.done).toEqual([]);
  });

  it('leaves a tree closed that was closed before the attempt, which supersedes it (H12)', async () => {
    const log = frozen();
    await allow(log, {
      ...order,
      release: { ...order.release, supersedes: { trees: [order.release.currentTreeId], unnamed: 1 } },
    });
    expect(log.done).toEqual([]);
  });
});
