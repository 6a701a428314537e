import { clockChangesAfter, DAY, HOUR, slicesBefore, wholeWeeksSince } from '../../quiet-hours/model/week';

const at = (text: string): number => Date.parse(text) / 1000;
const weekHour = (day: number, hour: number): number => day * 24 + hour;
const SUNDAY = 6;

describe('the hours of the past weeks', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  ])(
    'follow each other without gaps in %s, whole weeks of them, up to the beginning of today',
    (timeZone) => {
      const now = at('2026-11-10T09:30:00Z');
      const slices = slicesBefore(now, 4, timeZone);

      expect(slices.slice(1).map(({ from }) => from)).toEqual(slices.slice(0, -1).map(({ to }) => to));
      expect(new Set(slices.map((slice) => slice.weekHour)).size).toBe(168);
      expect(slices.map(({ week }) => week)).toEqual(
        [...slices.map(({ week }) => week)].sort((a, b) => b - a),
      );
      expect(slices[0]?.week).toBe(3);
      const end = slices.at(-1)?.to ?? 0;
      expect([end <= now, end > now - DAY]).toEqual([true, true]);
    },
  );

  it('are one of two hours where clocks go back', () => {
    const slices = slicesBefore(at('2026-11-10T09:30:00Z'), 4, 'Europe/Berlin');
    const double = slices.filter(({ from, to }) => to - from !== HOUR);

    expect(slices).toHaveLength(4 * 168);
    expect(double).toEqual([
      {
        from: at('2026-10-25T00:00:00Z'),
        to: at('2026-10-25T02:00:00Z'),
        weekHour: weekHour(SUNDAY, 2),
        week: 2,
      },
    ]);
  });

  it('are one fewer where clocks go forward', () => {
    const slices = slicesBefore(at('2026-04-07T09:30:00Z'), 4, 'Europe/Berlin');
    const sundays = slices.filter((slice) => slice.weekHour === weekHour(SUNDAY, 2));

    expect(slices).toHaveLength(4 * 168 - 1);
    expect(sundays.map(({ from }) => from)).not.toContain(at('2026-03-29T01:00:00Z'));
    expect(sundays).toHaveLength(3);
  });

  it('begin at half past in a zone that is half an hour off', () => {
    expect(
      new Set(slicesBefore(at('2026-11-10T09:30:00Z'), 2, 'Asia/Kolkata').map(({ from }) => from % HOUR)),
    ).toEqual(new Set([HOUR / 2]));
  });

  it('are as many whole weeks as lie between a time and today', () => {
    const now = at('2026-11-10T09:30:00Z');
    expect(wholeWeeksSince(at('2026-10-26T23:59:00Z'), now, 'UTC')).toBe(2);
    expect(wholeWeeksSince(at('2026-10-27T00:01:00Z'), now, 'UTC')).toBe(1);
    expect(wholeWeeksSince(now, now, 'UTC')).toBeLessThan(1);
  });
});

describe('the changes of clocks in the coming year', () => {
  const now = at('2026-11-10T09:30:00Z');
  it.each<[string, [string, string, number, number][]]>([
    ['UTC', []],
    ['Asia/Kolkata', []],
    [
      'Europe/Berlin',
      [
        ['2027-03-28T01:00:00Z', 'missing', 2, 3],
        ['2027-10-31T01:00:00Z', 'twice', 2, 3],
      ],
    ],
    [
      'America/New_York',
      [
        ['2027-03-14T07:00:00Z', 'missing', 2, 3],
        ['2027-11-07T06:00:00Z', 'twice', 1, 2],
      ],
    ],
    [
      'Australia/Lord_Howe',
      [
        ['2027-04-03T15:00:00Z', 'twice', 1, 2],
        ['2027-10-02T15:30:00Z', 'missing', 2, 3],
      ],
    ],
  ])('%s', (timeZone, changes) => {
    expect(clockChangesAfter(now, timeZone)).toEqual(
      changes.map(([time, kind, from, to]) => ({
        ...{ at: at(time), kind },
        ...{ fromWeekHour: weekHour(SUNDAY, from), toWeekHour: weekHour(SUNDAY, to) },
      })),
    );
  });
});
