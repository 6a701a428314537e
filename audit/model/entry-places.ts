import { counted } from '../../workflows/model/counted';
import type { AuditFinding } from './finding';
import type { Place } from './view';

/** An entry as somebody answered with it. */
export interface SeenEntry extends Place {
  readonly index: number;
  /** Merkle leaf hash, lower-case hex. */
  readonly uuid: string;
  /** Base URL of who answered. */
  readonly address: string;
}

/** More entries are not compared: each takes a few hundred bytes. */
export const MOST_COMPARED = 1_000_000;

/** All entries that were seen, to find an index with two of them, or one of them at two indexes. */
export class EntryPlaces {
  readonly #byIndex = new Map<number, SeenEntry>();
  readonly #byPlace = new Map<string, SeenEntry>();
  readonly #byUuid = new Map<string, SeenEntry>();
  readonly #sentAgain = new Map<string, SeenEntry>();
  #left = 0;

  /** Entries that were not compared, because there were too many. */
  get notCompared(): number {
    return this.#left;
  }

  /** Entries at different indexes that were compared. */
  get compared(): number {
    return this.#byIndex.size;
  }

  /** What contradicts an entry that was seen before. */
  see(entry: SeenEntry): AuditFinding[] {
    if (this.#byIndex.size >= MOST_COMPARED) {
      this.#left += 1;
      return [];
    }
    const { index, treeId, leaf, uuid, address } = entry;
    const place = `${treeId} ${leaf}`;
    const atIndex = first(this.#byIndex, index, entry);
    const atPlace = first(this.#byPlace, place, entry);
    const withUuid = first(this.#byUuid, uuid, entry);
    const findings: AuditFinding[] = [];
    if (atIndex.treeId !== treeId || atIndex.leaf !== leaf || atIndex.uuid !== uuid) {
      const what = `it is ${leafText(entry)} here, and ${leafText(atIndex)} at ${atIndex.address}`;
      findings.push({ code: 'INDEX_TWICE', address, where: `Index ${index}`, what });
    }
    if (atPlace.index !== index) {
      const what = `it has the index ${index} here, and ${atPlace.index} at ${atPlace.address}`;
      findings.push({ code: 'ENTRY_TWICE', address, where: capital(leafText(entry)), what });
    }
    if (withUuid.treeId === treeId && withUuid.leaf !== leaf) {
      const what = `it is the same as leaf ${withUuid.leaf} of this tree, which Trillian lets nobody do`;
      findings.push({ code: 'LEAF_TWICE', address, where: capital(leafText(entry)), what });
    }
    if (withUuid.treeId !== treeId) this.#sentAgain.set(uuid, entry);
    return findings;
  }

  /** Contents that stand in two trees: in one finding, for a log may have many. */
  get sentAgain(): AuditFinding[] {
    const [some] = this.#sentAgain.values();
    if (!some) return [];
    const other = this.#byUuid.get(some.uuid);
    const what = `the same content has index ${other?.index ?? ''} in tree ${other?.treeId ?? ''}, and index ${some.index} in tree ${some.treeId}`;
    const where = `${counted(this.#sentAgain.size, 'entry', 'entries')}, one of them ${some.uuid.slice(0, 16)}...`;
    return [{ code: 'SENT_AGAIN', address: some.address, where, what }];
  }
}

/** What stands there already; where there is nothing, this is put there. */
function first<Key>(seen: Map<Key, SeenEntry>, key: Key, entry: SeenEntry): SeenEntry {
  const found = seen.get(key);
  if (found) return found;
  seen.set(key, entry);
  return entry;
}

function leafText({ treeId, leaf }: Place): string {
  return `leaf ${leaf} of tree ${treeId}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
