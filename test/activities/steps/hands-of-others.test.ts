import { holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { refuse } from '../../../activities/errors/refusal-error';
import { readHandover } from '../../../activities/handover';
import { addresses, FakeLog, identity, order } from '../fake-log';
import { refused } from '../refused';

/** What was done, but for the start of the next release, which is beside the freeze. */
const besideStart = (log: FakeLog): string[] => log.done.filter((change) => change !== 'start green');

describe('before the hold', () => {
  it('everything is as it was prepared, and the current tree is ended', async () => {
    const log = new FakeLog();
    const frozen = await holdAndFreeze(log.systems(), order);
    expect(frozen).toMatchObject({ treeId: '200', size: 20 });
    expect(besideStart(log)).toEqual(['hold 7', '200 DRAINING', '200 FROZEN']);
    expect(log.done).toContain('start green');
  });

  it('a gate that spells the address of the slot otherwise sends to it all the same', async () => {
    const log = new FakeLog();
    log.gate.instances = ['HTTP://127.0.0.1:03001/'];
    await expect(holdAndFreeze(log.systems(), order)).resolves.toBeDefined();
  });

  it('a write past the gate is waited for before the freeze, and counted, though no gate knows of it (H11)', async () => {
    const log = new FakeLog();
    const { metrics, ...systems } = log.systems();
    let inFlight = 2;
    const queueLeafInFlight = (): Promise<number> => {
      log.done.push(`in flight ${inFlight}`);
      inFlight = Math.max(0, inFlight - 1);
      if (inFlight === 0) log.trees['200'] = { state: 'DRAINING', size: 21 };
      return Promise.resolve(inFlight);
    };
    const counted = { ...systems, metrics: { ...metrics, queueLeafInFlight } };
    const frozen = await holdAndFreeze(counted, order);
    expect(frozen).toMatchObject({ treeId: '200', size: 21 });
    expect(besideStart(log).slice(-4)).toEqual(['200 DRAINING', 'in flight 2', 'in flight 1', '200 FROZEN']);
  });

  it.each<[string, (log: FakeLog) => unknown, RegExp]>([
    ['the current tree', (log) => (log.trees['200'] = { state: 'FROZEN', size: 20 }), /tree 200.*FROZEN/],
    [
      'the next tree',
      (log) => (log.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity }),
      /tree 300.*ACTIVE/,
    ],
    ['a file', (log) => (log.changedFile = '/etc/rekor/green.env'), /green\.env/],
    [
      'where clients are sent',
      (log) => (log.gate.instances = [addresses['green'] ?? '']),
      /clients are sent/,
    ],
    ['the gate', (log) => Object.assign(log.gate, { mode: 'hold', number: 3, attemptId: 'q/1' }), /order 3/],
    ['the next slot', (log) => log.running.add('green'), /slot green/],
  ])('what someone else changed is named and left as it is: %s', async (_what, change, words) => {
    const log = new FakeLog();
    change(log);
    const systems = log.systems();
    expect(await refused('CHANGED_BY_SOMEONE', holdAndFreeze(systems, order))).toMatch(words);
    expect(log.done).toEqual([]);
    // Nothing was begun, so nothing is undone.
    expect(systems.bounds.steps.began).toEqual([]);
  });

  it('no write is let wait for a release that does not list the tree of an undone attempt which clients have used', async () => {
    const log = new FakeLog();
    log.trees['290'] = { state: 'FROZEN', size: 3, mark: { ...identity, attempt: 0, number: 5 } };
    expect(await refused('NEXT_TREE_HAS_ENTRIES', holdAndFreeze(log.systems(), order))).toContain('tree 290');
    expect(log.done).toEqual([]);
  });

  it('whoever closes the current tree while the writes begin to wait is not overruled, nor is that undone', async () => {
    const log = new FakeLog();
    const systems = log.systems();
    const { traffic } = systems;
    const hold: typeof traffic.hold = async (...input) => {
      const held = await traffic.hold(...input);
      log.trees['200'] = { state: 'FROZEN', size: 20 };
      return held;
    };
    const closed = holdAndFreeze({ ...systems, traffic: { ...traffic, hold } }, order);
    expect(await refused('CHANGED_BY_SOMEONE', closed)).toMatch(/tree 200.*FROZEN/);
    expect(log.done).not.toContain('200 FROZEN');
    expect(systems.bounds.steps.began).not.toContain('freeze');
  });

  it('a section that was begun before by a run which was reset is not begun again (H7)', async () => {
    const log = new FakeLog();
    Object.assign(log.gate, { mode: 'hold', number: identity.number, attemptId: 'r/1' });
    await refused('ATTEMPT_REPEATED', holdAndFreeze(log.systems(), order));
    expect(log.done).toEqual([]);
  });

  it('what an earlier attempt of a rotation that was reset has come to is gone on with (H7)', async () => {
    const log = new FakeLog();
    Object.assign(log.gate, { number: 5, attemptId: 'r/0', instances: [addresses['green'] ?? ''] });
    log.trees['300'] = { state: 'ACTIVE', size: 3 };
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    const found = await refused('ATTEMPT_REPEATED', holdAndFreeze(log.systems(), order));
    expect(found).toContain('are sent to');
    expect(log.done).toEqual([]);
  });

  it.each(['FROZEN', 'DRAINING'] as const)(
    'a superseding attempt finds the hold of the one before it, and the tree %s',
    async (state) => {
      const log = new FakeLog();
      Object.assign(log.gate, { mode: 'hold', number: 5, attemptId: 'r/1' });
      log.trees['200'] = { state, size: 20 };
      const superseding = {
        ...order,
        release: { ...order.release, supersedes: { trees: [order.release.currentTreeId], unnamed: 1 } },
      };
      await holdAndFreeze(log.systems(), superseding);
      // Both are closed still; they are set so anew, for a proof that no older copy of the database can give.
      expect(besideStart(log).filter((change) => !change.endsWith('DRAINING'))).toEqual([
        ...['hold 7', '100 FROZEN', '200 FROZEN'],
      ]);
    },
  );
});

describe('before the opening', () => {
  const held = (): FakeLog => {
    const log = new FakeLog();
    Object.assign(log.gate, { mode: 'hold', number: identity.number, attemptId: 'r/1' });
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    log.running.add('green');
    return log;
  };
  const opening = (log: FakeLog) => ({
    ...order,
    frozen: { ...log.end('200'), proof: [] },
  });

  it('the writes still wait for this attempt: the next tree is opened, then clients are sent there', async () => {
    const log = held();
    const { handover } = await openAndExpose(log.systems(), opening(log));
    expect(handover?.text).toContain('tree 200\nsize 20');
    expect(log.done).toEqual(['300 ACTIVE', 'queueLeaf 300', 'next 7', 'send 7']);
  });

  it('the handover leaf is queued through Trillian, before anyone is sent there: no Rekor signs it (H4)', async () => {
    const log = held();
    const systems = log.systems();
    const sentTo: string[] = [];
    const queueLeaf = jest.spyOn(systems.trillian, 'queueLeaf').mockImplementation((treeId) => {
      sentTo.push(...log.gate.instances);
      log.handsOver('200', treeId);
      return Promise.resolve('queued');
    });
    await openAndExpose(systems, opening(log));
    expect(queueLeaf).toHaveBeenCalledTimes(1);
    const [treeId, { value, extraData = Buffer.alloc(0) } = { value: Buffer.alloc(0) }] =
      queueLeaf.mock.calls[0] ?? [];
    expect(treeId).toBe('300');
    expect(readHandover({ value, extraData })).toEqual(log.end('200'));
    expect(sentTo).toEqual([addresses['blue']]);
    expect(log.gate.instances).toEqual([addresses['green']]);
  });

  it('nothing is opened when the lease of the hold has ended, which is not said to be somebody’s doing', async () => {
    const log = held();
    log.gate.mode = 'healing';
    const refusal = await refused('GATE_ORDER_REFUSED', openAndExpose(log.systems(), opening(log)));
    expect(refusal).toContain('does not hold writes for order 7 any more (healing)');
    expect(log.done).toEqual([]);
  });

  it.each<[string, (log: FakeLog) => unknown, RegExp]>([
    ['the gate follows the undo', (log) => (log.gate.number = 8), /order 8/],
    [
      'the next tree was frozen',
      (log) => (log.trees['300'] = { state: 'FROZEN', size: 0, mark: identity }),
      /FROZEN/,
    ],
    ['a file was changed', (log) => (log.changedFile = '/etc/rekor/green.yaml'), /green\.yaml/],
  ])('nothing is opened when %s', async (_what, change, words) => {
    const log = held();
    change(log);
    const systems = log.systems();
    const message = await refused('CHANGED_BY_SOMEONE', openAndExpose(systems, opening(log)));
    expect(message).toMatch(words);
    expect(log.done).toEqual([]);
    // Its undo decides by what the next tree holds.
    expect(systems.bounds.steps.began).toEqual(['verify']);
  });

  it('nothing is opened either when the first look was not answered, and the attempt is repeated', async () => {
    const log = held();
    log.trees['300'] = { state: 'FROZEN', size: 0, mark: identity };
    const systems = log.systems();
    const away = refuse('GATE_UNREACHABLE', { log: 'production', url: '', reason: 'refused' });
    const asked = jest.spyOn(systems.traffic, 'state').mockRejectedValue(away);
    await refused('GATE_UNREACHABLE', openAndExpose(systems, opening(log)));
    asked.mockRestore();
    const unread = jest.spyOn(systems.trillian, 'getTree').mockRejectedValueOnce(away);
    await refused('GATE_UNREACHABLE', openAndExpose(systems, opening(log)));
    unread.mockRestore();
    await refused('CHANGED_BY_SOMEONE', openAndExpose(systems, opening(log)));
    expect(log.done).toEqual([]);
  });

  it('what it has opened itself is no surprise when the attempt is repeated', async () => {
    const log = held();
    const systems = log.systems();
    const away = refuse('GATE_UNREACHABLE', { log: 'production', url: '', reason: 'refused' });
    const lost = jest.spyOn(systems.traffic, 'send').mockRejectedValueOnce(away);
    await refused('GATE_UNREACHABLE', openAndExpose(systems, opening(log)));
    lost.mockRestore();
    await openAndExpose(systems, opening(log));
    expect(log.done).toEqual(['300 ACTIVE', 'queueLeaf 300', 'next 7', 'next 7', 'send 7']);
  });

  it('nothing is opened when an earlier run of the section has opened it (H7)', async () => {
    const log = held();
    log.trees['300'] = { state: 'ACTIVE', size: 0, mark: identity };
    await refused('ATTEMPT_REPEATED', openAndExpose(log.systems(), opening(log)));
    expect(log.done).toEqual([]);
  });
});
