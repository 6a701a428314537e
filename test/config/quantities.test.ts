import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../config/quantities';

it.each([
  ['250ms', 250],
  ['3.5s', 3500],
  ['3.3s', 3300],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['0ms', 0],
])('reads the duration %s as %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', '5', '5 s', '-5s', '1e3s', '0.5ms', '5S', '5d', '.5s', '99999999999999h'])(
  'takes %j for no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

it.each([
  ['32MiB', 33_554_432],
  ['0.5KiB', 512],
  ['1GiB', 1_073_741_824],
])('reads the size %s as %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each(['32', '32MB', '32 MiB', '0.3B'])('takes %j for no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.nat(), (value) => {
      expect(parseDuration(formatDuration(value))).toBe(value);
      expect(parseSize(formatSize(value))).toBe(value);
    }),
  );
});

it.each([
  [3500, '3.5s'],
  [600_000, '10m'],
  [250, '250ms'],
  [0, '0ms'],
  [90_000, '90s'],
])('writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
