import { seenIn } from '../../load/seen';
import type { Failure } from '../../load/figures';

const span = { from: 10_000, to: 20_000 };

function failed(request: string, sentAt: number, elapsedMs: number): Failure {
  return { time: new Date(sentAt).toISOString(), request, status: 500, body: 'no', elapsedMs };
}

function gapOf(...times: readonly number[]): number {
  return seenIn(span, { failures: [], acknowledged: times.map((at) => ({ at })) }).longestGapMs;
}

describe('what clients saw of a span of time', () => {
  it('counts failed requests that were under way in it, writes by rekor-cli among them', () => {
    const failures = [
      failed('POST /api/v1/log/entries', 9_000, 999),
      failed('POST /api/v1/log/entries', 9_000, 1_000),
      failed('rekor-cli upload', 15_000, 10),
      failed('GET /api/v1/log', 20_000, 10),
      failed('GET /api/v1/log', 20_001, 10),
    ];
    expect(seenIn(span, { failures, acknowledged: [] })).toMatchObject({ failedWrites: 2, failedReads: 1 });
  });

  it('measures the longest gap between two acknowledged writes that follow each other', () => {
    expect(gapOf(9_900, 10_100, 14_000, 14_100, 20_100)).toBe(6_000);
  });

  it('takes a gap whole that begins before it or ends after it, and none that lies outside', () => {
    expect(gapOf(2_000, 9_000, 12_000, 19_000, 22_000, 90_000)).toBe(7_000);
    expect(gapOf(3_000, 11_000, 19_900, 20_000)).toBe(8_900);
    expect(gapOf(1_000, 30_000)).toBe(29_000);
  });

  it('does not depend on the order in which acknowledgements were noted', () => {
    expect(gapOf(20_100, 14_100, 9_900, 14_000, 10_100)).toBe(6_000);
  });

  it('counts from its own begin to its own end where no write was acknowledged', () => {
    expect(gapOf()).toBe(10_000);
    expect(gapOf(10_500)).toBe(9_500);
  });
});
