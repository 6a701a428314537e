import { z } from 'zod';
import { loadedLength, type LoadedShards } from '../workflows/model/shards';

/** Where a Rekor says what it serves. It answers from the process that was asked and needs no credential. */
export const LOG_INFO_PATH = '/api/v1/log';

const length = z.string().transform((signedTreeHead, context) => {
  const found = loadedLength(signedTreeHead);
  if (found !== undefined) return found;
  context.addIssue('has no size in its second line');
  return z.NEVER;
});

/** Of `LogInfo` and `InactiveShardLogInfo` (rekor: openapi.yaml) what a process cannot change any more. */
const logInfo = z
  .object({
    treeID: z.string(),
    inactiveShards: z.array(z.object({ treeID: z.string(), signedTreeHead: length })).nullish(),
  })
  .transform(({ treeID, inactiveShards }): LoadedShards => ({
    activeTreeId: treeID,
    inactive: (inactiveShards ?? []).map((shard) => ({
      treeId: shard.treeID,
      length: shard.signedTreeHead,
    })),
  }));

/** What a process has loaded, by its answer to `GET /api/v1/log`. Throws when that is none of Rekor's. */
export function readLoadedShards(answer: string): LoadedShards {
  const read = logInfo.safeParse(JSON.parse(answer));
  if (read.success) return read.data;
  throw new Error(`its answer to GET ${LOG_INFO_PATH} is not one of Rekor's: ${z.prettifyError(read.error)}`);
}
