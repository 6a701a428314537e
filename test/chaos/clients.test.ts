import { clientView, kindOf, totalOf } from '../../chaos/clients';
import type { EndedRequest } from '../../load/load';

const faultAt = 10_000;

function write(sentAt: number, elapsedMs: number, status: number | null = 201): EndedRequest {
  const fault = status === 201 ? null : 'no';
  return { kind: 'write', sentAt, elapsedMs, status, fault };
}

describe('what clients noticed of a fault', () => {
  it('measures from the fault to the first write that was sent after it and acknowledged', () => {
    const view = clientView(
      [write(9_900, 3_000), write(10_100, 500, 503), write(10_200, 3_300), write(14_000, 100)],
      faultAt,
      14_500,
    );

    expect(view.firstAcknowledgedMs).toBe(3_500);
    expect(view.longestUnwritableMs).toBe(2_900);
    expect(view.longestWaitMs).toBe(3_300);
    expect(view.writes).toEqual({ '503': 1 });
    expect(view.acknowledged).toBe(3);
  });

  it('takes a log that never took another write for unwritable until the end', () => {
    const view = clientView([write(9_000, 100), write(11_000, 20, null)], faultAt, 40_000);

    expect(view.firstAcknowledgedMs).toBeNull();
    expect(view.longestUnwritableMs).toBe(30_000);
    expect(view.writes).toEqual({ broken: 1 });
  });

  it('tells failures apart', () => {
    const read = { kind: 'read', sentAt: 0, elapsedMs: 6_000 } as const;
    expect(kindOf({ ...read, status: 200, fault: null })).toBeNull();
    expect(kindOf({ ...read, status: 200, fault: 'answered after 6000 ms' })).toBe('late');
    expect(kindOf({ ...read, status: 200, fault: 'the answer is another entry' })).toBe('untrue');
    expect(kindOf({ ...read, status: 502, fault: 'bad gateway' })).toBe('502');
    expect(kindOf({ ...read, status: 418, fault: 'teapot' })).toBe('other');
    expect(totalOf({ '502': 2, broken: 3 })).toBe(5);
  });
});
