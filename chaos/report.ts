import type { CellRecord } from './cell';
import { totalOf, type FailureCounts } from './clients';
import { stepNames } from '../workflows/rotation';
import type { StepName } from '../workflows/model/steps';
import { nameOf, parts, type Part } from './matrix';

/** One row of the table: all cells of one part in one step. Times in milliseconds. */
export interface Row {
  readonly part: Part;
  readonly step: StepName;
  readonly cells: number;
  /** How often each outcome came, the most frequent first. */
  readonly outcomes: readonly (readonly [outcome: string, times: number])[];
  readonly failedWrites: FailureCounts;
  readonly failedReads: FailureCounts;
  /** The longest of all its cells. */
  readonly longestWaitMs: number;
  readonly untilWritableMs: number;
  readonly lostEntries: number;
  readonly signedTwice: number;
  readonly failedCells: number;
}

/** Sums cells up by part and step, in the order of the matrix. */
export function rowsOf(records: readonly CellRecord[]): Row[] {
  return parts.flatMap((part) =>
    stepNames.flatMap((step) => {
      const cells = records.filter((record) => record.part === part && record.step === step);
      return cells.length === 0 ? [] : [rowOf(part, step, cells)];
    }),
  );
}

function rowOf(part: Part, step: StepName, cells: readonly CellRecord[]): Row {
  const times = new Map<string, number>();
  for (const { outcome } of cells) times.set(outcome, (times.get(outcome) ?? 0) + 1);
  const longest = (of: (record: CellRecord) => number) => Math.max(...cells.map(of));
  const sum = (of: (record: CellRecord) => number) => cells.reduce((total, cell) => total + of(cell), 0);
  return {
    part,
    step,
    cells: cells.length,
    outcomes: [...times].sort(([, one], [, other]) => other - one),
    failedWrites: added(cells.map(({ clients }) => clients.writes)),
    failedReads: added(cells.map(({ clients }) => clients.reads)),
    longestWaitMs: longest(({ clients }) => clients.longestWaitMs),
    untilWritableMs: longest(({ clients }) => clients.longestUnwritableMs),
    lostEntries: sum(({ lostEntries }) => lostEntries),
    signedTwice: sum(({ signedTwice }) => signedTwice),
    failedCells: cells.filter(({ problems }) => problems.length > 0).length,
  };
}

function added(counts: readonly FailureCounts[]): FailureCounts {
  const sums: FailureCounts = {};
  for (const each of counts) {
    for (const [kind, count] of Object.entries(each)) {
      const known = kind as keyof FailureCounts;
      sums[known] = (sums[known] ?? 0) + count;
    }
  }
  return sums;
}

/** One line when a cell has ended, in 80 columns or little more. */
export function progressLine(done: number, of: number, record: CellRecord, seconds: number): string {
  const { outcome, clients, problems } = record;
  const failed = totalOf(clients.writes) + totalOf(clients.reads);
  const how = problems.length === 0 ? outcome : `FAILED (${outcome})`;
  return (
    `${String(done).padStart(String(of).length)}/${of} ${nameOf(record)}: ${how}, ` +
    `${failed} failed, writable after ${inSeconds(clients.longestUnwritableMs)}, ${seconds.toFixed(0)} s`
  );
}

/** The table for a terminal: 80 columns. A row with many outcomes takes more lines than one. */
export function tableText(records: readonly CellRecord[]): string {
  const rows = rowsOf(records).flatMap((row) => {
    const [first = '', ...more] = row.outcomes.map(([outcome, times]) => `${times} ${outcome}`);
    return [
      tableLine(
        row.part,
        row.step,
        first,
        String(totalOf(row.failedWrites)),
        String(totalOf(row.failedReads)),
        inSeconds(row.longestWaitMs),
        inSeconds(row.untilWritableMs) + (row.failedCells > 0 ? ' !' : ''),
      ),
      ...more.map((outcome) => tableLine('', '', outcome)),
    ];
  });
  return [
    tableLine('part', 'step', 'outcome', 'failed', 'failed', 'longest', 'writable'),
    tableLine('', '', '', 'writes', 'reads', 'wait', 'after'),
    ...rows,
  ].join('\n');
}

function tableLine(part: string, step: string, outcome: string, ...figures: readonly string[]): string {
  const widths = [8, 8, 10, 11];
  const right = figures.map((figure, position) => figure.padStart(widths[position] ?? 0));
  return [part.padEnd(12), step.padEnd(12), outcome.padEnd(18), ...right].join('').trimEnd();
}

/** What is said last: the sums, and what is wrong. */
export function summaryText(records: readonly CellRecord[]): string {
  return [
    ...failedIn(records).flatMap((record) => [
      `FAILED: ${nameOf(record)}`,
      ...record.problems.map((problem) => `  - ${problem}`),
    ]),
    sumsText(records),
  ].join('\n');
}

function sumsText(records: readonly CellRecord[]): string {
  const lost = records.reduce((sum, { lostEntries }) => sum + lostEntries, 0);
  const twice = Math.max(0, ...records.map(({ signedTwice }) => signedTwice));
  return `${records.length} cells, ${failedIn(records).length} failed, ${lost} lost, ${twice} signed twice`;
}

function failedIn(records: readonly CellRecord[]): readonly CellRecord[] {
  return records.filter(({ problems }) => problems.length > 0);
}

/** docs/failure-matrix.md: the same table. */
export function matrixDocument(records: readonly CellRecord[]): string {
  const rows = rowsOf(records).map(
    (row) =>
      `| ${row.part} | ${row.step} | ${outcomesText(row)} | ${countsText(row.failedWrites)} | ` +
      `${countsText(row.failedReads)} | ${inSeconds(row.longestWaitMs)} | ${inSeconds(row.untilWritableMs)} | ` +
      `${row.lostEntries} | ${row.signedTwice} |`,
  );
  return [
    '# The matrix of failures',
    '',
    'Made by `npm run chaos`, which writes it to out/chaos/failure-matrix.md. Do not edit it.',
    '[failures.md](failures.md#the-matrix) says what the columns mean.',
    '',
    '| part | step | outcome | failed writes | failed reads | longest wait | writable after | lost | signed twice |',
    '| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `${sumsText(records)}.`,
    '',
  ].join('\n');
}

/** Every cell, as a table in Markdown. */
export function cellsDocument(records: readonly CellRecord[]): string {
  return [
    '| fault | step | moment | workers | outcome | attempts | failed writes | failed reads | longest wait | writable after | problems |',
    '| --- | --- | --- | ---: | --- | ---: | --- | --- | ---: | ---: | --- |',
    ...records.map(
      ({ part, step, moment, fault, workers, outcome, attempts, clients, problems }) =>
        `| ${fault} ${part} | ${step} | ${moment} | ${workers} | ${outcome} | ${attempts} | ` +
        `${countsText(clients.writes)} | ${countsText(clients.reads)} | ${inSeconds(clients.longestWaitMs)} | ` +
        `${inSeconds(clients.longestUnwritableMs)} | ${problems.join('; ') || '-'} |`,
    ),
    '',
  ].join('\n');
}

function outcomesText({ outcomes }: Row): string {
  return outcomes.map(([outcome, times]) => `${times} ${outcome}`).join(', ');
}

function countsText(counts: FailureCounts): string {
  const said = Object.entries(counts).map(([kind, count]) => `${count} x ${kind}`);
  return said.length === 0 ? '0' : said.join(', ');
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
