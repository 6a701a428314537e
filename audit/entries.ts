import { concurrently } from '../activities/verification/concurrently';
import { proveEntry } from '../activities/verification/entry-proof';
import { proveLeaf, type ShardLeaf } from '../activities/verification/entry-reading';
import type { LogEntry } from '../activities/verification/log-entry';
import { NotProven, prove } from '../activities/verification/not-proven';
import type { ServedShard } from '../activities/verification/served-shard';
import { MOST_AT_ONCE } from './audited-log';
import { type Instance, proving } from './instance';
import type { EntryPlaces } from './model/entry-places';
import type { Findings } from './model/finding';
import { readerOf } from './patient-reader';

/** Requests that run at the same time. */
export const AT_A_TIME = 4;

interface Parts {
  readonly instance: Instance;
  readonly findings: Findings;
  readonly places: EntryPlaces;
  readonly signal: AbortSignal;
  /** Called with how many more entries were read. */
  readonly onRead: (entries: number) => void;
}

/** Reads entries by their indexes, ten in a request, and proves each of them. */
export async function readByIndex(leaves: Iterable<ShardLeaf>, parts: Parts): Promise<void> {
  await concurrently(chunks(leaves, MOST_AT_ONCE), AT_A_TIME, parts.signal, async (some, signal) => {
    await readTogether(some, { ...parts, signal });
    parts.onRead(some.length);
  });
}

/**
 * Reads entries by every path that Rekor has: by index, entry id and UUID, each alone and together. Gives how many were found.
 *
 * @param onFound called with each of them; none is kept.
 */
export async function readByEveryPath(
  leaves: Iterable<ShardLeaf>,
  parts: Parts,
  onFound: (entry: LogEntry) => void,
): Promise<number> {
  let read = 0;
  const { log, address, shards } = parts.instance;
  await concurrently(chunks(leaves, MOST_AT_ONCE), AT_A_TIME, parts.signal, async (some, signal) => {
    const found = await readTogether(some, { ...parts, signal });
    for (const { leaf, entry } of found) {
      const where = whereIs(leaf);
      await proving(parts.findings, { address, where }, async () => {
        const reader = readerOf(log, leaf.shard);
        const single = await reader.entryAt(entry.logIndex, signal);
        prove(single !== null, 'ENTRY_MISSING', 'asked for alone, nothing is found at its index');
        prove(
          single.entryId === entry.entryId,
          'ENTRY_DIFFERS',
          `asked for alone, ${single.entryId} answers at its index`,
        );
        await proveLeaf(reader, shards, leaf, single, signal);
      });
    }
    await retrieveAgain(found, 'entry id', ({ entryId }) => entryId, { ...parts, signal });
    await retrieveAgain(found, 'UUID', ({ uuid }) => uuid, { ...parts, signal });
    read += found.length;
    for (const { entry } of found) onFound(entry);
    parts.onRead(some.length);
  });
  return read;
}

interface FoundLeaf {
  readonly leaf: ShardLeaf;
  readonly entry: LogEntry;
}

async function readTogether(
  leaves: readonly ShardLeaf[],
  { instance, findings, places, signal }: Parts,
): Promise<FoundLeaf[]> {
  const { address, log } = instance;
  const indexes = leaves.map(({ shard, leafIndex }) => shard.firstIndex + leafIndex);
  const where = `Indexes ${indexes[0] ?? ''} to ${indexes.at(-1) ?? ''}`;
  const entries = await proving(findings, { address, where }, () => log.entriesAt(indexes, signal));
  const found: FoundLeaf[] = [];
  for (const [position, leaf] of leaves.entries()) {
    if (!entries) break;
    await proving(findings, { address, where: whereIs(leaf) }, async () => {
      const { shard, leafIndex } = leaf;
      const index = shard.firstIndex + leafIndex;
      const entry =
        entries[position] ?? (shard.isActive ? await readerOf(log, shard).entryAt(index, signal) : null);
      if (entry instanceof NotProven) throw entry;
      prove(entry !== null, 'ENTRY_MISSING', 'there is no entry at this index');
      const { treeId, proof, uuid, logIndex } = entry;
      const there = logIndex === index && treeId === shard.treeId && proof.leafIndex === leafIndex;
      const answered = `leaf ${proof.leafIndex} of tree ${treeId} answers, with index ${logIndex}`;
      prove(there, 'INDEX_DIFFERS', answered);
      shard.see(proveEntry(entry, shard));
      findings.add(...places.see({ index: logIndex, treeId, leaf: proof.leafIndex, uuid, address }));
      found.push({ leaf, entry });
    });
  }
  return found;
}

/** The same entries once more, together, by another name. What has the same UUID in another tree is found beside them. */
async function retrieveAgain(
  found: readonly FoundLeaf[],
  name: string,
  nameOf: (entry: LogEntry) => string,
  { instance: { address, log }, findings, signal }: Parts,
): Promise<void> {
  if (found.length === 0) return;
  const names = found.map(({ entry }) => nameOf(entry));
  const where = `${found.length} entries by ${name}, together`;
  const ask = () => log.retrieve(names, signal);
  const isThere = (answers: readonly LogEntry[] | undefined): boolean =>
    !answers ||
    found.every(
      ({ leaf, entry }) => !leaf.shard.isActive || answers.some(({ entryId }) => entryId === entry.entryId),
    );
  const answers = await proving(findings, { address, where }, () => log.eventually(ask, isThere, signal));
  if (!answers) return;
  for (const { leaf, entry } of found) {
    await proving(findings, { address, where: whereIs(leaf) }, () => {
      const answer = answers.find(({ entryId }) => entryId === entry.entryId);
      if (!answer)
        throw new NotProven('ENTRY_MISSING', `asked for by ${name} together with others, it is not found`);
      leaf.shard.see(proveEntry(answer, leaf.shard));
    });
  }
}

function whereIs({ shard, leafIndex }: ShardLeaf): string {
  return `Index ${shard.firstIndex + leafIndex} (leaf ${leafIndex} of tree ${shard.treeId})`;
}

/** The leaves of a shard from one to the one before `end`, but for those that were read already. */
export function* leavesOf(
  { shard, from, end }: { readonly shard: ServedShard; readonly from: number; readonly end: number },
  read: ReadonlySet<number>,
): Generator<ShardLeaf> {
  for (let leafIndex = from; leafIndex < end; leafIndex += 1) {
    if (!read.has(leafIndex)) yield { shard, leafIndex };
  }
}

function* chunks<Item>(items: Iterable<Item>, length: number): Generator<Item[]> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < length) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
