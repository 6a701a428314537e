import { firingsOf, longestUntilClose, lostNights, yearOf } from '../../schedules/firing';
import { windowsOf } from '../../schedules/windows';

const HOUR_MS = 3_600_000;
const now = Date.parse('2026-11-28T12:00Z');

const fires = (window: string | string[], timeZone: string): string[] =>
  firingsOf(windowsOf({ windows: [window].flat(), timeZone }), now).map(
    ({ dayOfWeek, hour, minute }) =>
      `${dayOfWeek.map((day) => day.slice(0, 3)).join()} ${hour}:${String(minute).padStart(2, '0')}`,
  );

describe('a schedule fires in UTC', () => {
  it.each([
    ['sun 02:00-05:00', 'Europe/Berlin', ['SUN 0:00']],
    ['sun 00:30-05:00', 'Europe/Berlin', ['SAT 22:30']],
    ['mon-fri 01:30-04:00', 'America/New_York', ['MON,TUE,WED,THU,FRI 5:30']],
    ['sun 02:00-05:00', 'Australia/Sydney', ['SAT 15:00']],
    ['sat,sun 22:00-01:00', 'Europe/London', ['SAT,SUN 21:00']],
    ['sun 03:00-05:00', 'Asia/Kolkata', ['SAT 21:30']],
    ['sun 02:00-05:00', 'UTC', ['SUN 2:00']],
  ])('for %s in %s, at the earliest time at which it may open', (window, timeZone, expected) => {
    expect(fires(window, timeZone)).toEqual(expected);
  });

  it('once more where another window may be open at the first of these times', () => {
    expect(fires(['sat 22:00-01:00', 'sun 02:00-05:00'], 'Europe/Berlin')).toEqual([
      ...['SUN 0:00', 'SUN 1:00', 'SAT 20:00'],
    ]);
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Europe/London', 'Australia/Sydney', 'Australia/Lord_Howe'])(
    'so that no night of a year in %s is without a run, but one that clocks leave out',
    (timeZone) => {
      for (const window of [
        'mon-sun 01:30-02:30',
        'sun 02:00-05:00',
        'mon-sun 23:00-01:00',
        'mon-sun 00:00-00:00',
      ]) {
        const windows = windowsOf({ windows: [window], timeZone });
        const firings = firingsOf(windows, now);
        const times = Array.from(
          { length: 370 * 24 * 60 },
          (_, minute) => now - 24 * HOUR_MS + minute * 60_000,
        ).filter((time) =>
          firings.some(
            ({ dayOfWeek, hour, minute }) =>
              new Date(time).getUTCHours() === hour &&
              new Date(time).getUTCMinutes() === minute &&
              dayOfWeek.some((day) => day === dayNames[new Date(time).getUTCDay()]),
          ),
        );
        const lost = lostNights(yearOf(windows, now + HOUR_MS), times).filter(({ why }) => why !== 'leftOut');
        expect([window, lost.map(({ night, why }) => `${night.date} ${why}`)]).toEqual([window, []]);
      }
    },
  );
});

const dayNames = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

it('tells how late a run may still find its window open', () => {
  expect(longestUntilClose(windowsOf({ windows: ['sun 02:00-05:00'], timeZone: 'UTC' }), now)).toBe(
    3 * HOUR_MS,
  );
  expect(longestUntilClose(windowsOf({ windows: ['sun 03:00-05:00'], timeZone: 'Europe/Berlin' }), now)).toBe(
    3 * HOUR_MS,
  );
});

describe('a night is lost', () => {
  const berlin = windowsOf({ windows: ['mon-sun 02:00-03:00'], timeZone: 'Europe/Berlin' });
  const march = Date.parse('2027-03-26T12:00Z');

  it('when clocks leave out its window, when nothing fires for it, and when that comes late', () => {
    const nights = yearOf(berlin, march).slice(0, 4);
    const late = Date.parse('2027-03-29T00:30Z');
    const lost = lostNights(nights, [Date.parse('2027-03-27T01:00Z'), late]);
    expect(lost.map(({ night, why }) => [night.date, why])).toEqual([
      ['2027-03-28', 'leftOut'],
      ['2027-03-29', 'late'],
      ['2027-03-30', 'none'],
    ]);
  });
});
