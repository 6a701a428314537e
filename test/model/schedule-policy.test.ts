import { policyProblems } from '../../workflows/model/schedule-policy';

const messages = (input: unknown): string[] => policyProblems(input).map(({ message }) => message);

describe('a policy', () => {
  it.each([
    [{ log: 'production' }],
    [
      {
        log: 'production',
        windows: ['sun 02:00-05:00'],
        timeZone: 'Europe/Berlin',
        blackout: ['2026-12-24', '2026-12-31..2027-01-02'],
        due: { entries: 1_000_000, ageDays: 90, databaseBytes: 5e10 },
        atMostOnceInDays: 7,
        lull: { writesPerMinute: 0, forMinutes: 10 },
        atWindowEnd: 'go',
      },
    ],
    [{ log: 'production', windows: ['mon-sun 02:00-05:00'], lull: { quantile: 0.1, forMinutes: 5 } }],
  ])('is taken as it should be: %j', (policy) => {
    expect(messages(policy)).toEqual([]);
  });

  it.each([
    [undefined, /input is absent; allowed is one JSON object such as \{"log"/],
    ['production', /input is "production"/],
    [{}, /log is absent/],
    [
      { log: 'production', window: 'sun 02:00-05:00' },
      /window is "sun.*no such field; the fields are log, windows,/,
    ],
    [{ log: 'production', windows: 'sun 02:00-05:00' }, /windows is "sun 02:00-05:00"; allowed is a list/],
    [{ log: 'production', windows: [] }, /windows is \[\]; allowed is a list of at least one/],
    [{ log: 'production', windows: ['sunday'] }, /windows is \["sunday"\]; allowed is .*"sun 02:00-05:00"/],
    [{ log: 'production', timeZone: 1 }, /timeZone is 1;.*Europe\/Berlin/],
    [{ log: 'production', blackout: ['2026-02-30'] }, /blackout is \["2026-02-30"\]/],
    [
      { log: 'production', due: {} },
      /due is \{\}; allowed is at least one of entries, ageDays, databaseBytes/,
    ],
    [{ log: 'production', due: { entries: '5' } }, /due\.entries is "5"; allowed is a whole number/],
    [{ log: 'production', due: { age: 5 } }, /due\.age is 5; .*entries, ageDays, databaseBytes/],
    [{ log: 'production', due: { databaseBytes: 5 } }, /due\.databaseBytes is 5; .*atMostOnceInDays/],
    [{ log: 'production', atMostOnceInDays: 0.5 }, /atMostOnceInDays is 0.5/],
    [{ log: 'production', atWindowEnd: 'go' }, /atWindowEnd is "go"; allowed is nothing: without a lull/],
    [
      { log: 'production', lull: { writesPerMinute: 5, forMinutes: 10 } },
      /windows is absent; allowed is a list where there is a lull/,
    ],
    [
      {
        log: 'production',
        windows: ['sun 02:00-05:00'],
        lull: { writesPerMinute: 5, quantile: 1, forMinutes: 1 },
      },
      /lull is .*exactly one of writesPerMinute and quantile/,
    ],
    [
      { log: 'production', windows: ['sun 02:00-05:00'], lull: { quantile: 0.5 } },
      /lull\.forMinutes is absent/,
    ],
  ])('is refused when it is %j', (policy, words) => {
    const problems = policyProblems(policy);
    expect(problems.map(({ code }) => code)).toEqual(['REQUEST_INVALID']);
    expect(problems[0]?.message).toMatch(words);
  });

  it('is told everything that is wrong at once', () => {
    expect(
      messages({
        log: 7,
        windows: ['x'],
        timeZone: null,
        blackout: [1],
        due: 1,
        lull: 1,
        atWindowEnd: 'stay',
        when: 1,
      }),
    ).toHaveLength(8);
  });
});
