import { PastGateWindow } from '../../activities/past-gate-window';

/** A window to which a sample is added at each of these seconds: what Rekor has answered, and what the gate has sent of it. */
function windowOf(
  ...samples: readonly (readonly [seconds: number, atRekor: number, throughGate: number, of?: string])[]
): PastGateWindow {
  const window = new PastGateWindow();
  for (const [seconds, atRekor, throughGate, of = 'both'] of samples) {
    window.add({ atMs: seconds * 1_000, of, atRekor, throughGate });
  }
  return window;
}

describe('what passes the gate', () => {
  it('is what Rekor has answered and the gate has not sent, whatever either had counted before', () => {
    const window = windowOf([0, 1_000, 40], [1, 1_003, 41], [2, 1_004, 42], [3, 1_007, 44]);
    expect([window.passed, window.throughGate, window.quietForMs]).toEqual([3, 4, 0]);
    expect(window.passedWithin(2_000)).toBe(1);
    expect(window.passedWithin(60_000)).toBe(3);
  });

  it('is nothing for as long as both grow by the same', () => {
    const window = windowOf([0, 10, 0], [1, 11, 0], [2, 14, 3], [5, 30, 19], [61, 111, 100]);
    expect([window.passed, window.throughGate, window.quietForMs]).toEqual([1, 100, 60_000]);
    expect(window.passedWithin(60_000)).toBe(0);
  });

  it('is not what the gate only counts a moment later', () => {
    const window = windowOf([0, 10, 0], [1, 12, 1], [2, 13, 3], [3, 14, 4]);
    expect([window.passed, window.quietForMs]).toEqual([0, 3_000]);
    // Until then nobody can tell.
    expect(windowOf([0, 10, 0], [1, 12, 1]).quietForMs).toBe(0);
  });

  it('is believed at the least that any later sample tells', () => {
    // A first sample that has too much would hide as much afterwards.
    const window = windowOf([0, 12, 0], [1, 10, 0], [2, 12, 0], [3, 13, 1]);
    expect([window.passed, window.quietForMs]).toEqual([2, 1_000]);
  });

  it('is looked for anew where another process counts, or nobody could, and what was seen stays seen', () => {
    const restarted = windowOf([0, 10, 0], [30, 13, 1], [31, 2, 1, 'another'], [32, 3, 2, 'another']);
    expect([restarted.passed, restarted.throughGate, restarted.quietForMs]).toEqual([2, 2, 1_000]);
    const gap = windowOf([0, 10, 0], [30, 13, 1]);
    gap.beginAnew();
    expect([gap.passed, gap.throughGate, gap.quietForMs, gap.passedWithin(60_000)]).toEqual([2, 1, 0, 0]);
    gap.add({ atMs: 40_000, of: 'both', atRekor: 20, throughGate: 1 });
    expect([gap.passed, gap.quietForMs]).toEqual([2, 0]);
  });
});
