import { proveEntry } from '../activities/verification/entry-proof';
import type { LogEntry } from '../activities/verification/log-entry';
import type { ServedShard } from '../activities/verification/served-shard';
import type { TreeId } from '../workflows/model/log';
import { type Instance, proving } from './instance';
import type { Findings } from './model/finding';
import { placedTrees, sizeOf } from './model/view';
import { readerOf } from './patient-reader';

/** The first and the last entry of a shard, where they are what they must be. */
export interface ShardEnds {
  readonly shard: ServedShard;
  readonly first?: LogEntry;
  readonly last?: LogEntry;
}

/**
 * Reads the first and the last entry of each shard by index, and what stands behind the last one: so on both sides of each
 * boundary an index must lead to the leaf that the lengths say.
 */
export async function readEnds(
  instance: Instance,
  findings: Findings,
  signal: AbortSignal,
): Promise<ReadonlyMap<TreeId, ShardEnds>> {
  const ends = new Map<TreeId, ShardEnds>();
  for (const shard of instance.shards.filter(({ size }) => size > 0)) {
    const first = await readEnd(instance, { shard, leaf: 0 }, findings, signal);
    const last =
      shard.size === 1 ? first : await readEnd(instance, { shard, leaf: shard.size - 1 }, findings, signal);
    ends.set(shard.treeId, { shard, ...(first && { first }), ...(last && { last }) });
  }
  await readBehind(instance, findings, signal);
  return ends;
}

/** Boundaries of which the entries on both sides are what they must be; an empty shard has none. */
export function boundariesRead({ view }: Instance, ends: ReadonlyMap<TreeId, ShardEnds> | undefined): number {
  const trees = placedTrees(view);
  return trees.filter(({ treeId, loaded }, position) => {
    const before = trees[position - 1];
    if (!ends || !before) return false;
    const isRead = before.loaded === 0 || ends.get(before.treeId)?.last !== undefined;
    return isRead && (loaded === 0 || ends.get(treeId)?.first !== undefined);
  }).length;
}

async function readEnd(
  { address, log }: Instance,
  { shard, leaf }: { readonly shard: ServedShard; readonly leaf: number },
  findings: Findings,
  signal: AbortSignal,
): Promise<LogEntry | undefined> {
  const index = shard.firstIndex + leaf;
  const where = `Index ${index} (leaf ${leaf} of tree ${shard.treeId})`;
  return await proving(findings, { address, where }, async () => {
    const entry = await readerOf(log, shard).entryAt(index, signal);
    if (entry?.treeId !== shard.treeId || entry.proof.leafIndex !== leaf) {
      const answered = entry
        ? `leaf ${entry.proof.leafIndex} of tree ${entry.treeId} answers`
        : 'nothing answers';
      findings.add({
        code: 'BOUNDARY_WRONG',
        address,
        where,
        what: `by the lengths it is there, and ${answered}`,
      });
      return undefined;
    }
    shard.see(proveEntry(entry, shard));
    return entry;
  });
}

/** Behind the last entry there is none, but one that has come meanwhile: also the first of a tree that was opened meanwhile. */
async function readBehind(
  { address, log, view }: Instance,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const index = sizeOf(view);
  const active = view.trees.at(-1);
  const where = `Index ${index}, after the last entry`;
  await proving(findings, { address, where }, async () => {
    const entry = await log.entryAt(index, signal);
    if (!entry || !active) return;
    const { treeId, proof } = entry;
    if (treeId === active.treeId && proof.leafIndex === active.loaded) return;
    if (proof.leafIndex === 0 && !view.trees.some((tree) => tree.treeId === treeId)) return;
    const what = `leaf ${proof.leafIndex} of tree ${treeId} answers, which has its place before`;
    findings.add({ code: 'ENTRY_AFTER_END', address, where, what });
  });
}
