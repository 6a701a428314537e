import { z } from 'zod';

/** The form of a receipt. Whoever changes it raises the format: a receipt is read years later, by programs of others too. */

export const FORMAT = 1;

const treeId = z.string().regex(/^[1-9]\d{0,18}$/, 'it must be a tree id: up to 19 digits, as text');
const hex = z.string().regex(/^[0-9a-f]{64}$/, 'it must be 64 lower-case hex digits');
const count = z.number().int().nonnegative();
const time = z.iso.datetime();
/** In the one spelling that encoders write: another one would be other bytes of the receipt, and the same of the log. */
const base64 = z
  .base64()
  .refine(
    (text) => Buffer.from(text, 'base64').toString('base64') === text,
    'it must be base64 as it is written',
  );
const note = z.string().min(1).max(100_000);

const shard = { treeId, length: count };

const rotation = z.strictObject({
  id: z.string(),
  kind: z.enum(['rotation', 'recovery']),
  outcome: z.enum(['completed', 'superseded']),
  reason: z.string(),
  attempts: count,
  /** Null for a recovery, which has no plan. */
  planHash: z.string().nullable(),
  workflow: z.strictObject({ workflowId: z.string(), runId: z.string() }),
  /** The workflow that somebody started, and whom Temporal names as that; null when Temporal does not know any more. */
  startedBy: z.strictObject({ workflowId: z.string(), type: z.string(), identity: z.string() }).nullable(),
  startedAt: time,
  endedAt: time,
  approvals: z.array(
    z.strictObject({
      who: z.string(),
      key: z.string().nullable(),
      why: z.string().nullable(),
      takenAt: z.string(),
    }),
  ),
  interventions: z.array(
    z.strictObject({
      instruction: z.string(),
      who: z.string(),
      why: z.string(),
      at: z.string(),
      choice: z.string().nullable(),
      step: z.string().nullable(),
      to: z.string().nullable(),
    }),
  ),
  steps: z.array(
    z.strictObject({ name: z.string(), kind: z.string(), attempt: count, ms: z.number().nonnegative() }),
  ),
  /** How writes fared in the gate; null when it could not say. Milliseconds. */
  writes: z
    .strictObject({
      stallMs: z.number().nonnegative().nullable(),
      longestWaitMs: z.number().nonnegative(),
      ...{ held: count, refused: count, resent: count, dropped: count },
    })
    .nullable(),
  /** How it was proven that the tree which ended could not grow any more, in words. */
  drain: z.array(z.string()),
  verified: z.strictObject({ entries: count, proofs: count, checkpoints: count, withoutBundle: count }),
  verifiedAt: time,
});

export const receiptSchema = z.strictObject({
  format: z.literal(FORMAT),
  log: z.string(),
  /** The public address of the log. */
  address: z.url(),
  rotation,
  versions: z.strictObject({
    /** What rotated. */
    rekorRotate: z.string(),
    node: z.string(),
    /** What wrote this. */
    receipt: z.string(),
    temporal: z.string().nullable(),
  }),
  /** The keys that the log named; nobody has to believe them. */
  keys: z.array(z.strictObject({ logId: hex, publicKey: z.string(), since: time.nullable() })).min(1),
  /** Inactive shards in served order, each with the signed note of its end. */
  shards: z
    .array(z.strictObject({ ...shard, firstIndex: count, rootHash: hex, logId: hex, checkpoint: note }))
    .min(1),
  /** Those that ended in this rotation: the last one of the shards, or more where a next tree could not serve. */
  ended: z.array(treeId).min(1),
  next: z.strictObject({ treeId, firstIndex: count, logId: hex }),
  /** The first leaf of the next tree, with the signed note of that tree and the inclusion proof to it. */
  firstLeaf: z.strictObject({
    entryId: z.string().regex(/^[0-9a-f]{80}$/, 'it must be 80 lower-case hex digits'),
    body: base64,
    integratedTime: count,
    logIndex: count,
    signedEntryTimestamp: base64,
    checkpoint: note,
    path: z.array(hex).max(64),
  }),
  /** The four lines that the first leaf commits to; null when an entry of a client came before the handover. */
  handover: z.strictObject({ text: z.string() }).nullable(),
  /** What each Rekor process of the next release signed. */
  instances: z.array(
    z.strictObject({
      name: z.string(),
      loaded: z.array(z.strictObject(shard)),
      endedCheckpoint: note,
      checkpoint: note,
      path: z.array(hex).max(64),
    }),
  ),
  instancesLeftOut: count,
  /** Over all of the above; seal.ts says how. */
  sha256: hex,
});

export type Receipt = z.infer<typeof receiptSchema>;
export type UnsealedReceipt = Omit<Receipt, 'sha256'>;
