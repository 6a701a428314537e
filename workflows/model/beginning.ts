import { fieldProblems, invalid, type Field } from './fields';
import { isTime } from './times';
import { lullProblems, type Lull } from './lull';
import type { Refusal } from './refusals';
import { shown } from './shown';

/** When a rotation that was asked for may begin. Nothing is staged and no lock is held before (H27). */
export interface Beginning {
  /** Not before this time, ISO 8601; at once without it. */
  readonly notBefore?: string;
  /** Not after this time, ISO 8601. A lull needs one. */
  readonly notAfter?: string;
  /** Once the log is quiet. */
  readonly lull?: Lull;
  /** What happens when no lull has come by `notAfter`. Default `skip`: the rotation ends `skipped`. */
  readonly atEnd?: 'go' | 'skip';
}

/** Between the end of a wait and the beginning lie two looks at the log, for which there is so much time. Milliseconds. */
const LOOKS_MS = 60_000;

/** When a rotation that was not to begin after a time begins at the latest; milliseconds since the epoch. */
export function latestBeginning(notAfter: string): number {
  return Date.parse(notAfter) + LOOKS_MS;
}

/** A rotation that has begun may be carried on by its preparation, by pauses and by outages. Milliseconds. */
const CARRIED_ON_MS = 3_600_000;

/** When the writes of a rotation that was not to begin after a time are held at the latest; ISO 8601. */
export function latestHold(notAfter: string): string {
  return new Date(Date.parse(notAfter) + CARRIED_ON_MS).toISOString();
}

/** Until when a wait may last, so that the rotation begins while its approvals count; milliseconds since the epoch. */
export function latestWait(approvedUntil: string): number {
  return Date.parse(approvedUntil) - LOOKS_MS;
}

/** So long ahead a rotation may wait. */
export const MOST_DAYS_AHEAD = 31;

/** Everything that is wrong with when a rotation is to begin, as somebody wrote it in the field `begin`. */
export function beginningProblems(begin: object, nowMs: number): Refusal[] {
  const latestMs = nowMs + MOST_DAYS_AHEAD * 86_400_000;
  const time = `a time in UTC such as ${new Date(nowMs + 3_600_000).toISOString()}, at most ${MOST_DAYS_AHEAD} days ahead`;
  const isBy = (value: unknown): value is string => isTime(value) && Date.parse(value) <= latestMs;
  const fields = {
    notBefore: { allowed: time, fits: isBy },
    notAfter: {
      allowed: `${time} and later than now`,
      fits: (value) => isBy(value) && Date.parse(value) > nowMs,
    },
    lull: { allowed: '', fits: () => true },
    atEnd: { allowed: 'go or skip', fits: (value) => value === 'go' || value === 'skip' },
  } satisfies Record<keyof Beginning, Field>;
  const problems = fieldProblems(begin, fields, [], '{"notAfter": "..."}', 'begin');
  const { notBefore, notAfter, lull }: Partial<Record<keyof Beginning, unknown>> = begin;
  return [
    ...problems,
    ...(lull === undefined ? [] : lullProblems(lull, 'begin.lull')),
    ...(lull !== undefined && notAfter === undefined
      ? [invalid('begin.notAfter', notAfter, `${time}: a lull is waited for until then`)]
      : []),
    ...(isTime(notBefore) && isTime(notAfter) && Date.parse(notBefore) >= Date.parse(notAfter)
      ? [invalid('begin.notAfter', notAfter, `a time after begin.notBefore, which is ${shown(notBefore)}`)]
      : []),
  ];
}
