import { driftOf } from '../../../activities/steps/drift';
import { leftovers, seeLeftovers, superseding } from '../../../activities/steps/leftovers';
import { addresses, FakeLog, identity, order } from '../fake-log';
import { slotBlue, slotGreen } from '../../model/two-slots';

const found = (log: FakeLog) => leftovers(log.systems(), { log: 'production' });

/** A log that was rotated and settled. */
function settled(): FakeLog {
  const log = new FakeLog().isExposed();
  log.unfinishedOnNext = null;
  return log;
}

async function driftIn(log: FakeLog): Promise<string[]> {
  const systems = log.systems();
  const { drift } = await driftOf(systems, await seeLeftovers(systems));
  return drift.map(({ code, message }) => `${code}: ${message}`);
}

describe('what an interrupted rotation left behind', () => {
  it('is read from the systems alone', async () => {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    log.handsOver('200', '300', 1);
    expect(await found(log)).toMatchObject({
      refusals: [],
      found: {
        current: { treeId: '200', state: 'FROZEN' },
        marked: [{ treeId: '300', identity }],
        withEntries: ['300'],
        inactive: [{ treeId: '100', length: 10 }],
        installation: { unfinishedOn: { next: 'r/1' } },
      },
    });
  });

  it('is nothing after a rotation that was settled', async () => {
    const seen = await seeLeftovers(settled().systems());
    expect(seen.leftovers).toEqual([]);
  });

  it('is not ended by a list that is not the shards’ own: a stale one would number entries again (H10)', async () => {
    const log = settled();
    // Somebody deployed the list of the day before, and a next tree is left over besides.
    log.slots['green'] = { active: '300', inactive: ['100'] };
    log.trees['400'] = { state: 'ACTIVE', size: 0, mark: { ...identity, rotationId: 'q', number: 9 } };
    const { refusals, found: nothing } = await found(log);
    expect(nothing).toBeUndefined();
    expect(refusals.map(({ code }) => code)).toContain('LIST_DRIFTED');
  });

  it('says what cannot be read', async () => {
    const log = new FakeLog();
    delete log.trees['200'];
    expect(await found(log)).toMatchObject({ refusals: [{ code: 'TREE_UNKNOWN' }] });
  });
});

describe('a superseding attempt', () => {
  it('starts from the next tree, with the current one as one more shard (H12)', async () => {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    const preparation = await superseding(log.systems(), order);
    expect(preparation).toMatchObject({
      installation: { current: slotBlue, next: slotGreen },
      currentTree: { treeId: '300' },
      inactive: [
        { treeId: '100', length: 10 },
        { treeId: '200', length: 20 },
      ],
      supersedes: { trees: ['300'], unnamed: 1 },
    });
  });

  it('is staged beside the release that clients are sent to', async () => {
    const log = new FakeLog().isExposed();
    expect(await superseding(log.systems(), order)).toMatchObject({
      installation: { current: slotGreen, next: slotBlue },
      supersedes: { trees: ['300'], unnamed: 0 },
    });
  });
});

describe('what is served', () => {
  it('agrees with the trees after a rotation', async () => {
    expect(await driftIn(settled())).toEqual([]);
  });

  it('is found to have drifted by the handover leaf when a stale list was deployed (H10)', async () => {
    const log = settled();
    log.slots['green'] = { active: '300', inactive: ['100'] };
    const drift = await driftIn(log);
    expect(drift).toEqual([
      expect.stringContaining('LIST_DRIFTED: The configuration of slot green'),
      expect.stringContaining('LIST_DRIFTED: Rekor green'),
    ]);
    expect(drift[0]).toContain('before tree 300 comes tree 200 with 20 entries, but it has tree 100');
  });

  it('is found to have drifted when a process has loaded another list than it is configured with (H10)', async () => {
    const log = settled();
    log.slots['green'] = {
      active: '300',
      inactive: ['100', '200'],
      loaded: { activeTreeId: '200', active: log.head('200'), inactive: [] },
    };
    expect((await driftIn(log)).join()).toContain('INSTANCE_DIFFERS');
  });

  it('is found to have drifted when a frozen tree grew after its end was handed over (H1)', async () => {
    const log = settled();
    log.trees['200'] = { state: 'FROZEN', size: 21 };
    expect((await driftIn(log)).join()).toContain('LIST_DRIFTED');
  });

  it.each<[string, string, (log: FakeLog) => unknown]>([
    [
      'an inactive shard takes writes',
      'INACTIVE_TREE_ACTIVE',
      (log) => (log.trees['200'] = { state: 'ACTIVE', size: 20 }),
    ],
    [
      'a retired tree takes writes',
      'INACTIVE_TREE_ACTIVE',
      (log) => (log.trees['400'] = { state: 'ACTIVE', size: 0, mark: { ...identity, attempt: 2 } }),
    ],
    [
      'the serving tree was closed',
      'SERVING_TREE_CLOSED',
      (log) => (log.trees['300'] = { ...log.trees['300'], state: 'FROZEN', size: 1 }),
    ],
  ])('is wrong when %s', async (_what, code, change) => {
    const log = settled();
    change(log);
    expect((await driftIn(log)).join()).toContain(code);
  });

  it('has nothing to do with the trees of another log', async () => {
    const log = settled();
    log.trees['900'] = { state: 'ACTIVE', size: 5, mark: { ...identity, log: 'staging' } };
    expect(await driftIn(log)).toEqual([]);
    expect([addresses['green']]).toEqual(log.gate.instances);
  });
});
