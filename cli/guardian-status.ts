import { absenceOf, type Guardian } from '../workers/guardian';
import { counted, entries } from '../workflows/model/counted';
import type { Serving } from '../workflows/model/guarding';
import type { Refusal } from '../workflows/model/refusals';
import { sourceInShort } from './owners-text';
import { ago, table, type Row } from './text';

/** What the guardian of a log has seen, and whether it still looks; a part of what `status --json` prints. */
export interface GuardianStatus {
  /** When its last look ended, ISO 8601; null when Temporal remembers none. */
  readonly lastLook: string | null;
  /** Seconds since then. */
  readonly lastLookAgeSeconds: number | null;
  /** What that look found wrong, and that nobody looks any more (GUARDIAN_SILENT). */
  readonly alarms: readonly Refusal[];
  /** What served in that look; null when it could not tell, or a rotation or recovery has been there since. */
  readonly serves: Serving | null;
  /** The last look ended before the last rotation or recovery did. */
  readonly isOlder: boolean;
  /** A look that ended without a result, after the last one with a result. */
  readonly failure: { readonly at: string; readonly reason: string } | null;
  /** Why Temporal could not be asked; null when it could. */
  readonly problem: string | null;
}

export interface Around {
  readonly log: string;
  /** How often the guardian looks, by this program's configuration; milliseconds. */
  readonly everyMs: number;
  /** When the last rotation or recovery ended; null while one is open. Absent when there was none. */
  readonly rotatedAt?: Date | null;
}

/** What to say of a guardian. */
export function guardianStatus(
  guardian: Guardian,
  { log, everyMs, rotatedAt }: Around,
  now: Date,
): GuardianStatus {
  const { schedule, lastLook, failure } = guardian;
  const known = schedule.state === 'missing' ? undefined : schedule;
  const awaited = { log, everyMs: known?.everyMs ?? everyMs, since: known?.madeAt ?? new Date(0) };
  const absence = absenceOf(guardian, awaited, now);
  const endedAt = lastLook?.endedAt ?? null;
  const isOlder = endedAt !== null && rotatedAt instanceof Date && endedAt < rotatedAt;
  const isOpen = rotatedAt === null;
  return {
    lastLook: endedAt && endedAt.toISOString(),
    lastLookAgeSeconds: endedAt && secondsBetween(endedAt, now),
    alarms: [...(lastLook?.result.alarms ?? []), ...(absence ? [absence] : [])],
    serves: (isOlder || isOpen ? undefined : lastLook?.result.serves) ?? null,
    isOlder,
    failure: failure && { at: failure.at.toISOString(), reason: failure.reason },
    problem: null,
  };
}

/** What to say when Temporal could not be asked for it. */
export function unknownGuardian(problem: string): GuardianStatus {
  return {
    ...{ lastLook: null, lastLookAgeSeconds: null, alarms: [], serves: null },
    ...{ isOlder: false, failure: null, problem },
  };
}

function secondsBetween(before: Date, now: Date): number {
  return Math.max(Math.round((now.getTime() - before.getTime()) / 1000), 0);
}

/** What serves, when somebody looked last, and what is wrong. */
export function guardianLines(guardian: GuardianStatus, columns: number): string[] {
  const { alarms, serves, failure, problem } = guardian;
  const rows: readonly Row[] = [
    ...(serves ? servingRows(serves) : []),
    ['  Guardian', problem === null ? lookText(guardian) : `cannot be asked for: ${problem}`],
    ['  Failed look', failure && `at ${failure.at}: ${failure.reason}`],
    ...alarms.map(({ code, message, remedy }): Row => ['  ALARM', `${message} ${remedy} (${code})`]),
  ];
  return table(rows, columns);
}

function lookText({ lastLook, lastLookAgeSeconds, alarms, isOlder }: GuardianStatus): string {
  if (lastLook === null || lastLookAgeSeconds === null) {
    return 'no look is known to have ended';
  }
  const found = alarms.length === 0 ? 'nothing wrong' : counted(alarms.length, 'alarm');
  const before = isOlder ? ', before the last rotation had ended' : '';
  return `looked ${ago(lastLookAgeSeconds * 1000)}${before}: ${found}`;
}

const gateModes = {
  pass: 'the gate passes writes',
  hold: 'the gate holds writes',
  healing: 'the gate passes writes, after a hold that nobody ended',
} as const;

function servingRows(serves: Serving): Row[] {
  const { release, treeId, state, size, nextIndex, gate, inserted, instances, sourceOfTruth } = serves;
  const tree = `${release}, tree ${treeId} (${state}), ${entries(size)}, next index ${nextIndex}; ${gate === undefined ? 'without a gate' : gateModes[gate]}`;
  const inserting =
    inserted &&
    (inserted.now
      ? `inserted at ${inserted.at}: clients come through the gate`
      : `not inserted at ${inserted.at}: clients reach Rekor without it`);
  const rekor = instances?.map(({ name, proven }) =>
    proven
      ? `${name} has loaded exactly the shards and lengths that Trillian has`
      : `${name} has NOT loaded the shards and lengths that Trillian has`,
  );
  return [
    ['  Serves now', tree],
    ['  Gate', inserting],
    ['  Rekor', rekor?.join('; ') ?? 'not every process answered'],
    ['  Source', sourceOfTruth && sourceInShort(sourceOfTruth)],
  ];
}
