import { NotProven } from '../activities/verification/not-proven';
import { orItsFault } from './audited-log';
import { type Instance, proving } from './instance';
import type { Findings } from './model/finding';
import { MOST_SEARCHED, type SearchedEntry } from './model/searched-entries';
import { readerOf } from './patient-reader';

/** Entry ids under one digest that are looked up: an artifact may have been signed thousands of times. */
const MOST_IDS = 10;

/** What came out of asking a search index. */
export interface Searched {
  /** Entries that were searched for; none where there is no index to ask. */
  readonly searched: number;
  /** Entry ids that it named, and that were not looked up, because there were too many. */
  readonly idsNotAsked: number;
}

/**
 * Asks the search index for some entries by the digest of their artifact, and for the entries that it names. An index that
 * answers with a refusal is none.
 */
export async function askSearchIndex(
  { address, log, view }: Instance,
  entries: readonly SearchedEntry[],
  findings: Findings,
  signal: AbortSignal,
): Promise<Searched> {
  const place = { address, where: 'The search index' };
  const missing: number[] = [];
  let searched = 0;
  let idsNotAsked = 0;
  for (const { digest, entryId, logIndex } of entries.slice(0, MOST_SEARCHED)) {
    const ids = await proving(findings, place, () => log.search(digest, signal));
    if (!ids) break;
    searched += 1;
    if (!ids.some((id) => /^([0-9a-f]{16})?[0-9a-f]{64}$/.test(id) && entryId.endsWith(id)))
      missing.push(logIndex);
    const others = ids.filter((one) => /^[0-9a-f]{80}$/.test(one) && one !== entryId);
    idsNotAsked += Math.max(others.length - MOST_IDS, 0);
    for (const id of others.slice(0, MOST_IDS)) {
      const treeId = BigInt(`0x${id.slice(0, 16)}`).toString();
      const served = view.trees.some((tree) => tree.treeId === treeId);
      const reader = readerOf(log, { isActive: treeId === view.trees.at(-1)?.treeId });
      const there = await orItsFault(() => reader.entryById(treeId, id.slice(16), signal));
      if (there && !(there instanceof NotProven)) continue;
      const what = served ? 'which that tree does not have' : `and tree ${treeId} is none of the shards`;
      findings.add({ code: 'SEARCH_DANGLING', ...place, what: `it names the entry ${id}, ${what}` });
    }
  }
  if (missing.length > 0) {
    const what = `${missing.length} of ${searched} entries are not found in it, with indexes from ${Math.min(...missing)} to ${Math.max(...missing)}`;
    findings.add({ code: 'SEARCH_INCOMPLETE', ...place, what });
  }
  return { searched, idsNotAsked };
}
