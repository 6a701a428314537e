import type { CheckReport } from '../../load/check';
import { compared } from '../../demo/runbook-summary';
import { complaints, summarise, type Summary } from '../../demo/summary';
import { summaryText } from '../../demo/summary-text';
import type { RotationRun } from '../../demo/rotation-run';
import type { RotationResult } from '../../workflows/model/result';

const [CURRENT, NEXT] = ['5082225451410501653', '6826284441047790130'];

const STARTED = Date.parse('2026-01-31T03:00:00Z');

function run(result: Partial<RotationResult> = {}): RotationRun {
  return {
    historyEvents: 214,
    wholeMs: 12_345,
    startedAt: STARTED,
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
  const acknowledged = [-100, 200, 900, 12_000, 12_400].map((after) => ({ at: STARTED + after }));
  return { ...summarise({ floorMs: 600, rotations: runs, load, check, acknowledged }), ...changes };
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
      ...{ failedWrites: 0, failedReads: 0, longestGapMs: 11_100 },
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

  describe('beside the scripted runbook', () => {
    const check = { acknowledged: 400, lostEntries: 0, duplicateIndexes: 0, proofsVerified: 400, wrong: [] };
    const shown = (longestGapMs: number, found: Partial<CheckReport> = {}): Summary => {
      const { rotations } = summary();
      const seen = { failedWrites: 214, failedReads: 9, longestGapMs };
      const measured = { seen, wholeMs: 61_234, check: { ...check, ...found } };
      const ours = rotations.map((one, position) => ({ ...one, longestGapMs: 500 + 100 * position }));
      return summary({ rotations: ours, runbook: compared(ours, measured) });
    };

    it('has the same figures of both, and says by how much the longest gaps differ', () => {
      const text = summaryText(shown(9_000));
      expect(text).toMatch(/rotation 2 +0 +0 +600 ms +12\.3 s\n/);
      expect(text).toMatch(/runbook +214 +9 +9000 ms +61\.2 s\n/);
      expect(text).toContain('The longest gap of the runbook is 15 x that of a rotation.');
      expect(text).toContain('Of 400 entries that it acknowledged 0 are lost, 0 indexes were given twice');
    });

    it('says it plainly when the gap of a rotation is not five times shorter', () => {
      expect(summaryText(shown(2_999))).toContain(
        'NOT 5 x SHORTER: the longest gap of the runbook is only 4.9 x',
      );
      expect(summaryText(shown(2_900))).toContain(
        'NOT 5 x SHORTER: the longest gap of the runbook is only 4.8 x',
      );
      expect(summaryText(shown(3_000))).not.toContain('NOT');
    });

    it('does not judge the rotations by what the runbook failed, lost or gave twice', () => {
      const bad = shown(9_000, { lostEntries: 3, duplicateIndexes: 2, proofsVerified: 397 });
      expect(complaints(bad)).toEqual([]);
      const text = summaryText(bad).replaceAll(/\s+/g, ' ');
      expect(text).toContain('3 are lost, 2 indexes were given twice, and 397 proofs are valid');
    });

    it('fits into 80 columns, too', () => {
      const lines = [shown(9_000), shown(900_000, { acknowledged: 123_456 })].map(summaryText);
      const lengths = lines.flatMap((text) => text.split('\n')).map((line) => line.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(80);
    });
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
