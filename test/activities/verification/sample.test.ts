import fc from 'fast-check';
import { sampleLeaves } from '../../../activities/verification/sample';

test('a sample has the first, the last and as many others as wanted, in order and none twice', () => {
  fc.assert(
    fc.property(
      fc.nat(500),
      fc.nat(30),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (size, wanted, stream) => {
        const sample = sampleLeaves(size, wanted, () => Number(stream.next().value));
        expect(sample).toHaveLength(Math.min(size, wanted + 2));
        expect(sample).toEqual([...new Set(sample)].sort((one, other) => one - other));
        if (size > 0) {
          expect(sample[0]).toBe(0);
          expect(sample.at(-1)).toBe(size - 1);
        }
      },
    ),
  );
});

test('every inner leaf can be drawn', () => {
  const drawn = new Set<number>();
  for (let step = 0; step < 8; step += 1) {
    for (const leaf of sampleLeaves(10, 1, () => step / 8)) {
      drawn.add(leaf);
    }
  }
  expect([...drawn].sort((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
