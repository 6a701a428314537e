import { z } from 'zod';
import type { TreeId } from '../../workflows/model/log';
import type { InclusionProof } from './merkle';
import { NotProven } from './not-proven';

/** One answer of `GET /api/v1/log/entries`; nothing in it is believed yet. */
export interface LogEntry {
  /** 80 hex digits: tree id, then {@link uuid}. */
  readonly entryId: string;
  readonly treeId: TreeId;
  /** 64 hex digits: the Merkle leaf hash of the body. */
  readonly uuid: string;
  /** The leaf: the entry in canonical JSON. */
  readonly body: Buffer;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** Lower-case hex. */
  readonly logId: string;
  /** Virtual index. */
  readonly logIndex: number;
  readonly signedEntryTimestamp: Buffer;
  readonly proof: InclusionProof & {
    readonly root: Buffer;
    /** Signed note. */
    readonly checkpoint: string;
  };
}

const count = z.number().int().nonnegative();
const hash = z
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
export function parseLogEntry(json: unknown): LogEntry {
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
    entryId,
    treeId: BigInt(`0x${entryId.slice(0, 16)}`).toString(),
    uuid: entryId.slice(16),
    body: entry.body,
    integratedTime: entry.integratedTime,
    logId: entry.logID,
    logIndex: entry.logIndex,
    signedEntryTimestamp,
    proof: {
      leafIndex: proof.logIndex,
      treeSize: proof.treeSize,
      path: proof.hashes,
      root: proof.rootHash,
      checkpoint: proof.checkpoint,
    },
  };
}

/** The 80 hex digits by which Rekor finds a leaf in one tree only (rekor pkg/sharding/sharding.go). */
export function entryIdOf(treeId: TreeId, uuid: string): string {
  return BigInt(treeId).toString(16).padStart(16, '0') + uuid;
}
