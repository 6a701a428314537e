import { CallTimes } from '../../gate/call-times';

/** The median after calls that took so long. */
function after(...took: number[]): number | null {
  const times = new CallTimes();
  took.forEach((milliseconds) => times.took(milliseconds));
  return times.median;
}

describe('the median of the last calls', () => {
  it('is none before the first', () => {
    expect(after()).toBeNull();
  });

  it('is that of all, whatever their order', () => {
    expect(after(7)).toBe(7);
    expect(after(50, 10, 40, 20, 30, 90, 60, 80, 70, 100, 110)).toBe(60);
  });

  it('is that of a hundred: older ones are forgotten', () => {
    const slow = Array.from({ length: 100 }, () => 5_000);
    const quick = Array.from({ length: 100 }, () => 100);
    expect(after(...slow, ...quick)).toBe(100);
    expect(after(...quick, ...slow.slice(0, 60))).toBe(5_000);
    expect(after(...quick, ...slow.slice(0, 40))).toBe(100);
  });
});
