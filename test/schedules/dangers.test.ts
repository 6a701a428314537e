import { dangersOf, type RotationSchedule } from '../../schedules/dangers';

const safe: RotationSchedule = {
  scheduleId: 'rotate-production',
  workflowType: 'scheduledRotation',
  workflowId: 'rotate-production',
  taskQueue: 'rekor-rotate',
  input: { log: 'production', windows: ['sun 02:00-05:00'], timeZone: 'Europe/Berlin' },
  overlap: 'SKIP',
  catchUpMs: 4 * 3_600_000,
  paused: false,
};
const other = { ...safe, scheduleId: 'other', workflowId: 'other', input: { log: 'staging' } };

it('finds nothing in a schedule as `schedule create` makes it', () => {
  expect(dangersOf(safe, [safe, other], ['production'])).toEqual([]);
});

it.each<[string, Partial<RotationSchedule>, RegExp]>([
  ['a year of catch-up, as the UI sets it', { catchUpMs: 365 * 86_400_000 }, /8760 h ago/],
  ['runs beside each other', { overlap: 'ALLOW_ALL' }, /overlap policy is ALLOW_ALL/],
  ['a log that the worker does not know', { input: { log: 'prodution' } }, /knows no log prodution/],
  [
    'a rotation without a window',
    { workflowType: 'rotateLog', input: { log: 'production' } },
    /starts rotateLog without a window/,
  ],
  [
    'a policy that is wrong',
    { input: { log: 'production', windows: ['sunday'] } },
    /runs fails\. .*windows is/,
  ],
  [
    'a time zone that there is not',
    { input: { log: 'production', timeZone: 'Europe/Berln' } },
    /no time zone "Europe\/Berln"/,
  ],
  ['nothing typed at all', { input: undefined }, /input is absent/],
  ['the workflow id of another schedule', { workflowId: 'other' }, /shares the workflow id other with other/],
  [
    'the log of another schedule',
    { input: { log: 'staging' } },
    /Another schedule rotates staging as well: other\./,
  ],
  ['no firing left', { remaining: 0 }, /no firing left/],
])('finds %s', (_, change, words) => {
  const schedule = { ...safe, ...change };
  const dangers = dangersOf(schedule, [schedule, other], ['production', 'staging']);
  expect(dangers).toHaveLength(1);
  expect(dangers[0]).toMatch(words);
});
