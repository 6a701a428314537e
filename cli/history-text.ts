import { counted, entries } from '../workflows/model/counted';
import { refusedText } from '../workflows/model/refused-writes';
import type { RotationResult } from '../workflows/model/result';
import type { Ended, EndedRotation } from './ended';
import type { Terminal } from './terminal';
import { spoken, table, wrap, type Row } from './text';
import { whenText } from './times';

/** What has ended of a log, newest first, for people. */
export function historyText(
  log: string,
  { ended, more, keptForMs }: Ended,
  reader: Pick<Terminal, 'columns' | 'timeZone'>,
): string {
  const { columns } = reader;
  const count = counted(ended.length, 'rotation or recovery', 'rotations and recoveries');
  const head =
    ended.length === 0
      ? `${log}: no rotation or recovery that has ended.`
      : `${log}: ${count} that ended, newest first.${more ? ' There may be more: see --limit.' : ''}`;
  return [
    ...wrap(head, columns),
    ...ended.flatMap((one) => ['', ...endedLines(one, reader)]),
    '',
    ...wrap(forgetsText(keptForMs), columns),
  ].join('\n');
}

/** The same for programs: what a person is told, without plans and checks. */
export function historyForPrograms(log: string, { ended, more, keptForMs }: Ended): object {
  return {
    log,
    ended: ended.map(({ result, ...one }) => ({
      ...one,
      tookMs: tookMs(one),
      ...(result && withoutWhatIsLong(result)),
    })),
    more,
    keptForMs,
  };
}

function withoutWhatIsLong(result: RotationResult): object {
  const long = ['plan', 'checks', 'signed'];
  return Object.fromEntries(Object.entries(result).filter(([field]) => !long.includes(field)));
}

function forgetsText(keptForMs: number | null): string {
  const hours = keptForMs === null ? undefined : Math.round(keptForMs / 3_600_000);
  const kept =
    hours === undefined
      ? "when its namespace's retention is over"
      : `${hours % 24 === 0 ? counted(hours / 24, 'day') : counted(hours, 'hour')} after it has ended, its namespace's retention`;
  return `Temporal forgets a workflow ${kept}. What ended before that is not here.`;
}

function endedLines(
  one: EndedRotation,
  { columns, timeZone }: Pick<Terminal, 'columns' | 'timeZone'>,
): string[] {
  const { what, workflowId, endedAt, startedAt, result, problem } = one;
  const head = `${whenText(endedAt, timeZone)}  ${result?.kind ?? what} ${result?.outcome ?? 'without a result'}`;
  const rows: readonly Row[] = [
    ['  Rotation', result?.rotationId],
    ['  Workflow', workflowId],
    ['  Began', `${whenText(startedAt, timeZone)}, took ${spoken(tookMs(one))}`],
    ['  Trees', result && treesText(result)],
    ['  Write stall', result && stallText(result)],
    ...(result?.approvals ?? []).map(({ who, key }): Row => [
      '  Approved',
      key === null ? `by ${who}, as they say; nobody checked that` : `by ${who}, with the key ${key}`,
    ]),
    ...(result?.interventions ?? []).map(({ instruction, who, why }): Row => [
      '  Told',
      `${instruction}, by ${who}: ${why}`,
    ]),
    ['  Why', result?.reason ?? problem],
  ];
  return [...wrap(head, columns), ...table(rows, columns)];
}

function tookMs({ startedAt, endedAt }: Pick<EndedRotation, 'startedAt' | 'endedAt'>): number {
  return Math.max(Date.parse(endedAt) - Date.parse(startedAt), 0);
}

function treesText({ currentTree, nextTree }: RotationResult): string | undefined {
  const { treeId, size } = currentTree ?? {};
  if (treeId === undefined) {
    return undefined;
  }
  const current = `${treeId}${size === undefined ? '' : ` (${entries(size)})`}`;
  return nextTree ? `${current}, then ${nextTree.treeId} from index ${nextTree.firstIndex} on` : current;
}

function stallText({ writes }: RotationResult): string | undefined {
  if (!writes) {
    return undefined;
  }
  const { stallMs, longestWaitMs, held, refused } = writes;
  if (held + refused === 0) {
    return 'none: no write had to wait';
  }
  const stall = stallMs === null ? 'its end was not seen' : spoken(stallMs);
  return `${stall}, longest wait ${spoken(longestWaitMs)}; ${held} held, ${refusedText(writes)}`;
}
