import { checkCodes, failedCheck, passedCheck, type Check } from '../../workflows/model/checks';
import type { SignerPace } from '../../workflows/model/drain';
import { planRotation, type FoundLog } from '../../workflows/model/plan';
import { refusal } from '../../workflows/model/refusals';
import { fenceAbove } from '../../workflows/model/fencing';
import { aFoundLog } from './found-log';

const request = { log: 'production' };

function planWith(found: Partial<FoundLog>, asked: object = {}, checks: readonly Check[] = []) {
  return planRotation(
    { ...request, ...asked },
    { log: 'production', checks, found: { ...aFoundLog(), ...found } },
  );
}

function codesOf(result: ReturnType<typeof planRotation>): string[] {
  return 'refusals' in result ? result.refusals.map(({ code }) => code) : [];
}

describe('a plan', () => {
  it('is refused while a number leaves none for its orders, and says where that stands', () => {
    const { traffic } = aFoundLog();
    for (const [found, where] of [
      [{ traffic: { ...traffic, number: 1_000_000_000 } }, 'The write gate'],
      [{ largestMark: 999_999_999 }, 'The mark of a tree'],
      [{ unusableMarks: ['301'] }, 'The mark of tree 301'],
    ] as const) {
      expect(planWith(found)).toMatchObject({
        refusals: [{ code: 'NUMBER_TOO_LARGE', message: expect.stringContaining(where) as string }],
      });
    }
  });

  it('names the current tree, the shards, the first index and a number above every earlier one', () => {
    const { traffic } = aFoundLog();
    const result = planWith({ traffic: { ...traffic, number: 4 }, largestMark: 7 });
    expect(result).toMatchObject({
      plan: {
        currentTree: { treeId: '200', size: 20 },
        inactive: [{ treeId: '100', length: 10 }],
        firstIndexNow: 30,
        fence: fenceAbove([7]),
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
    const checks = [failedCheck('TRAFFIC_ANSWERS', unread)];
    expect(planRotation(request, { log: 'production', checks })).toEqual({ checks, refusals: [unread] });
  });

  it('says with what stands against it what is right all the same', () => {
    const { current } = aFoundLog();
    const read = [passedCheck('TRILLIAN_ANSWERS', { address: 'trillian:8090', trees: 2 })];
    const { checks } = planWith({ current: { ...current, state: 'FROZEN' } }, {}, read);
    expect(checks.filter(({ state }) => state !== 'ok')).toMatchObject([
      { code: 'CURRENT_TREE_ACTIVE', state: 'refused', reason: 'CURRENT_TREE_NOT_ACTIVE' },
    ]);
    expect(checks[0]).toEqual({
      code: 'TRILLIAN_ANSWERS',
      state: 'ok',
      found: "Trillian's log server at trillian:8090 answers. It has 2 trees.",
      remedy: '',
    });
    expect(checks).toContainEqual(
      passedCheck('TRAFFIC_SENDS_WRITES', { instances: ['http://127.0.0.1:3001'] }),
    );
  });

  it('says each check once, in the order of the catalogue, and of what was asked only what was', () => {
    const codes = planWith({}).checks.map(({ code }) => code);
    expect(codes).toEqual(checkCodes.filter((code) => codes.includes(code)));
    expect(codes).not.toContain('PLAN_AS_SHOWN');
    const asked = { currentTree: '200', planHash: aFoundLog().hash };
    expect(planWith({}, asked).checks.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['ASKED_TREE_ACTIVE', 'PLAN_AS_SHOWN']),
    );
  });

  it('warns of what no rotation changes, and stands all the same', () => {
    const names = { log: 'production', served: 'rekor.other', field: 'publicUrl', url: 'http://rekor' };
    const warning = failedCheck('HOST_NAME_EXPECTED', refusal('HOSTNAME_NOT_IN_ADDRESS', names), 'warning');
    const result = planWith({}, {}, [warning]);
    expect(result).toHaveProperty('plan');
    expect(result.checks).toContainEqual(warning);
    expect(planWith({}).checks.filter(({ state }) => state === 'warning')).toEqual([]);
  });

  const { current, traffic, installation, inactive, instances, drainEvidence, timing } = aFoundLog();
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
    ['the gate holds', { traffic: { ...traffic, holding: true } }, {}, 'GATE_IS_HOLDING'],
    ['the plan is not the one that was shown', {}, { planHash: 'f'.repeat(64) }, 'PLAN_CHANGED'],
  ])('is refused when %s', (_what, found, asked, code) => {
    expect(codesOf(planWith(found, asked))).toEqual([code]);
  });

  it('is refused when what clients see cannot be verified, together with what else stands against it', () => {
    const off = { url: 'https://rekor.example', request: 'GET /api/v1/log', operation: 'getLogInfo' };
    const read = [failedCheck('LOG_CAN_BE_VERIFIED', refusal('OPERATION_SWITCHED_OFF', off))];
    expect(codesOf(planWith({}, {}, read))).toEqual(['OPERATION_SWITCHED_OFF']);
    const held = { traffic: { ...traffic, holding: true } };
    expect(codesOf(planWith(held, {}, read))).toEqual(['OPERATION_SWITCHED_OFF', 'GATE_IS_HOLDING']);
  });
});
