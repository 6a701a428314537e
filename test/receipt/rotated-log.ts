import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { handoverLeaf, handoverText } from '../../activities/handover';
import { confirmation } from '../../activities/steps/confirmed';
import { logVerifier } from '../../activities/verification/verification';
import type { Course } from '../../receipt/making';
import { makeReceipt } from '../../receipt/making';
import { parseCheckpoint } from '../../activities/verification/checkpoint';
import { completed, superseded, type Rotated, type RotationResult } from '../../workflows/model/result';
import { FakeLog, type Leaf } from '../activities/verification/fake-log';
import { treeRoot } from '../activities/verification/merkle-tree';
import { leaves, time } from '../audit/sound-log';
import { aPlan } from '../cli/results';
import { slotBlue, slotGreen, patience } from '../model/two-slots';

/** A log that was rotated, read by the real verifier, with what a rotation says of it. */
export interface RotatedLog {
  readonly log: FakeLog;
  readonly result: RotationResult;
  /** The public key of the log, as its operator publishes it. */
  readonly pem: string;
}

export interface Shape {
  /** Entries of the tree that ended. */
  readonly entries?: number;
  /** The first leaf of the next tree instead of the handover. */
  readonly first?: Leaf;
  /** A next tree that could not serve ended too, with so many entries. */
  readonly stuck?: number;
}

export const current = '6826284441047790130';
export const stuckTree = '3180555228007335225';
export const next = '9223372036854775807';
export const rotationId = '20260131T030000Z-1f3a9c';

/** Trees 90 (empty), 100 (3 entries), the ones that ended, and the next one, which begins with the handover. */
export async function rotatedLog({ entries = 5, first, stuck }: Shape = {}): Promise<RotatedLog> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ended = [
    { treeId: current, leaves: leaves('current', entries, time + 10) },
    ...(stuck === undefined ? [] : [{ treeId: stuckTree, leaves: leaves('stuck', stuck, time + 30) }]),
  ];
  const last = ended.at(-1) ?? { treeId: '', leaves: [] };
  const size = last.leaves.length;
  const rootHash = treeRoot(last.leaves.map(({ body }) => body)).toString('hex');
  const end = { treeId: last.treeId, size, rootHash };
  const handover = handoverLeaf(end);
  const begins = first ?? { body: handover.value, integratedTime: time + 50 };
  const before = [
    { treeId: '90', leaves: [] },
    { treeId: '100', leaves: leaves('earlier', 3, time) },
  ];
  const log = new FakeLog(
    [...before, ...ended, { treeId: next, leaves: [begins, ...leaves('next', 3, time + 60)] }],
    pair,
  );
  const url = await log.listen();
  try {
    const shards = log.shards
      .slice(0, -1)
      .map((shard) => ({ treeId: shard.treeId, length: shard.leaves.length }));
    const verify = async () =>
      await logVerifier({ log: 'production', clockDifferenceMs: 0 }).verify(
        {
          address: { url, field: 'publicUrl' },
          ...{ activeTreeId: next, inactive: shards, sampleEntries: 2 },
          rootHashes: { [end.treeId]: rootHash },
        },
        new AbortController().signal,
      );
    const instances = [];
    for (const name of ['green', 'green-2']) {
      instances.push({ name, proven: await verify() });
    }
    const verification = confirmation('https://rekor.example/', await verify(), instances);
    const evidence = {
      frozen: { ...end, proof: ['no row of it is queued'] },
      handover: first ? null : { text: handoverText(end), leafHash: handover.leafHash, integratedInMs: 80 },
      verification,
      writes: { stallMs: 412, longestWaitMs: 380, held: 9, refused: 0, resent: 0, dropped: 0 },
    };
    const input = {
      identity: { log: 'production', rotationId, attempt: 1, number: 1 },
      release: {
        ...{ attemptId: `${rotationId}/1`, current: slotBlue, next: slotGreen, patience },
        ...{ currentTreeId: end.treeId, nextTreeId: next, inactive: shards.slice(0, -1) },
        ...(stuck !== undefined && { supersedes: { trees: [stuckTree], unnamed: 0 } }),
      },
    };
    const result = (stuck === undefined ? completed : superseded)(rotated(), input, evidence);
    return { log, result, pem: pemOf(pair.publicKey) };
  } finally {
    await log.close();
  }
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function rotated(): Rotated {
  return {
    ...{ kind: 'rotation', log: 'production', rotationId, attempts: 1 },
    plan: { ...aPlan(), currentTree: { treeId: current, size: 4, rootHash: '' } },
    steps: [{ name: 'createTree', ms: 42, kind: 'done', attempt: 1 }],
    approvals: [
      {
        ...{ log: 'production', rotationId, planHash: aPlan().hash, expiresAt: '2026-01-31T04:00:00Z' },
        ...{ who: 'ada', key: 'SHA256:abc', why: null, takenAt: '2026-01-31T03:00:00Z' },
      },
    ],
    interventions: [{ instruction: 'goNow', who: 'Ada', why: 'it is quiet', at: '2026-01-31T03:01:00Z' }],
  };
}

export const course: Course = {
  workflow: { workflowId: 'log-production', runId: 'a run' },
  ...{ startedAt: '2026-01-31T03:00:00.000Z', endedAt: '2026-01-31T03:10:00.000Z' },
  startedBy: { workflowId: 'rotate-production-1', type: 'rotateLog', identity: '42@operator' },
  ...{ temporal: '1.29.1', version: '0.1.0' },
};

/** The receipt of such a log. */
export const receiptOf = ({ result }: RotatedLog) => makeReceipt(result, course);

/** A note that the log's own key signed for another size or root. */
export function otherNote(
  { log }: RotatedLog,
  note: string,
  other: { size?: number; root?: Buffer },
): string {
  const { treeId, size, root } = parseCheckpoint(note);
  return log.checkpoint(treeId, other.size ?? size, other.root ?? Buffer.from(root));
}
