import { z } from 'zod';
import type { TreeId } from '../../workflows/model/log';
import { NotProven } from './not-proven';

/** One answer of `GET /api/v1/log/entries`; nothing in it is believed yet. */
export type LogEntry = ReturnType<typeof parseLogEntry>;

const count = z.number().int().nonnegative();
/** A SHA-256 hash in lower-case hex. */
export const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((hex) => Buffer.from(hex, 'hex'));
const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

const answer = z.record(
  z.string().regex(/^[0-9a-f]{80}$/),
  z.object({
    body: base64,
    integratedTime: count,
    logID: z.string().regex(/^[0-9a-f]{64}$/),
    logIndex: count,
    verification: z.object({
      signedEntryTimestamp: base64,
      inclusionProof: z.object({
        checkpoint: z.string(),
        hashes: z.array(hash),
        logIndex: count,
        rootHash: hash,
        treeSize: count,
      }),
    }),
  }),
);

/** Reads the one entry of an answer; throws {@link NotProven} for anything else. */
export function parseLogEntry(json: unknown) {
  const parsed = answer.safeParse(json);
  if (!parsed.success) {
    throw new NotProven(
      'ANSWER_UNREADABLE',
      `the answer is not an entry: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    );
  }
  const [only, ...others] = Object.entries(parsed.data);
  if (only === undefined || others.length > 0) {
    throw new NotProven(
      'ANSWER_UNREADABLE',
      `the answer holds ${others.length + (only ? 1 : 0)} entries instead of one`,
    );
  }
  const [entryId, entry] = only;
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  return {
    /** 80 hex digits: tree id, then the UUID. */
    entryId,
    treeId: BigInt(`0x${entryId.slice(0, 16)}`).toString(),
    /** 64 hex digits: the Merkle leaf hash of the body. */
    uuid: entryId.slice(16),
    /** The leaf: the entry in canonical JSON. */
    body: entry.body,
    /** Seconds since 1970. */
    integratedTime: entry.integratedTime,
    /** Lower-case hex. */
    logId: entry.logID,
    /** Virtual index. */
    logIndex: entry.logIndex,
    signedEntryTimestamp,
    proof: {
      leafIndex: proof.logIndex,
      treeSize: proof.treeSize,
      path: proof.hashes,
      root: proof.rootHash,
      /** Signed note. */
      checkpoint: proof.checkpoint,
    },
  };
}

/** The 80 hex digits by which Rekor finds a leaf in one tree only (rekor pkg/sharding/sharding.go). */
export function entryIdOf(treeId: TreeId, uuid: string): string {
  return BigInt(treeId).toString(16).padStart(16, '0') + uuid;
}
