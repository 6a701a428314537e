import { isYounger, passMs, signerWaitsMs } from '../../workflows/model/drain';

it.each([
  ['no difference is configured, within one second', 10_900, 10_100, 0, false],
  ['no difference is configured, one second', 11_000, 10_999, 0, true],
  ['a second is configured, and one shows as two', 12_000, 10_999, 1_000, true],
  ['a second is configured, one shows', 11_900, 10_000, 1_000, false],
  ['half a second is configured, one shows', 11_000, 10_999, 500, false],
  ['the next shard is younger, as it should be', 10_000, 20_000, 0, false],
])('entries of two shards whose signers have their own clocks: %s', (_what, last, first, apart, younger) => {
  expect(isYounger(last, first, apart)).toBe(younger);
});

it('waits for what each kind of proof waits for, at worst', () => {
  const timing = { signerIntervalMs: 100, guardWindowMs: 40, clockDifferenceMs: 2 };
  const pace = { signers: 2, passMs: 150, readingMs: 20 };
  expect(signerWaitsMs({ by: 'queue', timing }, pace)).toBe(2 * 150);
  expect(signerWaitsMs({ by: 'signer passes', timing }, pace)).toBe(40 + 2 + 5 * 150 + 3 * 20 + 100);
});

it('takes no pass for one that has taken as long as was looked', () => {
  expect(passMs({ passes: 0, withinMs: 3_000 })).toBe(3_000);
  expect(passMs({ passes: 4, withinMs: 400 })).toBe(100);
});
