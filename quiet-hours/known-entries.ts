import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseJson } from '../activities/clients/parse-json';
import { replaceFile } from '../files/atomic-file';
import type { TreeId } from '../workflows/model/log';

/** Integration times by index within the shard. */
export type KnownTimes = ReadonlyMap<number, number>;

/** What was read of a log before. When an entry was integrated never changes. */
export interface KnownEntries {
  /** Of one tree; nothing where nothing was kept, or what was kept cannot be read. */
  load(treeId: TreeId): Promise<KnownTimes>;
  /** Throws the errors of the file system. */
  save(treeId: TreeId, times: KnownTimes): Promise<void>;
}

/** Of more entries only those with the highest indexes are kept. */
const MOST_KEPT = 50_000;

const Kept = z.object({
  log: z.string(),
  treeId: z.string(),
  times: z.array(z.tuple([z.int().nonnegative(), z.int()])),
});

/** Keeps what was read in a folder of its own, a file for each tree. */
export function knownEntriesIn(folder: string, url: string): KnownEntries {
  const name = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const fileOf = (treeId: TreeId): string => path.join(folder, `${name}-${treeId}.json`);
  return {
    load: async (treeId) => {
      const text = await readFile(fileOf(treeId), 'utf8').catch(() => '');
      const { data } = Kept.safeParse(parseJson(text));
      // A lab's tree may bear the address of an earlier one.
      return new Map(data?.log === url && data.treeId === treeId ? data.times : []);
    },
    save: async (treeId, times) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const kept = [...times].sort(([one], [other]) => one - other).slice(-MOST_KEPT);
      await replaceFile(fileOf(treeId), `${JSON.stringify({ log: url, treeId, times: kept })}\n`, {
        mode: 0o600,
      });
    },
  };
}
