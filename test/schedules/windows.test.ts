import { localText, zoneProblem } from '../../schedules/local-time';
import { lastOpen, nextOpen, occurrencesFrom, untilTime, windowsOf } from '../../schedules/windows';

const HOUR_MS = 3_600_000;
const at = (time: string): number => Date.parse(time);
const iso = (time: number): string => new Date(time).toISOString().replace(':00.000Z', 'Z');

/** The nights of one window from one time to another, each with its length in hours. */
function nights(window: string, timeZone: string, from: string, to: string): [string, number][] {
  const all = occurrencesFrom(windowsOf({ windows: [window], timeZone }), at(from));
  return [...untilTime(all, at(to))].map(({ opensAt, closesAt }) => [
    iso(opensAt),
    (closesAt - opensAt) / HOUR_MS,
  ]);
}

describe('a window in a night in which clocks change', () => {
  it.each([
    // Clocks go back from 03:00 to 02:00, by their zone at 01:00 UTC.
    ['Europe/Berlin', '2026-10-24', 'mon-sun 01:00-03:00', ['2026-10-24T23:00Z', 3]],
    ['Europe/Berlin', '2026-10-24', 'mon-sun 02:00-05:00', ['2026-10-25T00:00Z', 4]],
    ['Europe/Berlin', '2026-10-24', 'mon-sun 02:15-02:45', ['2026-10-25T00:15Z', 0.5]],
    ['Europe/Berlin', '2026-10-24', 'mon-sun 03:00-04:00', ['2026-10-25T02:00Z', 1]],
    // From 02:00 to 01:00, at 01:00 UTC.
    ['Europe/London', '2026-10-24', 'mon-sun 00:30-02:30', ['2026-10-24T23:30Z', 3]],
    // From 02:00 to 01:00, at 06:00 UTC.
    ['America/New_York', '2026-10-31', 'mon-sun 01:30-03:00', ['2026-11-01T05:30Z', 2.5]],
    // From 03:00 to 02:00, at 16:00 UTC of the day before.
    ['Australia/Sydney', '2027-04-03', 'mon-sun 02:00-04:00', ['2027-04-03T15:00Z', 3]],
    // From 02:00 to 03:00: the hour is missing.
    ['Europe/Berlin', '2027-03-27', 'mon-sun 01:00-03:00', ['2027-03-28T00:00Z', 1]],
    ['Europe/Berlin', '2027-03-27', 'mon-sun 02:30-05:00', ['2027-03-28T01:00Z', 2]],
    ['Europe/Berlin', '2027-03-27', 'mon-sun 02:00-03:00', ['2027-03-28T01:00Z', 0]],
    ['Europe/London', '2027-03-27', 'mon-sun 01:30-03:00', ['2027-03-28T01:00Z', 1]],
    ['America/New_York', '2027-03-13', 'mon-sun 02:30-04:00', ['2027-03-14T07:00Z', 1]],
    ['Australia/Sydney', '2026-10-03', 'mon-sun 02:30-04:00', ['2026-10-03T16:00Z', 1]],
  ] as const)('%s after %s: %s is as long as it really is', (timeZone, day, window, expected) => {
    const zoneDay = timeZone === 'Australia/Sydney' ? `${day}T06:00Z` : `${day}T12:00Z`;
    const [first] = nights(window, timeZone, zoneDay, iso(at(zoneDay) + 24 * HOUR_MS));
    expect(first).toEqual(expected);
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Europe/London', 'Australia/Sydney'])(
    'comes once a night in %s, and the wall shows its hours',
    (timeZone) => {
      for (const window of ['mon-sun 01:30-02:30', 'mon-sun 02:00-05:00', 'mon-sun 23:00-02:30']) {
        const all = [
          ...untilTime(
            occurrencesFrom(windowsOf({ windows: [window], timeZone }), at('2026-01-01T00:00Z')),
            at('2026-12-31T00:00Z'),
          ),
        ];
        expect(new Set(all.map(({ date }) => date)).size).toBe(all.length);
        expect(all.length).toBeGreaterThanOrEqual(364);
        const usual = all.filter(({ changedByMs }) => changedByMs === 0);
        expect(usual.length).toBeGreaterThanOrEqual(all.length - 2);
        for (const { opensAt, closesAt } of usual) {
          expect(localText(opensAt, timeZone)).toContain(` ${window.slice(8, 13)} `);
          expect(localText(closesAt, timeZone)).toContain(` ${window.slice(14)} `);
        }
      }
    },
  );
});

describe('the window that is open, or the next one', () => {
  const berlin = windowsOf({
    windows: ['sun 02:00-05:00', 'sat 22:00-01:00'],
    timeZone: 'Europe/Berlin',
    blackout: ['2026-12-20..2027-01-06'],
  });
  const next = (time: string) => {
    const span = nextOpen(berlin, at(time));
    return span && [iso(span.opensAt), iso(span.closesAt)];
  };

  it('is told by the clock', () => {
    expect(next('2026-11-27T12:00Z')).toEqual(['2026-11-28T21:00Z', '2026-11-29T00:00Z']);
    expect(next('2026-11-28T23:59Z')).toEqual(['2026-11-28T21:00Z', '2026-11-29T00:00Z']);
    expect(next('2026-11-29T00:00Z')).toEqual(['2026-11-29T01:00Z', '2026-11-29T04:00Z']);
  });

  it('is not on a blackout date: one that reaches into it is cut at midnight', () => {
    expect(next('2026-12-19T12:00Z')).toEqual(['2026-12-19T21:00Z', '2026-12-19T23:00Z']);
    expect(next('2026-12-19T23:00Z')).toEqual(['2027-01-09T21:00Z', '2027-01-10T00:00Z']);
  });

  it('is one where windows adjoin or overlap', () => {
    const windows = windowsOf({ windows: ['sat 22:00-00:00', 'sun 00:00-03:00', 'sun 02:00-04:00'] });
    const span = nextOpen(windows, at('2026-11-28T12:00Z'));
    expect(span && [iso(span.opensAt), iso(span.closesAt)]).toEqual([
      '2026-11-28T22:00Z',
      '2026-11-29T04:00Z',
    ]);
  });

  it('is one where windows adjoin, also once the first of them is over', () => {
    const windows = windowsOf({ windows: ['sat 22:00-00:00', 'sat 23:30-00:30', 'sun 00:30-04:00'] });
    for (const time of ['2026-11-28T23:45Z', '2026-11-29T00:15Z', '2026-11-29T03:59Z']) {
      const span = nextOpen(windows, at(time));
      expect(span && [iso(span.opensAt), iso(span.closesAt)]).toEqual([
        '2026-11-28T22:00Z',
        '2026-11-29T04:00Z',
      ]);
    }
  });

  it.each(['2026-11-28', '2026-03-30', '2026-10-26'])(
    'is another one each day where it is open day and night: %s',
    (date) => {
      for (const daily of [['mon-sun 00:00-00:00'], ['mon-sun 00:00-12:00', 'mon-sun 12:00-00:00']]) {
        const span = nextOpen(windowsOf({ windows: daily, timeZone: 'Europe/Berlin' }), at(`${date}T12:00Z`));
        expect(localText(span?.opensAt ?? 0, 'Europe/Berlin')).toContain(`${date} 00:00`);
      }
    },
  );

  it('is open at any time where no window is named, but on blackout dates', () => {
    const now = at('2026-11-28T12:00Z');
    const span = nextOpen(windowsOf({}), now);
    expect(span && span.opensAt <= now && span.closesAt > now + 24 * HOUR_MS).toBe(true);
    const dark = nextOpen(windowsOf({ blackout: ['2026-11-28'] }), now);
    expect(dark && iso(dark.opensAt)).toBe('2026-11-29T00:00Z');
  });

  it('is none when blackout dates take a year', () => {
    expect(nextOpen(windowsOf({ blackout: ['2026-01-01..2028-12-31'] }), at('2026-11-28T12:00Z'))).toBeNull();
  });

  it('is told with the last one, for those who come too late', () => {
    const last = lastOpen(berlin, at('2026-11-29T09:00Z'));
    expect(last && [iso(last.opensAt), iso(last.closesAt)]).toEqual([
      '2026-11-29T01:00Z',
      '2026-11-29T04:00Z',
    ]);
  });
});

it('knows what is a time zone, and suggests one', () => {
  expect(zoneProblem('Europe/Berlin')).toBeUndefined();
  expect(zoneProblem('UTC')).toBeUndefined();
  expect(zoneProblem('Europe/Berln')).toContain('Europe/Berlin');
  expect(zoneProblem('+01:00')).toBeDefined();
});
