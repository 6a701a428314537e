import { readTime, timeProblem, whenText } from '../../cli/times';

const now = Date.parse('2026-11-28T03:00:00.500Z');

it.each([
  ['2026-11-28T05:00Z', '2026-11-28T05:00:00Z'],
  ['2026-11-28T05:00:07Z', '2026-11-28T05:00:07Z'],
  ['2026-11-28T06:30+01:00', '2026-11-28T05:30:00Z'],
  ['2026-11-27T22:30:00.250-0500', '2026-11-28T03:30:00Z'],
  ['2026-11-28 05:00z', '2026-11-28T05:00:00Z'],
  ['2h', '2026-11-28T05:00:00Z'],
  ['90m', '2026-11-28T04:30:00Z'],
])('reads %s as %s', (text, time) => {
  expect(readTime(text, now)).toBe(time);
});

it.each(['2026-11-28T05:00', 'tomorrow', '05:00', '2026-02-30T05:00Z', '2026-11-28T25:00Z', '2', '', '2 h'])(
  'takes "%s" for no time, and says what is one',
  (text) => {
    expect(readTime(text, now)).toBeUndefined();
    expect(timeProblem('--to', text, now)).toContain('such as 2026-11-28T05:00Z or 2026-11-28T06:00+01:00');
  },
);

it('says of a time that has passed that it has', () => {
  expect(timeProblem('--to', '2026-11-28T02:59Z', now)).toBe('--to is 2026-11-28T02:59Z, which has passed.');
  expect(timeProblem('--to', '2026-11-28T03:01Z', now)).toBeUndefined();
});

it.each([
  ['Europe/Berlin', '2026-11-28 06:00:00 +01:00 (2026-11-28T05:00:00Z)'],
  ['America/New_York', '2026-11-28 00:00:00 -05:00 (2026-11-28T05:00:00Z)'],
  ['Asia/Kolkata', '2026-11-28 10:30:00 +05:30 (2026-11-28T05:00:00Z)'],
  ['UTC', '2026-11-28T05:00:00Z'],
])('shows a time to a reader in %s', (timeZone, text) => {
  expect(whenText('2026-11-28T05:00:00.123Z', timeZone)).toBe(text);
});

it('tells apart the two hours of the night in which the clocks go back', () => {
  const shown = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map((time) =>
    whenText(time, 'Europe/Berlin'),
  );
  expect(shown).toEqual([
    '2026-10-25 02:30:00 +02:00 (2026-10-25T00:30:00Z)',
    '2026-10-25 02:30:00 +01:00 (2026-10-25T01:30:00Z)',
  ]);
});
