import { confirmation } from '../../activities/steps/confirmed';
import { makeReceipt, NoReceipt } from '../../receipt/making';
import { packOf } from '../../receipt/pack/pack';
import { fitted, fittedEvidence } from '../../workflows/model/fitting';
import type { RotationResult } from '../../workflows/model/result';
import type { SignedEvidence } from '../../workflows/model/signed-evidence';
import { leaves, time } from '../audit/sound-log';
import { aHeldResult, aRefusedResult, aResultWithoutEvidence, aRolledBackResult } from '../cli/results';
import {
  course,
  current,
  next,
  receiptOf,
  rotatedLog,
  rotationId,
  stuckTree,
  type RotatedLog,
} from './rotated-log';

let rotated: RotatedLog;

beforeAll(async () => {
  rotated = await rotatedLog();
});

function evidence(): SignedEvidence {
  const { signed } = rotated.result;
  if (!signed) throw new Error('The result has no evidence.');
  return signed;
}

describe('a receipt', () => {
  it('says what the result says', () => {
    const receipt = receiptOf(rotated);
    expect(receipt.rotation).toMatchObject({
      ...{ id: rotationId, kind: 'rotation', outcome: 'completed', attempts: 1 },
      startedBy: { workflowId: 'rotate-production-1', type: 'rotateLog', identity: '42@operator' },
      approvals: [{ who: 'ada', key: 'SHA256:abc', why: null, takenAt: '2026-01-31T03:00:00Z' }],
      interventions: [{ instruction: 'goNow', who: 'Ada', why: 'it is quiet', choice: null }],
      steps: [{ name: 'createTree', ms: 42, kind: 'done', attempt: 1 }],
      writes: { stallMs: 412, longestWaitMs: 380, held: 9, refused: 0 },
      drain: ['no row of it is queued'],
    });
    expect(receipt.versions).toMatchObject({ node: process.version, temporal: '1.29.1' });
    expect(receipt.shards.map(({ treeId, firstIndex, length }) => [treeId, firstIndex, length])).toEqual([
      ['90', 0, 0],
      ['100', 0, 3],
      [current, 3, 5],
    ]);
    expect(receipt).toMatchObject({ ended: [current], next: { treeId: next, firstIndex: 8 } });
    expect(receipt.instances.map(({ name }) => name)).toEqual(['green', 'green-2']);
    expect(receipt.keys).toEqual([
      { logId: receipt.next.logId, publicKey: rotated.pem, since: new Date(time * 1000).toISOString() },
    ]);
  });

  it('names both trees that ended where a next tree could not serve', async () => {
    const receipt = receiptOf(await rotatedLog({ stuck: 2 }));
    expect(receipt.rotation.outcome).toBe('superseded');
    expect(receipt.ended).toEqual([current, stuckTree]);
    expect(receipt.handover?.text).toContain(stuckTree);
  });

  it('has no handover where an entry of a client came first', async () => {
    const [first] = leaves('a client', 1, time + 50);
    expect(receiptOf(await rotatedLog(first ? { first } : {})).handover).toBeNull();
  });

  it.each([aRolledBackResult(), aHeldResult(), aRefusedResult()].map((result) => [result.outcome, result]))(
    'is not made of a rotation that ended %s',
    (outcome, result) => {
      expect(() => makeReceipt(result, course)).toThrow(NoReceipt);
      expect(() => makeReceipt(result, course)).toThrow(`ended ${outcome}`);
    },
  );

  it('is not made where nothing was verified', () => {
    expect(() => makeReceipt(aResultWithoutEvidence(), course)).toThrow('left `confirm` out');
  });
});

describe('a planted secret', () => {
  const SECRET = 'hunter2-7f3a';

  /** A result whose every text that a receipt does not name has the secret in it. */
  function planted(result: RotationResult): RotationResult {
    const { plan, verification } = result;
    const poisoned = JSON.parse(
      JSON.stringify({ plan, verification }, (field, value: unknown) =>
        typeof value === 'string' && field !== 'hash' && field !== 'treeId' ? `${value} ${SECRET}` : value,
      ),
    ) as Pick<RotationResult, 'plan' | 'verification'>;
    const words = { password: SECRET, url: `http://user:${SECRET}@127.0.0.1:3002` };
    return {
      ...{ ...result, ...words, ...poisoned, tellDownstream: [SECRET] },
      checks: [{ code: 'TREES_READ', found: SECRET, remedy: SECRET, state: 'ok' }],
      steps: result.steps.map((step) => ({ ...step, says: [SECRET] })),
      signed: {
        ...evidence(),
        ...words,
        instances: evidence().instances.map((one) => ({ ...one, ...words })),
      },
    };
  }

  it('is in the result, so that this test can fail', () => {
    expect(JSON.stringify(planted(rotated.result)).split(SECRET).length).toBeGreaterThan(20);
  });

  it('is in no byte of receipt and pack', () => {
    const pack = packOf(makeReceipt(planted(rotated.result), course));
    expect([...pack].filter(([, text]) => text.includes(SECRET))).toEqual([]);
    expect(pack.size).toBe(7);
  });

  it('that stands in the public address is not kept at all', () => {
    const { keys, inactive, active, firstLeaf } = evidence();
    const served = { keys, inactive, active, firstLeaf };
    const report = {
      entriesVerified: 0,
      proofsVerified: 0,
      checkpointsVerified: 0,
      shards: [],
      withoutBundle: 0,
    };
    const kept = confirmation(
      `https://user:${SECRET}@rekor.example/?token=${SECRET}`,
      { ...report, served },
      [],
    );
    expect(kept.signed?.address).toBe('https://rekor.example');
    expect(JSON.stringify(kept)).not.toContain(SECRET);
  });
});

describe('what a result keeps for it', () => {
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  it('has a bound: instances are left out from the end, and counted', () => {
    const [instance] = evidence().instances;
    if (!instance) throw new Error('There is no instance.');
    const many = Array.from({ length: 500 }, (_, number) => ({ ...instance, name: `pod-${number}` }));
    const kept = fittedEvidence({ ...evidence(), instances: many });
    expect(bytes(kept)).toBeLessThanOrEqual(100_000);
    expect(kept?.instances.length).toBeGreaterThan(50);
    expect((kept?.instances.length ?? 0) + (kept?.instancesLeftOut ?? 0)).toBe(500);
    expect(kept?.instances[0]?.name).toBe('pod-0');
  });

  it('is nothing where the log itself needs more', () => {
    const firstLeaf = { ...evidence().firstLeaf, body: 'A'.repeat(200_000) };
    expect(fittedEvidence({ ...evidence(), firstLeaf })).toBeUndefined();
  });

  it('goes last of all from a result that is too long', () => {
    const { plan, ...bare } = rotated.result;
    const room = 1_500_000 - bytes({ ...bare, reason: '' });
    const long = (length: number) => ({ ...rotated.result, reason: 'x'.repeat(length) });
    expect(plan).toBeDefined();
    expect(Object.keys(fitted(rotated.result))).toEqual(expect.arrayContaining(['plan', 'signed']));
    expect(Object.keys(fitted(long(room)))).not.toContain('plan');
    expect(Object.keys(fitted(long(room)))).toContain('signed');
    expect(Object.keys(fitted(long(room + 1)))).not.toContain('signed');
  });
});
