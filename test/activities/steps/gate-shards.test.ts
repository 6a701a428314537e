import { WorkflowNotFoundError } from '@temporalio/client';
import { guard } from '../../../activities/steps/guard';
import type { BoundSystems } from '../../../activities/systems';
import { addresses, FakeLog } from '../fake-log';

/** A log that was rotated and settled: tree 300 serves after 100 and 200. */
function settled(): FakeLog {
  const log = new FakeLog().isExposed();
  log.unfinishedOnNext = null;
  return log;
}

/** One look of the guardian; no rotation is open. */
async function guarded(log: FakeLog, systems: BoundSystems = log.systems()): Promise<string[]> {
  const notFound = new WorkflowNotFoundError('not found', 'log-production', undefined);
  const client = { workflow: { getHandle: () => ({ describe: () => Promise.reject(notFound) }) } };
  const facts = await guard(systems, client as never, { log: 'production' });
  return facts.drift.map(({ code, message }) => `${code}: ${message}`);
}

const inactive = [
  { treeId: '100', length: 10 },
  { treeId: '200', length: 20 },
];
const served = { activeTreeId: '300', inactive };

describe('what the gate must be told of the shards', () => {
  it('is told to one that knows nothing, once', async () => {
    const log = settled();
    expect(await guarded(log)).toEqual([]);
    expect(log.gate.shards).toEqual(served);
    expect(log.done).toEqual(['shards 7']);
    await guarded(log);
    expect(log.done).toEqual(['shards 7']);
  });

  it('is told when the list has grown by hand, and only then', async () => {
    const log = settled();
    log.gate.shards = { activeTreeId: '200', inactive: inactive.slice(0, 1) };
    expect(await guarded(log)).toEqual([]);
    expect(log.gate.shards).toEqual(served);
  });

  it.each([
    ['a length', { ...served, inactive: [{ treeId: '100', length: 11 }, ...inactive.slice(1)] }],
    ['a shard more', { ...served, inactive: [{ treeId: '99', length: 1 }, ...inactive] }],
    ['another active tree', { ...served, activeTreeId: '301' }],
    ['another order', { ...served, inactive: inactive.toReversed() }],
  ])(
    'is an alarm, and not told, when the gate knows %s: it may remember what a deploy has lost (H10)',
    async (_what, known) => {
      const log = settled();
      log.gate.shards = known;
      expect(await guarded(log)).toEqual([expect.stringMatching(/^GATE_KNOWS_OTHER_SHARDS: .*300/)]);
      expect([log.gate.shards, log.done]).toEqual([known, []]);
    },
  );

  it('is nothing while the list contradicts the shards themselves (H10)', async () => {
    const log = settled();
    log.slots['green'] = { active: '300', inactive: ['100'] };
    expect(await guarded(log)).toContainEqual(expect.stringMatching(/^LIST_DRIFTED/));
    expect([log.gate.shards, log.done]).toEqual([null, []]);
  });

  it('is told all the same when a Rekor has loaded something else: then it matters most', async () => {
    const log = settled();
    const loaded = log.loadedBy('green');
    const [first] = loaded.inactive;
    if (!first) throw new Error('it has no inactive shard');
    log.slots['green'] = {
      ...{ active: '300', inactive: ['100', '200'] },
      loaded: { ...loaded, inactive: [{ ...first, loadedLength: 0 }, ...loaded.inactive.slice(1)] },
    };
    expect(await guarded(log)).toEqual([expect.stringMatching(/^INSTANCE_DIFFERS/)]);
    expect(log.gate.shards).toEqual(served);
  });

  it('is left to an order that has come meanwhile', async () => {
    const log = settled();
    const systems = log.systems();
    const meanwhile: BoundSystems = {
      ...systems,
      traffic: {
        ...systems.traffic,
        tellShards: (notice, signal) => {
          Object.assign(log.gate, { number: 9, instances: [addresses['blue']] });
          return systems.traffic.tellShards(notice, signal);
        },
      },
    };
    expect(await guarded(log, meanwhile)).toEqual([]);
    expect([log.gate.shards, log.done]).toEqual([null, []]);
  });
});

describe('a gate that sends no writes', () => {
  it('is an alarm with its reason', async () => {
    const log = settled();
    Object.assign(log.gate, {
      shards: served,
      unproven: [{ instance: addresses['green'], reason: 'it loaded tree 100 with 0 entries, not 10' }],
    });
    expect(await guarded(log)).toEqual([
      `GATE_STOPS_WRITES: The write gate of production sends no write to Rekor at ${addresses['green']}: ` +
        'it loaded tree 100 with 0 entries, not 10.',
    ]);
  });
});
