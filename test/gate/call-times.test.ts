import { CallTimes } from '../../gate/call-times';

/** What is told after calls that took so long. */
function after(...took: number[]) {
  const times = new CallTimes();
  took.forEach((milliseconds) => times.took(milliseconds));
  return times.told();
}

describe('the times of the last calls', () => {
  it('are none before the first', () => {
    expect(after()).toBeNull();
  });

  it('are the median and what nine in ten stay within, whatever their order', () => {
    expect(after(7)).toEqual({ of: 1, median: 7, ninetieth: 7 });
    expect(after(50, 10, 40, 20, 30, 90, 60, 80, 70, 100, 110)).toEqual({
      of: 11,
      median: 60,
      ninetieth: 100,
    });
  });

  it('are those of a hundred calls: older ones are forgotten', () => {
    const slow = Array.from({ length: 100 }, () => 5_000);
    const quick = Array.from({ length: 100 }, () => 100);
    expect(after(...slow, ...quick)).toEqual({ of: 100, median: 100, ninetieth: 100 });
    expect(after(...slow, ...quick.slice(1))).toEqual({ of: 100, median: 100, ninetieth: 100 });
    expect(after(...quick, ...slow.slice(0, 60))).toMatchObject({ median: 5_000 });
  });
});
