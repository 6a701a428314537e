import type { SignerPace } from '../../workflows/model/drain';
import { planRotation, type FoundLog } from '../../workflows/model/plan';
import { refusal } from '../../workflows/model/refusals';
import { numberAfter } from '../../workflows/model/rotation';
import { aFoundLog } from '../workflows/found-log';

const request = { log: 'production' };

function planWith(found: Partial<FoundLog>, asked: object = {}) {
  return planRotation(
    { ...request, ...asked },
    { log: 'production', refusals: [], found: { ...aFoundLog(), ...found } },
  );
}

function codesOf(result: ReturnType<typeof planRotation>): string[] {
  return 'refusals' in result ? result.refusals.map(({ code }) => code) : [];
}

describe('a plan', () => {
  it('is refused while a number leaves none for its orders, and says where that stands', () => {
    const { gate } = aFoundLog();
    for (const [found, where] of [
      [{ gate: { ...gate, number: 1_000_000_000 } }, 'The write gate'],
      [{ largestMark: 999_999_999 }, 'The mark of a tree'],
      [{ unusableMarks: ['301'] }, 'The mark of tree 301'],
    ] as const) {
      expect(planWith(found)).toMatchObject({
        refusals: [{ code: 'NUMBER_TOO_LARGE', message: expect.stringContaining(where) as string }],
      });
    }
  });

  it('names the current tree, the shards, the first index and a number above every earlier one', () => {
    const { gate } = aFoundLog();
    const result = planWith({ gate: { ...gate, number: 4 }, largestMark: 7 });
    expect(result).toMatchObject({
      plan: {
        currentTree: { treeId: '200', size: 20 },
        inactive: [{ treeId: '100', length: 10 }],
        firstIndexNow: 30,
        number: numberAfter(7, 1),
      },
    });
  });

  it('does without the metrics of signers where there is a database', () => {
    const { drainEvidence } = aFoundLog();
    const pace = { signers: 1, passes: 3, withinMs: 300, readingMs: 5_000, pageBytes: 41_700_000 };
    expect(codesOf(planWith({ drainEvidence: { ...drainEvidence, pace } }))).toEqual([]);
    const unmeasured = { ...drainEvidence, pace: null, unmeasured: 'no answer' };
    expect(codesOf(planWith({ drainEvidence: unmeasured }))).toEqual([]);
  });

  it('gives way to everything that preflight could not read', () => {
    const unread = refusal('GATE_UNREACHABLE', {
      log: 'production',
      url: 'http://127.0.0.1:1',
      reason: 'refused',
    });
    expect(planRotation(request, { log: 'production', refusals: [unread] })).toEqual({ refusals: [unread] });
  });

  it('warns of what no rotation changes, and stands all the same', () => {
    const publicLog = { refusals: [], warnings: ['Checkpoints are signed as "rekor.other".'] };
    expect(planWith({ publicLog })).toMatchObject({ plan: { warnings: publicLog.warnings } });
    expect(planWith({})).toMatchObject({ plan: { warnings: [] } });
  });

  const switchedOff = { url: 'https://rekor.example', request: 'GET /api/v1/log', operation: 'getLogInfo' };
  const { current, gate, installation, inactive, instances, drainEvidence, timing } = aFoundLog();
  const paced = (pace: Partial<SignerPace>, by: 'queue' | 'signer passes' = 'signer passes') => ({
    drainEvidence: {
      ...drainEvidence,
      by,
      pace: { signers: 1, passes: 3, withinMs: 300, readingMs: 10, pageBytes: 1, ...pace },
    },
  });
  it.each<[string, Partial<FoundLog>, object, string]>([
    ['another tree is asked for', {}, { currentTree: '300' }, 'NOT_THE_ACTIVE_TREE'],
    [
      'the current tree is FROZEN',
      { current: { ...current, state: 'FROZEN' } },
      {},
      'CURRENT_TREE_NOT_ACTIVE',
    ],
    ['its signer passes once in two seconds', paced({ withinMs: 6_000 }), {}, 'DRAIN_DOES_NOT_FIT'],
    [
      'its signer passes once in two seconds, with a database',
      paced({ withinMs: 6_000 }, 'queue'),
      {},
      'DRAIN_DOES_NOT_FIT',
    ],
    // Was planned once, and three attempts in vain held writes each time.
    ['its signer passes once in 1.1 s', paced({ withinMs: 3_300 }), {}, 'DRAIN_DOES_NOT_FIT'],
    [
      'two passes fill the section, which needs time for other things',
      paced({ withinMs: 3_600 }, 'queue'),
      {},
      'DRAIN_DOES_NOT_FIT',
    ],
    ['its metrics take 800 ms to read', paced({ readingMs: 800 }), {}, 'DRAIN_DOES_NOT_FIT'],
    ['no pass is seen', paced({ passes: 0, withinMs: 3_000 }), {}, 'DRAIN_DOES_NOT_FIT'],
    [
      'its metrics take longer than closing a tree again may, in however long a section',
      { ...paced({ readingMs: 1_400 }), timing: { ...timing, criticalSectionMs: 10_000 } },
      {},
      'DRAIN_DOES_NOT_FIT',
    ],
    [
      'the current tree is of another type',
      { current: { ...current, type: 'PREORDERED_LOG' } },
      {},
      'CURRENT_TREE_NOT_A_LOG',
    ],
    [
      'an inactive tree takes writes',
      { inactive: inactive.map((shard) => ({ ...shard, tree: { ...shard.tree, state: 'ACTIVE' } })) },
      {},
      'INACTIVE_TREE_ACTIVE',
    ],
    [
      'an instance has loaded another length (H1)',
      {
        instances: instances.map(({ name, log }) => ({
          name,
          log: { ...log, inactive: [{ treeId: '100', liveLength: 10, loadedLength: 9 }] },
        })),
      },
      {},
      'INSTANCE_DIFFERS',
    ],
    ['the next slot runs', { installation: { ...installation, nextIsRunning: true } }, {}, 'NEXT_IS_RUNNING'],
    ['the gate holds', { gate: { ...gate, holding: true } }, {}, 'GATE_IS_HOLDING'],
    [
      'what clients see cannot be verified',
      { publicLog: { refusals: [refusal('OPERATION_SWITCHED_OFF', switchedOff)], warnings: [] } },
      {},
      'OPERATION_SWITCHED_OFF',
    ],
    ['the plan is not the one that was shown', {}, { planHash: 'f'.repeat(64) }, 'PLAN_CHANGED'],
  ])('is refused when %s', (_what, found, asked, code) => {
    expect(codesOf(planWith(found, asked))).toEqual([code]);
  });
});
