import { complaints, summarise, type Summary } from '../../demo/summary';
import { summaryText } from '../../demo/summary-text';
import type { RotationRun } from '../../demo/rotation-run';
import type { RotationResult } from '../../workflows/model/result';

const [CURRENT, NEXT] = ['5082225451410501653', '6826284441047790130'];

function run(result: Partial<RotationResult> = {}): RotationRun {
  return {
    historyEvents: 214,
    wholeMs: 12_345,
    result: {
      kind: 'rotation',
      log: 'lab',
      rotationId: '20260131T030000Z-1f3a9c',
      outcome: 'completed',
      reason: 'The log is served from its next tree.',
      refusals: [],
      attempts: 1,
      currentTree: { treeId: CURRENT, size: 250 },
      nextTree: { treeId: NEXT, firstIndex: 250 },
      interventions: [],
      steps: [{ name: 'hold', ms: 160.04, kind: 'done', attempt: 1 }],
      writes: { stallMs: 660, longestWaitMs: 700, held: 12, refused: 0, resent: 0, dropped: 0 },
      frozen: { treeId: CURRENT, size: 250, rootHash: 'ab', proof: [] },
      tellDownstream: [],
      ...result,
    },
  };
}

function summary(changes: Partial<Summary> = {}, runs: RotationRun[] = [run(), run()]): Summary {
  const figures = { attempted: 1200, failed: 0, p50Ms: 180, p99Ms: 800, maxMs: 900 };
  const check = { acknowledged: 1200, lostEntries: 0, duplicateIndexes: 0, proofsVerified: 1200, wrong: [] };
  const load = { writes: figures, reads: figures, failures: [] };
  return { ...summarise({ floorMs: 600, rotations: runs, load, check }), ...changes };
}

describe('the summary of a demonstration', () => {
  it('says what each rotation did, with its stall as a share of the floor', () => {
    expect(summary().rotations[0]).toMatchObject({
      outcome: 'completed',
      currentTreeId: CURRENT,
      nextTreeId: NEXT,
      frozenSize: 250,
      writeStallMs: 660,
      ratio: 1.1,
      steps: [{ name: 'hold', ms: 160 }],
      historyEvents: 214,
    });
    expect(summary().longestWaitMs).toBe(700);
  });

  it('has nothing to complain of when no client noticed', () => {
    expect(complaints(summary())).toEqual([]);
  });

  const figures = { attempted: 1200, failed: 1, p50Ms: 180, p99Ms: 800, maxMs: 900 };
  const unclean: [string, Summary, string][] = [
    ['a failed write', summary({ writes: figures }), '1 writes failed'],
    ['a failed read', summary({ reads: figures }), '1 reads failed'],
    ['a lost entry', summary({ lostEntries: 1 }), '1 acknowledged entries are lost'],
    ['an index given twice', summary({ duplicateIndexes: 1 }), '1 indexes were acknowledged twice'],
    ['an unverified proof', summary({ proofsVerified: 1199 }), '1 entries have no valid proof'],
    [
      'a write that waited too long',
      summary({ longestWaitMs: 3500.1 }),
      'a write waited 3500.1 ms, longer than 3500 ms',
    ],
    [
      'a log that took no write',
      summary({ acknowledged: 0, proofsVerified: 0 }),
      'no write was acknowledged',
    ],
    ['a rotation that did not run', summary({}, [run()]), '1 of 2 rotations ran'],
    [
      'a rotation that was taken back',
      summary({}, [run(), run({ outcome: 'rolledBack', reason: 'Next did not start.' })]),
      'rotation 2 ended "rolledBack": Next did not start.',
    ],
  ];

  it.each(unclean)('complains of %s, and says so at the end', (_what, bad, complaint) => {
    expect(complaints(bad)).toEqual([complaint]);
    expect(summaryText(bad)).toContain(`NOT CLEAN:\n  - ${complaint}`);
  });

  it('does not judge the ratio of stall and floor', () => {
    expect(complaints(summary({}, [run({ writes: slow() }), run()]))).toEqual([]);
  });

  it('fits into 80 columns, whatever a rotation says of itself', () => {
    const reason = 'The next tree cannot be reached. '.repeat(9);
    const lines = [summary(), summary({}, [run(), run({ outcome: 'rolledBack', reason })])].map(summaryText);
    expect(
      Math.max(...lines.flatMap((text) => text.split('\n')).map((line) => line.length)),
    ).toBeLessThanOrEqual(80);
  });
});

function slow(): NonNullable<RotationResult['writes']> {
  return { stallMs: 3_000, longestWaitMs: 3_100, held: 60, refused: 0, resent: 0, dropped: 0 };
}
