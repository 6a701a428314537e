import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CellRecord } from '../../chaos/cell';
import { parts } from '../../chaos/matrix';
import {
  cellsDocument,
  matrixDocument,
  progressLine,
  rowsOf,
  summaryText,
  tableText,
} from '../../chaos/report';
import { stepNames } from '../../workflows/rotation';

function record(some: Partial<CellRecord>): CellRecord {
  return {
    part: 'gate',
    step: 'hold',
    moment: 'start',
    fault: 'kill',
    workers: 1,
    outcome: 'completed',
    reason: '',
    attempts: 1,
    steps: [],
    clients: {
      writes: {},
      reads: {},
      longestWaitMs: 900,
      firstAcknowledgedMs: 300,
      longestUnwritableMs: 400,
      acknowledged: 50,
    },
    lostEntries: 0,
    signedTwice: 0,
    rotationMs: 5_000,
    afterFaultMs: 2_000,
    problems: [],
    ...some,
  };
}

const records = [
  record({}),
  record({
    moment: 'end',
    outcome: 'rolledBack',
    clients: {
      writes: { '502': 3, broken: 1 },
      reads: { broken: 2 },
      longestWaitMs: 3_600,
      firstAcknowledgedMs: 4_100,
      longestUnwritableMs: 4_100,
      acknowledged: 40,
    },
  }),
  record({ part: 'log-server', step: 'createTree', outcome: 'rolledBack', problems: ['tree 2 is DRAINING'] }),
];

describe('the report of chaos', () => {
  it('sums up by part and step, in the order of the matrix', () => {
    expect(rowsOf(records).map(({ part, step, cells }) => [part, step, cells])).toEqual([
      ['log-server', 'createTree', 1],
      ['gate', 'hold', 2],
    ]);
    expect(rowsOf(records)[1]).toMatchObject({
      failedWrites: { '502': 3, broken: 1 },
      longestWaitMs: 3_600,
      untilWritableMs: 4_100,
      failedCells: 0,
    });
  });

  it('prints a table of at most 80 columns', () => {
    const lines = tableText(records).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.at(-2)).toMatch(/^gate +hold +1 completed +4 +2 +3\.6 s +4\.1 s$/);
    expect(lines.at(-1)).toMatch(/^ +1 rolledBack$/);
  });

  it('says at the end what failed, and the sums', () => {
    const lines = summaryText(records).split('\n');
    expect(lines).toContain('FAILED: kill log-server at createTree/start with 1 worker');
    expect(lines.at(-1)).toBe('3 cells, 1 failed, 0 lost, 0 signed twice');
  });

  it('has one line for each cell', () => {
    expect(progressLine(2, 10, records[1] as CellRecord, 9.4)).toBe(
      ' 2/10 kill gate at hold/end with 1 worker: rolledBack, 6 failed, writable after 4.1 s, 9 s',
    );
    expect(cellsDocument(records)).toContain(
      '| kill gate | hold | end | 1 | rolledBack | 1 | 3 x 502, 1 x broken |',
    );
  });

  it('makes docs/failure-matrix.md, which has a row for each part in each step', () => {
    const document = readFileSync(path.join(__dirname, '../../docs/failure-matrix.md'), 'utf8').split('\n');
    const made = matrixDocument(records).split('\n');
    expect(document.slice(0, 7)).toEqual(made.slice(0, 7));
    expect(made[8]).toBe(
      '| gate | hold | 1 completed, 1 rolledBack | 3 x 502, 1 x broken | 2 x broken | 3.6 s | 4.1 s | 0 | 0 |',
    );
    const rows = document.slice(7, -3).map((row) => row.split(' | ').slice(0, 2).join(' '));
    expect(rows).toEqual(parts.flatMap((part) => stepNames.map((step) => `| ${part} ${step}`)));
    expect(document.at(-2)).toMatch(/^\d+ cells, 0 failed, 0 lost, 0 signed twice\.$/);
  });
});
