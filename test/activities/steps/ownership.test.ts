import { requireOurs } from '../../../activities/steps/ownership';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { createNextTree } from '../../../activities/steps/next-tree';
import { closeNextTree } from '../../../activities/steps/next-tree-closing';
import { confirm, soak } from '../../../activities/steps/log-checks';
import { settle, stage } from '../../../activities/steps/next-release';
import { holdAndFreeze, goForward } from '../../../activities/steps/critical-section';
import { expose } from '../../../activities/steps/writes';
import { lookBack } from '../../../activities/steps/rolled-back';
import type { ExposedInput } from '../../../workflows/model/actions';
import { fenceAbove } from '../../../workflows/model/fencing';
import { addresses, FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';
import { refuse } from '../../../activities/errors/refusal-error';
import { aPart } from '../../model/owned-parts';

const settled: ExposedInput = {
  ...order,
  frozen: { treeId: '200', size: 20, rootHash: 'ab', proof: [] },
  handover: null,
};

describe('an attempt', () => {
  it('owns the log while no greater number stands on the gate or on a tree', async () => {
    const log = new FakeLog();
    // The orders that take it back carry the number after its own.
    log.gate.number = identity.number + 1;
    await expect(requireOurs(log.systems(), identity)).resolves.toBeUndefined();
  });

  it('is no other log’s: a tree of another log with a greater number changes nothing', async () => {
    const log = new FakeLog();
    log.trees['900'] = { state: 'ACTIVE', size: 1, mark: { ...identity, log: 'staging', number: 99 } };
    await expect(requireOurs(log.systems(), identity)).resolves.toBeUndefined();
  });

  it('owns it no more when a later rotation was given the numbers that its own attempts left nowhere (H7)', async () => {
    const log = new FakeLog();
    const second = { ...identity, attempt: 2, number: 9 };
    log.trees['400'] = { state: 'ACTIVE', size: 5, mark: { ...identity, rotationId: 's', number: 10 } };
    log.gate.number = 10;
    await refused('NOT_OURS', requireOurs(log.systems(), second));
    await refused('NOT_OURS', holdAndFreeze(log.systems(), { ...order, identity: second }));
    expect(log.done).toEqual([]);
  });

  it('owns it with the greater number that a recovery gave it', async () => {
    const log = new FakeLog();
    log.gate.number = 20;
    await refused('NOT_OURS', requireOurs(log.systems(), identity));
    await expect(
      requireOurs(log.systems(), { ...identity, fence: { act: 21, undo: 22 } }),
    ).resolves.toBeUndefined();
  });
});

describe('an attempt that was exposed, and whose order the gate still follows', () => {
  const exposedByFirst = (): FakeLog => new FakeLog().isExposed();

  it('is not the owner any more once a recovery has finished it (H7, H8)', async () => {
    const log = exposedByFirst();
    log.gate.number = fenceAbove([log.gate.number]).act;
    await refused('NOT_OURS', goForward(log.systems(), order));
    expect(await closeNextTree(log.systems(), { ...order, evenIfExposed: true })).toMatchObject({
      content: 'nothing',
    });
    expect(log.done).toEqual([]);
  });

  it('is where it goes forward to already, so that nothing is started or opened for it, and every gate is told', async () => {
    const log = exposedByFirst();
    const { frozen, handover } = await goForward(log.systems(), order);
    expect([frozen.size, handover?.text]).toEqual([20, expect.stringContaining('tree 200')]);
    expect(log.done).toEqual([`send ${identity.number}`]);
    // Not while an instance does not answer, or serves another length than the current tree has.
    log.running.delete('green');
    await goForward(log.systems(), order);
    expect(log.done).toContain('start green');
  });

  it('goes forward to what the next release was settled into, which outlives that (H7)', async () => {
    const log = exposedByFirst();
    const systems = log.systems();
    const standing = { id: 'standing', name: 'what was settled into' };
    const url = addresses['green'] ?? '';
    // The next release is gone, and clients are sent to the other one, which is reached where green was.
    const ofStanding = <Value>(id: string, there: Value, otherwise: Value): Value =>
      id === standing.id ? there : otherwise;
    const installation: typeof systems.installation = {
      ...systems.installation,
      settledInto: () => Promise.resolve(standing),
      addresses: ({ id }) => Promise.resolve(ofStanding<readonly string[]>(id, [url], [])),
      serves: ({ id }, serving) => Promise.resolve(ofStanding(id, serving.includes(url), false)),
      instances: ({ id }) => Promise.resolve(ofStanding(id, [{ name: 'green', url, field: 'slots' }], [])),
      start: ({ id }) => {
        log.done.push(`start ${id}`);
        log.running.add('green');
        return Promise.resolve();
      },
    };
    await goForward({ ...systems, installation }, order);
    expect(log.done).toEqual([`send ${identity.number}`]);
    // Nor is its tree closed, whatever a try to go forward came to.
    const left = await closeNextTree({ ...systems, installation }, { ...order, evenIfExposed: true });
    expect(left.content).toBe('serving');
    // Where it does not answer for a while, it is started and proven, not what is gone.
    log.done.length = 0;
    log.running.delete('green');
    await goForward({ ...systems, installation }, order);
    expect(log.done).toEqual(['start standing', `next ${identity.number}`, `send ${identity.number}`]);
    expect(log.trees['300']?.state).toBe('ACTIVE');
  });

  it('does not go forward beside a tree that takes writes, nor before one that has taken some (rules 2, 3)', async () => {
    const opened = exposedByFirst();
    Object.assign(opened.trees['200'] ?? {}, { state: 'ACTIVE' });
    await refused('TWO_ACTIVE_TREES', goForward(opened.systems(), order));
    const mark = { ...identity, number: identity.number + 1, attempt: 2 };
    for (const [code, state, size] of [
      ['TWO_ACTIVE_TREES', 'ACTIVE', 0],
      ['NEXT_TREE_HAS_ENTRIES', 'FROZEN', 2],
    ] as const) {
      const log = exposedByFirst();
      log.running.delete('green');
      log.trees['301'] = { state, size, mark };
      await refused(code, goForward(log.systems(), order));
      expect(log.done).toEqual([]);
    }
  });

  it('closes no tree of its rotation that clients have written to, and says so', async () => {
    const log = exposedByFirst();
    const mark = { ...identity, attempt: 2 };
    log.trees['301'] = { state: 'ACTIVE', size: 2, mark };
    await refused('NEXT_TREE_HAS_ENTRIES', confirm(log.systems(), settled));
    expect(log.done).toEqual(['start green']);
  });

  it('is exposed still when a person has sent the gate there, with the number of its undo', async () => {
    const log = exposedByFirst();
    log.gate.number = identity.number + 1;
    await expect(expose(log.systems(), { ...settled, of: settled.release.next })).resolves.toBeUndefined();
    log.gate.instances = [addresses['blue'] ?? ''];
    await refused('GATE_ORDER_REFUSED', expose(log.systems(), { ...settled, of: settled.release.next }));
  });

  it('stops nothing that serves by a later rotation, which has rotated back into its slot (H8)', async () => {
    const log = exposedByFirst();
    Object.assign(log.gate, { number: fenceAbove([log.gate.number]).act, instances: [addresses['blue']] });
    await refused('NOT_OURS', settle(log.systems(), settled));
    expect(log.done).toEqual([]);
  });

  it('stops nothing that somebody has sent the gate back to while it waited (rule 6)', async () => {
    const log = exposedByFirst();
    const systems = log.systems();
    const installation: typeof systems.installation = {
      ...systems.installation,
      settle: async (...settling) => {
        const standing = await systems.installation.settle(...settling);
        log.gate.instances = [addresses['blue'] ?? ''];
        return standing;
      },
    };
    const slowly = { ...systems, installation, timing: { ...systems.timing, stopCurrentAfterMs: 50 } };
    await refused('CHANGED_BY_SOMEONE', settle(slowly, settled));
    expect(log.done).toEqual(['settle']);
  });
});

describe('what its configuration is applied from (H10)', () => {
  const ownership = { parts: [aPart()], heldOffInVain: [] };

  it('is told of when it has settled, and of a host nothing is', async () => {
    const log = new FakeLog().isExposed();
    expect(await settle(log.systems(), settled)).toBeNull();
    log.ownership = ownership;
    expect(await settle(log.systems(), settled)).toEqual({ state: 'pending', parts: [aPart()] });
  });

  it('keeps no rotation from its end when it cannot be read', async () => {
    const log = new FakeLog().isExposed();
    const systems = log.systems();
    const unread = refuse('CLUSTER_OBJECT_MISSING', {
      log: 'production',
      verb: 'get',
      object: 'ConfigMap list',
    });
    const installation = { ...systems.installation, ownership: () => Promise.reject(unread) };
    expect(await settle({ ...systems, installation }, settled)).toBeNull();
    expect(log.done.at(-1)).toBe('forget');
  });
});

describe.each<[string, (log: FakeLog) => void]>([
  ['the gate', (log) => (log.gate.number = 9)],
  [
    'a tree',
    (log) =>
      (log.trees['400'] = { state: 'DRAINING', size: 0, mark: { ...identity, rotationId: 'r2', number: 9 } }),
  ],
])('an attempt whose log %s gave to a later one (H7, H8)', (_where, give) => {
  const later = (): FakeLog => {
    const log = new FakeLog();
    give(log);
    return log;
  };

  it.each<[string, (log: FakeLog) => Promise<unknown>]>([
    ['createNextTree', (log) => createNextTree(log.systems(), { identity })],
    ['stage', (log) => stage(log.systems(), order)],
    ['holdAndFreeze', (log) => holdAndFreeze(log.systems(), order)],
    ['goForward', (log) => goForward(log.systems(), order)],
    ['confirm', (log) => confirm(log.systems(), settled)],
    ['settle', (log) => settle(log.systems(), settled)],
    ['soak', (log) => soak(log.systems(), { ...settled, forMs: 0 })],
  ])('changes nothing in %s, and says so', async (_step, act) => {
    const log = later();
    await refused('NOT_OURS', act(log));
    expect(log.done).toEqual([]);
  });

  it.each<[string, (log: FakeLog) => Promise<unknown>]>([
    ['allowWritesToCurrent', (log) => allowWritesToCurrent(log.systems(), order)],
    ['closeNextTree', (log) => closeNextTree(log.systems(), order)],
    ['lookBack', (log) => lookBack(log.systems(), { ...order, froze: true })],
  ])('has nothing left to take back in %s', async (_undo, act) => {
    const log = later();
    await act(log);
    expect(log.done).toEqual([]);
  });
});
