import { verifyAsBundle } from './bundle-check';
import { proveEntry } from './entry-proof';
import type { LogEntry } from './log-entry';
import type { LogReader } from './log-reader';
import { prove } from './not-proven';
import type { ServedShard } from './served-shard';

/** What came out of proving one leaf. */
export interface ProvenEntry {
  readonly entry: LogEntry;
  /** Inclusion proofs that were verified for it: one for each answer. */
  readonly proofs: number;
  /** False when its kind allows no Sigstore bundle; then only our own code has proven it. */
  readonly asBundle: boolean;
}

/** Which leaf of which shard. */
export interface ShardLeaf {
  readonly shard: ServedShard;
  /** From 0, in its tree. */
  readonly leafIndex: number;
}

/** The virtual index of a leaf. */
export function indexOf({ shard, leafIndex }: ShardLeaf): number {
  return shard.firstIndex + leafIndex;
}

/** What a leaf's virtual index answers; nothing in it is believed yet. Throws NotProven for none. */
export async function readLeaf(reader: LogReader, leaf: ShardLeaf, signal: AbortSignal): Promise<LogEntry> {
  const entry = await reader.entryAt(indexOf(leaf), signal);
  prove(entry !== null, 'ENTRY_MISSING', 'there is no entry at this index');
  return entry;
}

/**
 * Proves what a leaf's virtual index answered, reads the leaf by entry id and by UUID, and proves each answer, that they
 * are one entry, and that a bundle made of it verifies. Throws NotProven.
 */
export async function proveLeaf(
  reader: Pick<LogReader, 'entryById' | 'entryByUuid'>,
  shards: readonly ServedShard[],
  leaf: ShardLeaf,
  entry: LogEntry,
  signal: AbortSignal,
): Promise<ProvenEntry> {
  const { shard } = leaf;
  const checkpoint = proveEntry(entry, shard);
  shard.see(checkpoint);
  prove(
    entry.logIndex === indexOf(leaf),
    'INDEX_DIFFERS',
    `asked for, it was answered with index ${entry.logIndex}`,
  );

  const byId = await reader.entryById(shard.treeId, entry.uuid, signal);
  prove(byId !== null, 'ENTRY_MISSING', `its entry id ${entry.entryId} is not found`);
  proveSame(byId, entry, 'entry id');
  shard.see(proveEntry(byId, shard));

  const byUuid = await reader.entryByUuid(entry.uuid, signal);
  prove(byUuid !== null, 'ENTRY_MISSING', `its UUID ${entry.uuid} is not found`);
  if (byUuid.treeId === shard.treeId) {
    proveSame(byUuid, entry, 'UUID');
    shard.see(proveEntry(byUuid, shard));
  } else {
    proveTwin(byUuid, entry, shards, shard);
  }
  return { entry, proofs: 3, asBundle: verifyAsBundle(entry, shard.key, `https://${checkpoint.hostname}`) };
}

/** The promise is signed anew at each read and the active tree's proof grows, so both differ rightly. */
function proveSame(answer: LogEntry, entry: LogEntry, asked: string): void {
  const same =
    answer.entryId === entry.entryId &&
    answer.logIndex === entry.logIndex &&
    answer.proof.leafIndex === entry.proof.leafIndex &&
    answer.integratedTime === entry.integratedTime &&
    answer.body.equals(entry.body);
  prove(
    same,
    'ENTRY_DIFFERS',
    `asked by ${asked}, another entry answers: ${answer.entryId} with index ${answer.logIndex}`,
  );
}

/**
 * Trees are deduplicated one by one, so what was uploaded before and after a rotation is in both, and a UUID alone
 * finds it where Rekor looks first: in the active tree, then in the inactive ones in order (rekor
 * pkg/api/entries.go). Such a twin is right when it is proven in a tree that comes before.
 */
function proveTwin(
  twin: LogEntry,
  entry: LogEntry,
  shards: readonly ServedShard[],
  shard: ServedShard,
): void {
  const other = shards.find((candidate) => candidate.treeId === twin.treeId);
  const isFirst = other !== undefined && searched(other, shards) < searched(shard, shards);
  prove(
    isFirst && twin.uuid === entry.uuid,
    'ENTRY_DIFFERS',
    `asked by UUID, another entry answers: ${twin.entryId}`,
  );
  other.see(proveEntry(twin, other));
}

function searched(shard: ServedShard, shards: readonly ServedShard[]): number {
  return shard.isActive ? -1 : shards.indexOf(shard);
}
