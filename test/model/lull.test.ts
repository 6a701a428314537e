import { atQuantile, lullProblems } from '../../workflows/model/lull';

describe('a lull as somebody wrote it', () => {
  it.each([
    { writesPerMinute: 0, forMinutes: 1 },
    { writesPerMinute: 2.5, forMinutes: 1440 },
    { quantile: 1, forMinutes: 10 },
    { quantile: 0.001, forMinutes: 10, writesPerMinute: undefined },
  ])('may be %j', (lull) => {
    expect(lullProblems(lull, 'lull')).toEqual([]);
  });

  it.each([
    [null, 'lull is null; allowed is one JSON object'],
    [[], 'lull is []; allowed is one JSON object'],
    [undefined, 'lull is absent; allowed is one JSON object'],
    [{ forMinutes: 5 }, 'lull is {"forMinutes":5}; allowed is exactly one of writesPerMinute and quantile'],
    [{ forMinutes: 5, quantile: 0.1, writesPerMinute: 1 }, 'exactly one of writesPerMinute and quantile'],
    [{ quantile: 0, forMinutes: 5 }, 'lull.quantile is 0; allowed is a number above 0 and at most 1'],
    [{ quantile: 10, forMinutes: 5 }, 'lull.quantile is 10; allowed is a number above 0 and at most 1'],
    [{ writesPerMinute: -1, forMinutes: 5 }, 'lull.writesPerMinute is -1; allowed is a number from 0'],
    [{ writesPerMinute: '3', forMinutes: 5 }, 'lull.writesPerMinute is "3"; allowed is a number from 0'],
    [
      { writesPerMinute: 3 },
      'lull.forMinutes is absent; allowed is a whole number of minutes from 1 to 1440',
    ],
    [{ writesPerMinute: 3, forMinutes: 0 }, 'lull.forMinutes is 0; allowed is a whole number'],
    [{ writesPerMinute: 3, forMinutes: 1.5 }, 'lull.forMinutes is 1.5; allowed is a whole number'],
    [{ writesPerMinute: 3, forMinutes: 1441 }, 'lull.forMinutes is 1441; allowed is a whole number'],
    [{ writesPerMinute: 3, forMinutes: 5, minutes: 5 }, 'lull.minutes is 5; allowed is nothing'],
  ])('may not be %j', (lull, words) => {
    const problems = lullProblems(lull, 'lull');
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(words);
  });

  it('tells everything that is wrong at once, under the name of its field', () => {
    const problems = lullProblems({ quantil: 0.1, forMinutes: 0 }, 'policy.lull');
    expect(problems.map(({ message }) => / (policy\.[\w.]+) is /.exec(message)?.[1])).toEqual([
      'policy.lull.quantil',
      'policy.lull.forMinutes',
      'policy.lull',
    ]);
  });
});

it('a quantile is the smallest rate that its share of all does not exceed', () => {
  const rates = Array.from({ length: 100 }, (_, position) => 100 - position);
  expect([0.001, 0.01, 0.07, 0.5, 0.501, 1].map((share) => atQuantile(rates, share))).toEqual([
    ...[1, 1, 7, 50, 51, 100],
  ]);
  expect(atQuantile([3], 0.1)).toBe(3);
});
