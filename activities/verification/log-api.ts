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
