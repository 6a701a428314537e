import { z } from 'zod';
import type { TreeId } from '../../workflows/model/log';
import { entryIdOf, hash } from './log-entry';

/** Where Rekor v1 serves what a verification reads (rekor: openapi.yaml). */
export const logPaths = {
  log: '/api/v1/log',
  key: (treeId: TreeId) => `/api/v1/log/publicKey?treeID=${treeId}`,
  consistency: (treeId: TreeId, firstSize: number, lastSize: number) =>
    `/api/v1/log/proof?firstSize=${firstSize}&lastSize=${lastSize}&treeID=${treeId}`,
  entryAt: (index: number) => `/api/v1/log/entries?logIndex=${index}`,
  entryByUuid: (uuid: string) => `/api/v1/log/entries/${uuid}`,
  entryById: (treeId: TreeId, uuid: string) => `/api/v1/log/entries/${entryIdOf(treeId, uuid)}`,
} as const;

/** `ConsistencyProof` of rekor: openapi.yaml. */
export const consistencyProof = z.object({ hashes: z.array(hash) });

/** One tree in `GET /api/v1/log`; nothing in it is believed yet. */
export type TreeAnswer = ReturnType<typeof treeAnswer>;

export interface LogAnswer {
  readonly active: TreeAnswer;
  /** In served order. */
  readonly inactive: readonly TreeAnswer[];
}

const tree = {
  treeID: z.string().regex(/^[1-9]\d*$/),
  treeSize: z.int().nonnegative(),
  rootHash: z.string().regex(/^[0-9a-f]{64}$/),
  signedTreeHead: z.string(),
};

/** `LogInfo` of rekor: openapi.yaml. */
export const logInfo = z
  .object({ ...tree, inactiveShards: z.array(z.object(tree)).nullish() })
  .transform((answer): LogAnswer => ({
    active: treeAnswer(answer),
    inactive: (answer.inactiveShards ?? []).map(treeAnswer),
  }));

function treeAnswer(answer: z.output<z.ZodObject<typeof tree>>) {
  return {
    treeId: answer.treeID,
    /** The size Trillian has now. */
    size: answer.treeSize,
    /** Lower-case hex. */
    rootHash: answer.rootHash,
    /** Signed note: of now for the active tree; for an inactive one of the process's start, before Rekor 1.3.9 of now. */
    checkpoint: answer.signedTreeHead,
  };
}
