import fc from 'fast-check';
import { type CountSample, LONGEST_GAP_MS, WriteWindow } from '../../activities/write-window';

const MINUTE = 60_000;
const sample = (atMs: number, count: number, more: Partial<CountSample> = {}): CountSample => ({
  ...{ atMs, count, by: 'gate', of: 'a' },
  ...more,
});

/** A window of a minute with a sample every 5 s from 0 to 60 s, one write each. */
function full(): WriteWindow {
  const window = new WriteWindow(MINUTE);
  for (let at = 0; at <= MINUTE; at += 5_000) window.add(sample(at, at / 5_000));
  return window;
}

it('knows a rate once its time is over, and not before', () => {
  const window = new WriteWindow(MINUTE);
  for (let at = 0; at < MINUTE; at += 5_000) {
    window.add(sample(at, 0));
    expect(window.perMinute).toBeNull();
  }
  window.add(sample(MINUTE, 0));
  expect(window.perMinute).toBe(0);
});

it('forgets what lies before its time', () => {
  const window = full();
  expect(window.perMinute).toBe(12);
  for (let at = MINUTE + 5_000; at <= 2 * MINUTE; at += 5_000) window.add(sample(at, 12));
  expect(window.perMinute).toBe(0);
});

it.each<readonly [string, CountSample]>([
  ['a count of another process', sample(65_000, 13, { of: 'b' })],
  ['a count of somebody else', sample(65_000, 13, { by: 'tree' })],
  ['a count that fell', sample(65_000, 3)],
  ['a gap', sample(MINUTE + LONGEST_GAP_MS + 1, 12)],
  ['a clock that was set back', sample(59_000, 13)],
])('begins anew after %s', (_, next) => {
  const window = full();
  window.add(next);
  expect(window.perMinute).toBeNull();
  expect(window.samples).toEqual([next]);
});

it('goes on from the samples that another one had', () => {
  const window = new WriteWindow(MINUTE, full().samples);
  window.add(sample(65_000, 12));
  expect(window.perMinute).toBe(11);
});

it('tells no rate below that of its time, and keeps few samples, however it is sampled', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 240 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: LONGEST_GAP_MS }), fc.nat(20)), {
        minLength: 1,
        maxLength: 2_000,
      }),
      (minutes, steps) => {
        const window = new WriteWindow(minutes * MINUTE);
        const all: CountSample[] = [];
        let [at, count] = [0, 0];
        for (const [gap, writes] of steps) {
          at += gap;
          count += writes;
          all.push(sample(at, count));
          window.add(sample(at, count));
          expect(window.samples.length).toBeLessThanOrEqual(60 + 2 * 2 + 60);
          const [first, last] = [window.samples[0], window.last];
          const known = all.filter(({ atMs }) => at - atMs >= minutes * MINUTE).at(-1);
          expect(window.perMinute === null).toBe(known === undefined);
          // At most a sixtieth, and a gap, longer than it should be.
          if (known && first && last) {
            expect(first.atMs).toBeGreaterThanOrEqual(known.atMs - minutes * 1_000 - LONGEST_GAP_MS);
            expect(last.count - first.count).toBeGreaterThanOrEqual(count - known.count);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});
