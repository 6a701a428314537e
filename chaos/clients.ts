import type { EndedRequest } from '../load/load';

/** How a request failed, as a client sees it. */
export const failureKinds = ['409', '500', '502', '503', 'other', 'broken', 'late', 'untrue'] as const;
export type FailureKind = (typeof failureKinds)[number];
export type FailureCounts = Partial<Record<FailureKind, number>>;

/** What clients noticed of a fault. Times in milliseconds. */
export interface ClientView {
  readonly writes: FailureCounts;
  readonly reads: FailureCounts;
  /** The longest that any write took, failed or not. */
  readonly longestWaitMs: number;
  /** From the fault to the first acknowledgement of a write that was sent after it; null when there was none. */
  readonly firstAcknowledgedMs: number | null;
  /** The longest time from the fault on in which no write was acknowledged. */
  readonly longestUnwritableMs: number;
  /** Writes acknowledged from the fault on. */
  readonly acknowledged: number;
}

/** Sums up what became of requests, of which the load told in any order; `faultAt` and `endedAt` in ms since 1970. */
export function clientView(requests: readonly EndedRequest[], faultAt: number, endedAt: number): ClientView {
  const writes = requests.filter(({ kind }) => kind === 'write');
  const acknowledged = writes
    .filter(({ status }) => status === 201)
    .map(({ sentAt, elapsedMs }) => ({ sentAt, at: sentAt + elapsedMs }))
    .filter(({ at }) => at >= faultAt)
    .sort((one, other) => one.at - other.at);
  const marks = [faultAt, ...acknowledged.map(({ at }) => at), endedAt];
  const gaps = marks.slice(1).map((at, position) => at - (marks[position] ?? at));
  const first = acknowledged.find(({ sentAt }) => sentAt >= faultAt);
  return {
    writes: failuresOf(writes),
    reads: failuresOf(requests.filter(({ kind }) => kind === 'read')),
    longestWaitMs: Math.round(Math.max(0, ...writes.map(({ elapsedMs }) => elapsedMs))),
    firstAcknowledgedMs: first ? Math.round(first.at - faultAt) : null,
    longestUnwritableMs: Math.round(Math.max(0, ...gaps)),
    acknowledged: acknowledged.length,
  };
}

export function kindOf({ status, kind, fault }: EndedRequest): FailureKind | null {
  if (fault === null) {
    return null;
  }
  if (status === null) {
    return 'broken';
  }
  if (status === (kind === 'write' ? 201 : 200)) {
    return fault.startsWith('answered after') ? 'late' : 'untrue';
  }
  return failureKinds.find((known) => known === String(status)) ?? 'other';
}

function failuresOf(requests: readonly EndedRequest[]): FailureCounts {
  const counts: FailureCounts = {};
  for (const request of requests) {
    const kind = kindOf(request);
    if (kind) {
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  return counts;
}

export function totalOf(counts: FailureCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
