import type { Acknowledgement } from './acknowledgement';
import type { Failure } from './figures';

/** A span of time; milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What clients without retries saw of a log in a span of time. */
export interface Seen {
  /** Of the requests that were under way in the span, by `rekor-cli` as well. */
  readonly failedWrites: number;
  readonly failedReads: number;
  /** The longest time between two acknowledged writes that follow each other, as far as it touches the span. Milliseconds. */
  readonly longestGapMs: number;
}

/** Sums up a span of a load that went on before and after it; where it did not, the span's own ends count. */
export function seenIn(
  span: Span,
  clients: {
    readonly failures: readonly Failure[];
    readonly acknowledged: readonly Pick<Acknowledgement, 'at'>[];
  },
): Seen {
  const failed = clients.failures.filter(({ time, elapsedMs }) => {
    const sentAt = Date.parse(time);
    return sentAt <= span.to && sentAt + elapsedMs >= span.from;
  });
  const failedReads = failed.filter(({ request }) => request.startsWith('GET ')).length;
  return {
    failedWrites: failed.length - failedReads,
    failedReads,
    longestGapMs: longestGap(
      span,
      clients.acknowledged.map(({ at }) => at),
    ),
  };
}

function longestGap({ from, to }: Span, times: readonly number[]): number {
  const before = Math.max(...times.filter((time) => time <= from));
  const after = Math.min(...times.filter((time) => time >= to));
  const begin = Number.isFinite(before) ? before : from;
  const end = Number.isFinite(after) ? after : to;
  const within = [begin, ...times.filter((time) => time > from && time < to), end].sort((a, b) => a - b);
  return Math.max(...within.slice(1).map((time, position) => time - (within[position] ?? time)));
}
