import type { CallBounds } from '../../../activities/clients/call-bounds';
import type { Release } from '../../../workflows/model/installation';
import { endOfCurrent } from '../../../activities/steps/current-end';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { createNextTree, retireNextTree } from '../../../activities/steps/next-tree';
import { closeNextTree } from '../../../activities/steps/next-tree-closing';
import { verifyAndOpen } from '../../../activities/steps/next-tree-opening';
import { lookBack } from '../../../activities/steps/rolled-back';
import { FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';

const close = (log: FakeLog, more = {}) => closeNextTree(log.systems(), { ...order, ...more });

/** The current tree has ended, and the next one was opened. */
function opened(): FakeLog {
  const log = new FakeLog();
  log.trees['200'] = { state: 'FROZEN', size: 20 };
  log.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity };
  return log;
}

describe('creating the next tree', () => {
  it('adopts the one with the attempt’s mark, and closes one that was doubled', async () => {
    const log = new FakeLog();
    log.trees['301'] = { state: 'ACTIVE', size: 0, mark: identity };
    await expect(createNextTree(log.systems(), { identity })).resolves.toBe('300');
    expect(log.done).toEqual(['300 DRAINING', '301 FROZEN']);
  });

  it('makes one that is closed before anyone hears of it', async () => {
    const log = new FakeLog();
    delete log.trees['300'];
    await expect(createNextTree(log.systems(), { identity })).resolves.toBe('301');
    expect(log.done).toEqual(['createTree', '301 DRAINING']);
  });

  it('refuses one that somebody writes to (H7)', async () => {
    const log = new FakeLog();
    log.trees['300'] = { state: 'DRAINING', size: 2, mark: identity };
    await refused('NEXT_TREE_NOT_EMPTY', createNextTree(log.systems(), { identity }));
  });

  it('initialises it before it asks for its root, which would cost Trillian a connection (H7)', async () => {
    const systems = new FakeLog().systems();
    const asked: string[] = [];
    const trillian: typeof systems.trillian = {
      ...systems.trillian,
      initLog: (...call) => {
        asked.push('initLog');
        return systems.trillian.initLog(...call);
      },
      treeHead: (...call) => {
        asked.push('treeHead');
        return systems.trillian.treeHead(...call);
      },
    };
    await createNextTree({ ...systems, trillian }, { identity });
    expect(asked).toEqual(['initLog', 'treeHead']);
  });
});

describe('opening the next tree', () => {
  function drained(): FakeLog {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    log.running.add('green');
    return log;
  }
  const frozen = { ...drained().end('200'), proof: [] };

  it('is refused when the current tree has grown since its end was proven: every index would shift (H1)', async () => {
    const log = drained();
    const systems = log.systems();
    const entryAt: typeof systems.rekor.entryAt = async (...asked) => {
      const entry = await systems.rekor.entryAt(...asked);
      // A late pass of the signer commits once every instance was proven.
      log.trees['200'] = { state: 'FROZEN', size: 21 };
      return entry;
    };
    const grows = { ...systems, rekor: { ...systems.rekor, entryAt } };
    const opening = verifyAndOpen(grows, { ...order, frozen, of: order.release.next });
    expect(await refused('CHANGED_BY_SOMEONE', opening)).toContain('21 entries');
    expect(log.done).toEqual([]);
  });

  it('restarts an instance that loaded the current tree before its end, and opens nothing before (H1)', async () => {
    const log = drained();
    const { inactive, ...rest } = log.loadedBy('green');
    const loaded = {
      ...rest,
      active: { ...rest.active, size: 1 },
      inactive: inactive.map((shard) => (shard.treeId === '200' ? { ...shard, loadedLength: 19 } : shard)),
    };
    log.slots['green'] = { active: '300', inactive: ['100', '200'], loaded };
    const systems = log.systems();
    const start = (release: Release, within: CallBounds): Promise<void> => {
      log.slots['green'] = { active: '300', inactive: ['100', '200'] };
      return systems.installation.start(release, within);
    };
    const installation = { ...systems.installation, start };
    await verifyAndOpen({ ...systems, installation }, { ...order, frozen, of: order.release.next });
    expect(log.done).toEqual(['stop green', 'start green', '300 ACTIVE', 'queueLeaf 300', 'next 7']);
  });
});

describe('closing the next tree', () => {
  it('says what it holds: nothing', async () => {
    const log = opened();
    await expect(close(log)).resolves.toMatchObject({
      content: 'nothing',
      currentGrew: false,
      end: { size: 0 },
    });
    expect(log.done).toEqual(['300 DRAINING', '300 FROZEN']);
  });

  it('says what it holds: its handover leaf', async () => {
    const log = opened();
    log.handsOver('200', '300');
    await expect(close(log)).resolves.toMatchObject({ content: 'handover', currentGrew: false });
  });

  it('takes a handover for one though it is not true any more, and says that the current tree grew (H1)', async () => {
    const log = opened();
    log.handsOver('200', '300');
    log.trees['200'] = { state: 'ACTIVE', size: 21 };
    await expect(close(log)).resolves.toMatchObject({ content: 'handover', currentGrew: true });
  });

  it('says what it holds: entries of clients, behind the handover or without one (H6)', async () => {
    const log = opened();
    log.handsOver('200', '300', 1);
    await expect(close(log)).resolves.toMatchObject({ content: 'public entries', end: { size: 2 } });
    const without = opened();
    without.trees['300'] = { state: 'ACTIVE', size: 1, mark: identity };
    await expect(close(without)).resolves.toMatchObject({ content: 'public entries', currentGrew: false });
  });

  it('leaves one open that clients are sent to, unless it is told to close that, too, and they are not served', async () => {
    const log = new FakeLog().isExposed();
    const serving = { content: 'serving', currentGrew: false };
    await expect(close(log)).resolves.toEqual(serving);
    await expect(close(log, { evenIfExposed: true })).resolves.toEqual(serving);
    expect(log.done).toEqual([]);
    log.running.delete('green');
    await expect(close(log)).resolves.toEqual(serving);
    await expect(close(log, { evenIfExposed: true })).resolves.toMatchObject({ content: 'handover' });
    expect(log.done).toEqual(['300 DRAINING', '300 FROZEN']);
  });
});

it('closes one that clients are sent to, also where its release takes the question and never answers', async () => {
  const log = new FakeLog().isExposed();
  const systems = log.systems();
  let asked: AbortSignal | undefined;
  const rekor = {
    ...systems.rekor,
    log: (_instance: unknown, signal: AbortSignal) => {
      asked = signal;
      return new Promise<never>(() => undefined);
    },
  };
  const closing = closeNextTree({ ...systems, rekor }, { ...order, evenIfExposed: true });
  await expect(closing).resolves.toMatchObject({ content: 'handover' });
  expect(log.done).toEqual(['300 DRAINING', '300 FROZEN']);
  expect(asked?.aborted).toBe(true);
});

describe('the end of the current tree, for a step that only goes forward', () => {
  it('is what the handover leaf says, while that is true', async () => {
    const log = opened();
    log.handsOver('200', '300', 1);
    const end = await endOfCurrent(log.systems(), order);
    expect(end).toMatchObject({ ...log.end('200'), proof: [expect.stringContaining('handed over')] });
    expect(log.done).toEqual([]);
  });

  it('is proven anew where a third tree’s freeze was broken off in its proof, and is the same (H12)', async () => {
    const log = opened();
    log.handsOver('200', '300', 1);
    log.trees['200'] = { state: 'DRAINING', size: 20 };
    await expect(endOfCurrent(log.systems(), order)).resolves.toMatchObject(log.end('200'));
    expect(log.trees['200'].state).toBe('FROZEN');
  });

  it.each(['FROZEN', 'DRAINING'] as const)(
    'is refused when the tree has grown since and is %s: every index of the next one would shift (H1)',
    async (state) => {
      const log = opened();
      log.handsOver('200', '300', 1);
      log.trees['200'] = { state, size: 21 };
      const message = await refused('CURRENT_TREE_GREW', endOfCurrent(log.systems(), order));
      expect(message).toContain('20 entries, it is 21 entries');
    },
  );

  it('is proven anew where nothing was handed over, or another tree was', async () => {
    const log = opened();
    await expect(endOfCurrent(log.systems(), order)).resolves.toMatchObject({ size: 20 });
    log.handsOver('100', '300', 1);
    await expect(endOfCurrent(log.systems(), order)).resolves.toMatchObject({ size: 20 });
  });
});

describe('a tree of an earlier attempt that a late call has opened again (H8)', () => {
  const second = { ...order, identity: { ...identity, attempt: 2, number: 9 } };
  const withStray = (): FakeLog => {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    log.trees['290'] = { state: 'ACTIVE', size: 0, mark: identity };
    log.trees['300'] = { state: 'FROZEN', size: 1, mark: second.identity };
    log.handsOver('200', '300');
    return log;
  };

  it('is closed before the current tree takes writes again', async () => {
    const log = withStray();
    await allowWritesToCurrent(log.systems(), second);
    expect(log.done).toEqual(['290 FROZEN', 'hold 10', '200 ACTIVE']);
  });

  it('is closed with the trees of the last attempt', async () => {
    const log = withStray();
    await retireNextTree(log.systems(), second);
    expect(log.done).toEqual(['290 FROZEN']);
  });

  it('is left as it is, and the current tree closed, when a client has written to it meanwhile (rules 2, 3)', async () => {
    const log = withStray();
    log.trees['290'] = { state: 'ACTIVE', size: 2, mark: identity };
    await refused('TWO_ACTIVE_TREES', allowWritesToCurrent(log.systems(), second));
    await retireNextTree(log.systems(), second);
    expect(log.done).toEqual([]);
  });
});

describe('the last look', () => {
  const look = (log: FakeLog, froze = true) => lookBack(log.systems(), { ...order, froze });

  it('finds nothing when all is as before', async () => {
    const log = new FakeLog();
    log.trees['300'] = { state: 'FROZEN', size: 1, mark: identity };
    await expect(look(log)).resolves.toEqual([]);
  });

  it('leaves a current tree alone that someone closed before any freeze of the rotation', async () => {
    const log = new FakeLog();
    log.trees['300'] = { state: 'FROZEN', size: 0, mark: identity };
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    await expect(look(log, false)).resolves.toEqual([]);
    expect(log.done).toEqual([]);
    await expect(look(log)).resolves.toEqual([expect.stringContaining('200')]);
    expect(log.trees['200'].state).toBe('ACTIVE');
  });

  it('tells everything that a late call has left (H8)', async () => {
    const log = opened();
    Object.assign(log.gate, { mode: 'hold', instances: ['http://127.0.0.1:9'] });
    await expect(look(log)).resolves.toEqual([
      'tree 300 is ACTIVE, not FROZEN',
      'tree 200 is FROZEN, not ACTIVE',
      'writes do not pass (hold)',
      'clients are sent to http://127.0.0.1:9',
    ]);
  });

  it('has no opinion of a log that lives on the next tree (H7)', async () => {
    await expect(look(new FakeLog().isExposed())).resolves.toEqual([]);
  });
});
