import fc from 'fast-check';
import type { InstanceLog, Shard } from '../../workflows/model/log';
import { afterRotation, differencesFrom, firstIndexAfter } from '../../workflows/model/shards';

const shards: Shard[] = [
  { treeId: '6826284441047790130', length: 10 },
  { treeId: '11', length: 0 },
  { treeId: '12', length: 3 },
];

function serving(
  active: string,
  inactive: readonly Shard[],
  change: Partial<{ loaded: number; live: number }> = {},
) {
  const log: InstanceLog = {
    activeTreeId: active,
    active: { size: 5, rootHash: 'ab' },
    inactive: inactive.map(({ treeId, length }, position) => ({
      treeId,
      liveLength: position === 0 ? (change.live ?? length) : length,
      loadedLength: position === 0 ? (change.loaded ?? length) : length,
    })),
  };
  return log;
}

describe('the shards of a log', () => {
  it('give the next entry the sum of their lengths as its index', () => {
    expect(firstIndexAfter(shards)).toBe(13);
    expect(firstIndexAfter([])).toBe(0);
  });

  it('keep every earlier index when one is added, whatever their lengths', () => {
    const anyShards = fc.array(fc.record({ treeId: fc.string(), length: fc.nat() }));
    fc.assert(
      fc.property(anyShards, fc.nat(), (earlier, length) => {
        const after = afterRotation(earlier, 'current', length);
        expect(after.slice(0, -1)).toEqual(earlier);
        expect(firstIndexAfter(after)).toBe(firstIndexAfter(earlier) + length);
      }),
    );
  });
});

describe('an instance', () => {
  it('is right when it serves exactly the shards with exactly their lengths', () => {
    expect(differencesFrom(serving('13', shards), '13', shards)).toEqual([]);
  });

  it.each([
    ['another active tree', serving('99', shards), /active tree is 99, not 13/],
    ['a missing shard', serving('13', shards.slice(1)), /inactive shards are \[11, 12\]/],
    ['shards in another order', serving('13', shards.toReversed()), /inactive shards are \[12, 11/],
    [
      'a length that it loaded too early (H1)',
      serving('13', shards, { loaded: 9 }),
      /loaded .* 9 entries, not 10/,
    ],
    ['a shard that has grown since (H1)', serving('13', shards, { live: 11 }), /now has 11 entries, not 10/],
  ])('is wrong with %s', (_what, log, words) => {
    expect(differencesFrom(log, '13', shards).join()).toMatch(words);
  });
});
