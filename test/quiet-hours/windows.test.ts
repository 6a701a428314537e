import { EntryTimes } from '../../quiet-hours/model/entry-times';
import { scheduleLine, windowText } from '../../quiet-hours/model/schedule-line';
import { clockChangesAfter, HOUR, slicesBefore } from '../../quiet-hours/model/week';
import { mostWrites, quietWindows, weekHoursOf } from '../../quiet-hours/model/windows';
import { WriteRate } from '../../quiet-hours/model/write-rate';

const now = Date.UTC(2026, 10, 10, 9, 30) / 1000;
const everyWeek = new Set([0, 1, 2, 3]);

/** So many writes in each hour of the week, all of them read. */
function writesOf(timeZone: string, weeks: number, rate: (weekHour: number) => number): WriteRate {
  const slices = slicesBefore(now, weeks, timeZone);
  const times = slices.flatMap(({ from, to, weekHour }) => {
    const count = Math.round((rate(weekHour) * (to - from)) / HOUR);
    return Array.from({ length: count }, (_, write) => from + Math.floor(((to - from) * write) / count));
  });
  const shard = new EntryTimes(times.length);
  for (const [index, time] of times.entries()) shard.learn(index, time);
  return new WriteRate([shard], slices);
}

describe('the writes of an hour', () => {
  it('are not taken for those of the quiet hour beside it, where an entry in thirty is known', () => {
    const slices = slicesBefore(now, 2, 'UTC');
    const times = slices.flatMap(({ from, weekHour }) => {
      const count = weekHour % 2 === 0 ? 300 : 30;
      return Array.from({ length: count }, (_, write) => from + Math.floor((HOUR * write) / count));
    });
    const shard = new EntryTimes(times.length);
    for (let index = 0; index < times.length; index += 30) shard.learn(index + 7, times[index + 7] ?? null);
    const rateOfQuiet = (writes: WriteRate): number => {
      const quiet = writes.hours.filter((_, position) => slices[position]?.weekHour === 25);
      return quiet.reduce((sum, { probable }) => sum + probable, 0) / quiet.length;
    };

    const even = rateOfQuiet(new WriteRate([shard], slices));
    const sharp = rateOfQuiet(new WriteRate([shard], slices, 8));
    expect(Math.abs(sharp - 30)).toBeLessThan(Math.abs(even - 30) / 3);
  });
});

describe('windows', () => {
  const changes = clockChangesAfter(now, 'Europe/Berlin');
  const quietSunday = writesOf('Europe/Berlin', 4, (hour) =>
    hour >= 6 * 24 + 1 && hour < 6 * 24 + 4 ? 5 : 100,
  );

  it('have the rate of the hours that there were, also over a change of clocks', () => {
    const { single } = quietWindows(quietSunday, 3, { weeks: everyWeek, meanRate: 98, changes });

    expect(single.map(windowText)[0]).toBe('sun 01:00-04:00');
    expect(single[0]).toMatchObject({ rate: 5, seen: 4, worstRateAtMost: 5 });
    expect(single[0]?.clockChanges.map(({ kind }) => kind)).toEqual(['missing', 'twice']);
  });

  it('reach into the next week', () => {
    const lateOnSunday = writesOf('UTC', 4, (hour) => (hour >= 6 * 24 + 22 || hour < 1 ? 5 : 100));
    const { single } = quietWindows(lateOnSunday, 3, { weeks: everyWeek, meanRate: 98, changes: [] });

    expect(single.map(windowText)).toEqual(['sun 22:00-01:00']);
    expect(single[0]).toMatchObject({ rate: 5, seen: 4 });
  });

  it('do not overlap', () => {
    const quietNight = writesOf('UTC', 4, (hour) => (hour >= 48 && hour < 60 ? 5 : 100));
    const { single } = quietWindows(quietNight, 3, { weeks: everyWeek, meanRate: 93, changes: [] });

    expect(single).toHaveLength(3);
    expect(new Set(single.flatMap(weekHoursOf)).size).toBe(9);
  });

  it('are none where each was seen in one week only', () => {
    const found = quietWindows(quietSunday, 3, { weeks: new Set([1]), meanRate: 98, changes });

    expect(found).toEqual({ single: [], daily: null, quietest: null });
  });

  it('of a whole day are all the same hours', () => {
    const sunday = writesOf('UTC', 4, (hour) => (hour >= 6 * 24 ? 5 : 100));

    expect(
      quietWindows(sunday, 24, { weeks: everyWeek, meanRate: 86, changes: [] }).single.map(windowText)[0],
    ).toBe('sun 00:00-00:00');
  });
});

describe('the most writes that are to be expected', () => {
  it.each([
    [[0], 3.0],
    [[0, 0, 0, 0], 3.0],
    [[1], 4.74],
    [[10], 16.96],
    [[25, 25, 25, 25], 118.08],
  ])('of %j are %d, as Poisson has it', (counts, most) => {
    expect(mostWrites(counts)).toBeCloseTo(most, 0);
  });

  it('are more where weeks differ more than chance would have it', () => {
    expect(mostWrites([0, 0, 0, 100])).toBeGreaterThan(200);
  });
});

describe('a schedule', () => {
  it.each([
    [{ days: [6], fromHour: 3, length: 3 }, 'sun 03:00-06:00'],
    [{ days: [5], fromHour: 23, length: 3 }, 'sat 23:00-02:00'],
    [{ days: [0, 1, 2, 3, 4, 5, 6], fromHour: 2, length: 3 }, 'mon-sun 02:00-05:00'],
    [{ days: [5, 6], fromHour: 21, length: 3 }, 'sat,sun 21:00-00:00'],
    [{ days: [0, 2, 4], fromHour: 0, length: 1 }, 'mon,wed,fri 00:00-01:00'],
  ])('has %j as "%s"', (window, text) => {
    expect(windowText(window)).toBe(text);
  });

  it('is made by a line that can be pasted, however many windows it has', () => {
    const windows = [1, 6].map((day) => ({ days: [day], fromHour: 3, length: 3 }));
    expect(scheduleLine('production', windows, 'Europe/Berlin')).toEqual([
      'rekor-rotate schedule create production',
      "--window 'tue 03:00-06:00'",
      "--window 'sun 03:00-06:00'",
      '--time-zone Europe/Berlin',
    ]);
  });
});
