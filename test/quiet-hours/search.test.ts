import fc from 'fast-check';
import { EntryTimes } from '../../quiet-hours/model/entry-times';
import { endsOf, nextProbes, type Probe, weighted } from '../../quiet-hours/model/sampling';
import { HOUR } from '../../quiet-hours/model/week';
import { WriteRate } from '../../quiet-hours/model/write-rate';

/** Shards of any sizes whose times never fall: with ties, bursts, and pauses of many hours. */
const someTimes = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.nat(60) }, fc.constant(0), fc.nat(12 * HOUR)), {
    maxLength: 400,
  })
  .map((steps) => {
    let time = 1_000_000;
    return steps.map((step) => (time += step));
  });
const someShards = fc.array(someTimes, { minLength: 1, maxLength: 4 });
const hours = Array.from({ length: 100 }, (_, hour) => 1_000_000 + hour * HOUR);

const slicesOf = (boundaries: readonly number[]) =>
  boundaries.slice(1).map((to, position) => ({ from: boundaries[position] ?? 0, to, weekHour: 0, week: 0 }));

/** Asks as the reader does, until nothing is worth asking for; gives the entries of each round. */
function search(
  shards: readonly (readonly (number | null)[])[],
  options: { count?: number; enough?: number; boundaries?: readonly number[] } = {},
) {
  const { count = 40, enough = 0, boundaries = hours } = options;
  const times = shards.map(({ length }) => new EntryTimes(length));
  const asked: Probe[] = [];
  const ask = (probes: readonly Probe[]): boolean => {
    for (const { shard, index } of probes) times[shard]?.learn(index, shards[shard]?.[index] ?? null);
    asked.push(...probes);
    return probes.length > 0;
  };
  while (ask(endsOf(times)));
  for (let round = 0; ; round += 1) {
    const weights = weighted(new WriteRate(times, slicesOf(boundaries)));
    const probes = nextProbes(times, weights, { count, enough, bisect: round % 2 === 1 });
    expect(probes.length).toBeLessThanOrEqual(count);
    if (!ask(probes)) return { times, asked, weights };
  }
}

const rankIn = (shard: readonly number[], time: number): number => shard.filter((one) => one < time).length;

describe('the search', () => {
  it('ends with the exact number of entries before every hour, and never asks twice for one', () => {
    fc.assert(
      fc.property(someShards, fc.integer({ min: 1, max: 50 }), (shards, count) => {
        const { times, asked } = search(shards, { count });
        const inexact: number[] = [];
        for (const hour of hours) {
          for (const [position, shard] of shards.entries()) {
            const { least, most } = times[position]?.rankOf(hour) ?? { least: -1, most: -1 };
            if (least !== most || least !== rankIn(shard, hour)) inexact.push(hour);
          }
        }
        expect(inexact).toEqual([]);
        expect(new Set(asked.map(({ shard, index }) => `${shard} ${index}`)).size).toBe(asked.length);
      }),
    );
  });

  it('finds one boundary among 100,000 entries, of any density, with a few dozen of them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bend, at) => {
          const size = 100_000;
          const whole = Array.from({ length: size }, (_, index) => Math.floor((index / size) ** bend * 1e6));
          const { asked } = search([whole], { count: 1, boundaries: [at * 1e6, 2e6] });
          expect(asked.length).toBeLessThanOrEqual(2 * Math.log2(size) + 4);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('stops where no boundary has more entries open than is enough', () => {
    fc.assert(
      fc.property(someShards, fc.integer({ min: 1, max: 30 }), (shards, enough) => {
        const exact = search(shards).asked.length;
        const { times, asked, weights } = search(shards, { enough });
        expect(asked.length).toBeLessThanOrEqual(exact);
        const open = weights.flatMap(({ time, weight }) =>
          times.map((one) => {
            const { least, most } = one.rankOf(time);
            return (most - least) * weight;
          }),
        );
        expect(Math.max(...open)).toBeLessThanOrEqual(enough);
      }),
    );
  });

  it('goes on elsewhere where nothing in a gap can be had', () => {
    const times = Array.from({ length: 3000 }, (_, index) => 1_000_000 + index * 100);
    const { times: found } = search(
      [times.map((time, index) => (index >= 500 && index < 900 ? null : time))],
      { count: 20 },
    );
    const open = hours.map((hour) => found[0]?.rankOf(hour)).filter((rank) => rank?.least !== rank?.most);

    expect(new Set(open.map((rank) => rank?.least))).toEqual(new Set([500]));
  });

  it('ends also where entries are missing, and where a clock was wrong', () => {
    const wrong = fc.tuple(someTimes, fc.array(fc.tuple(fc.nat(400), fc.option(fc.nat(3_000_000)))));
    fc.assert(
      fc.property(wrong, ([times, changes]) => {
        const bent: (number | null)[] = [...times];
        for (const [index, time] of changes) if (index < bent.length) bent[index] = time;
        const { asked } = search([bent]);
        expect(asked.length).toBeLessThanOrEqual(bent.length);
      }),
    );
  });
});

describe('what is known of a shard', () => {
  it('bounds the number of entries before any time, whichever of them were read', () => {
    const reading = someTimes.chain((times) =>
      fc.tuple(fc.constant(times), fc.subarray([...times.keys()]), fc.nat(100 * HOUR)),
    );
    fc.assert(
      fc.property(reading, ([times, indexes, after]) => {
        const known = new EntryTimes(times.length);
        for (const index of indexes) known.learn(index, times[index] ?? null);
        const { least, probable, most } = known.rankOf(1_000_000 + after);
        const rank = rankIn(times, 1_000_000 + after);
        expect([least <= rank, rank <= most]).toEqual([true, true]);
        expect([least <= probable, probable <= most]).toEqual([true, true]);
        expect(known.disorder).toBe(0);
      }),
    );
  });

  it('bounds the writes of any hours', () => {
    const slices = slicesOf(hours);
    fc.assert(
      fc.property(
        someShards,
        fc.nat(99),
        fc.nat(99),
        fc.integer({ min: 0, max: 20 }),
        (shards, one, other, enough) => {
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const within = (time: number): boolean => time >= (hours[from] ?? 0) && time < (hours[to] ?? 0);
          const writes = new WriteRate(search(shards, { enough }).times, slices).between(from, to);
          const counted = shards.flat().filter(within).length;
          expect([writes.least <= counted, counted <= writes.most, writes.hours]).toEqual([
            true,
            true,
            to - from,
          ]);
        },
      ),
      { examples: [[[[]], 99, 99, 0]] },
    );
  });

  it('leaves out what contradicts the order, and says how much that is', () => {
    const known = new EntryTimes(100);
    for (let index = 0; index < 100; index += 1)
      known.learn(index, index * 60 - (index % 10 === 5 ? 9 * HOUR : 0));

    expect(known.ordered).toHaveLength(90);
    expect(known.disorder).toBe(0.1);
    expect(known.rankOf(50 * 60)).toMatchObject({ least: 50, most: 50 });
  });

  it('takes seconds that go back, as at a change of signers, for order', () => {
    const known = new EntryTimes(100);
    for (let index = 0; index < 100; index += 1) known.learn(index, index * 60 - (index % 10 === 5 ? 90 : 0));

    expect(known.disorder).toBe(0);
  });
});
