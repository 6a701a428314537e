import { fieldProblems, invalid, type Field } from './fields';
import type { Refusal } from './refusals';

/** How few writes a log has to take, and for how long, before it counts as quiet. */
export interface Lull {
  /** At most so many writes a minute. Exactly one of this and `quantile` is given. */
  readonly writesPerMinute?: number;
  /** As few as the quietest share of the hours of the week has had on average of late; above 0, at most 1. */
  readonly quantile?: number;
  /** For so many minutes; a whole number from 1 to 1,440. */
  readonly forMinutes: number;
}

/** For whose writes to wait, and for how long. */
export interface WatchWritesInput {
  readonly log: string;
  readonly lull: Lull;
  /** From the beginning of its first try; milliseconds. Of more than two weeks, only so many count (deadlines.ts). */
  readonly forAtMostMs: number;
}

/** What somebody has seen who watched the writes of a log for a while. */
export interface WritesWatched {
  /** Whether it was quiet for long enough. */
  readonly lull: boolean;
  /** The rate of the last `forMinutes`; null while so much has not been counted without a gap. */
  readonly writesPerMinute: number | null;
  /** At most so many writes a minute are a lull; null where the log could not be read for its quantile. */
  readonly mostPerMinute: number | null;
  /** Who counted: the gate every write, the tree only new entries. Null where nobody could be asked at the end. */
  readonly countedBy: 'gate' | 'tree' | null;
  /** Why nobody could be asked at the end; null when somebody was. */
  readonly unread: Refusal | null;
  /** When the watching began and ended, ISO 8601. */
  readonly from: string;
  readonly to: string;
}

/** The same for people, in a sentence. */
export function watchedText({
  writesPerMinute,
  mostPerMinute,
  countedBy,
  unread,
  to,
}: WritesWatched): string {
  if (countedBy === null || mostPerMinute === null) {
    return `Nobody counted the writes at ${to}${unread ? `: ${unread.message}` : '.'}`;
  }
  const rate = writesPerMinute === null ? 'not known yet' : String(Math.round(writesPerMinute * 100) / 100);
  return `Writes a minute at ${to}: ${rate}, counted by the ${countedBy}; at most ${mostPerMinute} are a lull.`;
}

const LONGEST_MINUTES = 1_440;

const fields = {
  writesPerMinute: { allowed: 'a number from 0', fits: (value) => isNumber(value) && value >= 0 },
  quantile: {
    allowed: 'a number above 0 and at most 1, such as 0.1 for the quietest tenth',
    fits: (value) => isNumber(value) && value > 0 && value <= 1,
  },
  forMinutes: {
    allowed: `a whole number of minutes from 1 to ${LONGEST_MINUTES}`,
    fits: (value) => isNumber(value) && Number.isInteger(value) && value >= 1 && value <= LONGEST_MINUTES,
  },
} satisfies Record<keyof Lull, Field>;

/**
 * Everything that is wrong with a lull as somebody wrote it; empty for a `Lull`.
 *
 * @param field where it was written, such as `lull`.
 */
export function lullProblems(value: unknown, field: string): Refusal[] {
  const example = '{"writesPerMinute": 10, "forMinutes": 5}';
  const problems = fieldProblems(value, fields, ['forMinutes'], example, field);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problems;
  }
  const { writesPerMinute, quantile }: Partial<Record<keyof Lull, unknown>> = value;
  return (writesPerMinute === undefined) === (quantile === undefined)
    ? [...problems, invalid(field, value, 'exactly one of writesPerMinute and quantile')]
    : problems;
}

/**
 * The smallest of these rates that at least this share of them does not exceed.
 *
 * @param rates at least one.
 * @param share above 0, at most 1.
 */
export function atQuantile(rates: readonly number[], share: number): number {
  const sorted = [...rates].sort((one, other) => one - other);
  // A product such as 0.07 * 100 is a little more than what it stands for.
  const position = Math.ceil(share * sorted.length - 1e-9) - 1;
  return sorted[Math.max(position, 0)] ?? NaN;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
