import { readBlackout, readWindow, windowText } from '../../workflows/model/window';
import { scheduleLine } from '../../quiet-hours/model/schedule-line';

describe('a window', () => {
  it.each([
    'sun 02:00-05:00',
    'mon-sun 02:00-05:00',
    'sat,sun 22:00-01:00',
    'wed 00:00-00:00',
    'mon-wed 23:45-00:15',
  ])('is written as it is read: %s', (text) => {
    const window = readWindow(text);
    expect(window && windowText(window)).toBe(text);
  });

  it('of every day, hour and length is read as quiet-hours prints it', () => {
    for (let day = 0; day < 7; day += 1) {
      for (let fromHour = 0; fromHour < 24; fromHour += 1) {
        for (let length = 1; length <= 24; length += 1) {
          const days = [day, (day + length) % 7];
          const [, option = ''] = scheduleLine('lab', [{ days, fromHour, length }], 'UTC');
          const text = /^--window '(.*)'$/.exec(option)?.[1] ?? '';
          expect(readWindow(text)).toEqual({
            days: [...new Set(days)].sort((one, other) => one - other),
            ...{ fromMinute: fromHour * 60, minutes: length * 60 },
          });
        }
      }
    }
  });

  it('may be typed as people type it', () => {
    expect(readWindow('Fri-Mon 1:30 - 24:00')).toEqual({ days: [0, 4, 5, 6], fromMinute: 90, minutes: 1350 });
    expect(readWindow('mon,wed-fri 00:00-24:00')).toEqual({
      days: [0, 2, 3, 4],
      fromMinute: 0,
      minutes: 1440,
    });
  });

  it.each([
    '',
    'sun',
    '02:00-05:00',
    'sunday 02:00-05:00',
    'sun 2-5',
    'sun 24:00-05:00',
    'sun 02:60-05:00',
    'sun 02:00-25:00',
    'sun,, 02:00-05:00',
    'mon-wed-fri 02:00-05:00',
  ])('is not guessed from %j', (text) => {
    expect(readWindow(text)).toBeUndefined();
  });
});

describe('blackout dates', () => {
  it('are one, or from one to another', () => {
    expect(readBlackout('2026-12-24')).toEqual({ first: '2026-12-24', last: '2026-12-24' });
    expect(readBlackout('2026-12-20..2027-01-06')).toEqual({ first: '2026-12-20', last: '2027-01-06' });
  });

  it.each([
    '2026-02-30',
    '24.12.2026',
    '2027-01-06..2026-12-20',
    '2026-12-24..',
    '2026-12-01..2026-12-02..2026-12-03',
  ])('are not guessed from %j', (text) => {
    expect(readBlackout(text)).toBeUndefined();
  });
});
