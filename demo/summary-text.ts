import type { Figures } from '../load/figures';
import type { Seen } from '../load/seen';
import { TIMES_SHORTER, type RunbookSummary } from './runbook-summary';
import { complaints, type RotationSummary, type Summary } from './summary';

const COLUMNS = 80;

/** The summary at a glance: at most 80 columns, without colours. */
export function summaryText(summary: Summary): string {
  const found = complaints(summary);
  return [
    ...summary.rotations.flatMap((rotation, position) => [
      ...rotationText(rotation, position + 1, summary.floorMs),
      '',
    ]),
    columns('', 'attempted', 'failed', 'median', '99 %', 'longest'),
    figuresText('writes', summary.writes),
    figuresText('reads', summary.reads),
    '',
    columns('', 'acknowledged', 'lost', 'index twice', 'proofs valid'),
    columns(
      'entries',
      summary.acknowledged,
      summary.lostEntries,
      summary.duplicateIndexes,
      summary.proofsVerified,
    ),
    '',
    ...(summary.runbook === undefined ? [] : [...runbookText(summary.runbook, summary.rotations), '']),
    ...(found.length === 0
      ? [`Rotations moved the log to a new shard ${summary.rotations.length} times, and no request failed.`]
      : ['NOT CLEAN:', ...found.flatMap((line) => wrapped(line, '  - ', '    '))]),
  ].join('\n');
}

function rotationText(rotation: RotationSummary, number: number, floorMs: number): string[] {
  const { outcome, reason, currentTreeId, nextTreeId, frozenSize, writeStallMs, ratio } = rotation;
  if (outcome !== 'completed') return [`Rotation ${number}   ${outcome}`, ...wrapped(reason, '  ', '  ')];
  const stall =
    writeStallMs === null ? 'no write came meanwhile' : `${ms(writeStallMs)}, ${ratio ?? '-'} x the floor`;
  return [
    `Rotation ${number}   ${outcome} in ${seconds(rotation.wholeMs)}`,
    row('tree', `${currentTreeId ?? '-'} -> ${nextTreeId ?? '-'}`),
    ...(rotation.newKey === null
      ? []
      : [row('new key', `${rotation.newKey.slice(0, 16)}... from the new tree on`)]),
    row('frozen at', `${frozenSize ?? '-'} entries`),
    row('write stall', `${stall} (${ms(floorMs)})`),
    row('longest wait', `${ms(rotation.longestWaitMs)} of any write in the gate`),
    row('history', `${rotation.historyEvents} events`),
  ];
}

/** One table for both, and what it says in words: what the runbook did wrong is no failure of a rotation. */
function runbookText(runbook: RunbookSummary, rotations: readonly RotationSummary[]): string[] {
  const seen = (name: string, wholeMs: number, { failedWrites, failedReads, longestGapMs }: Seen): string =>
    columns(name, failedWrites, failedReads, ms(longestGapMs), seconds(wholeMs));
  const { timesLonger, acknowledged, lostEntries, duplicateIndexes, proofsVerified } = runbook;
  const verdict =
    timesLonger >= TIMES_SHORTER
      ? `The longest gap of the runbook is ${timesLonger} x that of a rotation.`
      : `NOT ${TIMES_SHORTER} x SHORTER: the longest gap of the runbook is only ${timesLonger} x that of a rotation.`;
  const kept =
    `Of ${acknowledged} entries that it acknowledged ${lostEntries} are lost, ` +
    `${duplicateIndexes} indexes were given twice, and ${proofsVerified} proofs are valid.`;
  return [
    'The scripted runbook (freeze, new configuration, rolling restart), same cluster',
    columns('', 'failed writes', 'failed reads', 'longest gap', 'whole'),
    ...rotations.map((one, position) => seen(`rotation ${position + 1}`, one.wholeMs, one)),
    seen('runbook', runbook.wholeMs, runbook),
    ...wrapped(verdict, '  ', '  '),
    ...wrapped(kept, '  ', '  '),
    '  A gap is the time between two acknowledged writes that follow each other.',
  ];
}

function figuresText(name: string, { attempted, failed, p50Ms, p99Ms, maxMs }: Figures): string {
  return columns(name, attempted, failed, ms(p50Ms), ms(p99Ms), ms(maxMs));
}

function columns(name: string, ...cells: readonly (string | number)[]): string {
  return `  ${name.padEnd(10)}${cells.map((cell) => String(cell).padStart(13)).join('')}`;
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(14)}${value}`;
}

/** Breaks a text between words, so that no line with its indentation has more than 80 columns. */
function wrapped(text: string, first: string, others: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(/\s+/)) {
    const separator = line === first || line === others ? '' : ' ';
    if (line.length + separator.length + word.length > COLUMNS && separator !== '') {
      lines.push(line);
      line = others + word;
    } else {
      line += separator + word;
    }
  }
  return [...lines, line];
}

function ms(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} ms`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
