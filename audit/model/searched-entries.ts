import type { TreeId } from '../../workflows/model/log';

/** An entry that a search index is asked for. */
export interface SearchedEntry {
  readonly treeId: TreeId;
  /** Virtual index. */
  readonly logIndex: number;
  readonly entryId: string;
  /** SHA-256 of its artifact, lower-case hex. */
  readonly digest: string;
}

/** Entries of which the search index is asked: each costs a request, and it is not part of the log. */
export const MOST_SEARCHED = 10;

/** Chooses those few among all that are read, and keeps no more. */
export class SearchedEntries {
  readonly #byTree = new Map<TreeId, SearchedEntry[]>();

  offer(entry: SearchedEntry): void {
    const some = this.#byTree.get(entry.treeId) ?? [];
    if (some.length < MOST_SEARCHED) this.#byTree.set(entry.treeId, [...some, entry]);
  }

  /**
   * As many of each shard as of the others, as far as they go.
   *
   * @param trees in served order; the last one, which is active, comes first.
   */
  chosen(trees: readonly TreeId[]): SearchedEntry[] {
    const shards = [...trees].reverse().map((treeId) => this.#byTree.get(treeId) ?? []);
    return Array.from({ length: MOST_SEARCHED }, (_, turn) => shards.flatMap((some) => some[turn] ?? []))
      .flat()
      .slice(0, MOST_SEARCHED);
  }
}
