import type { TreeId } from '../../workflows/model/log';
import { refuse, RefusalError } from '../errors/refusal-error';
import { BYTE_ORDER_MARK, isNothing, NotReadable, type PlainNode, readPlainYaml } from './plain-yaml';
import { type ListedShard, readShard } from './shard-fields';

/**
 * The list of inactive shards that Rekor reads once, at its start (rekor:pkg/sharding/ranges.go); position decides every
 * virtual index. Rekor takes almost anything for a list, so this takes only what Rekor is sure to read as the same list,
 * and refuses SHARDING_FILE_INVALID for the rest.
 */

/** The inactive tree ids in served order; none for an absent or empty file. */
export function inactiveTreeIds(path: string, text: string | null, activeTreeId: TreeId): TreeId[] {
  const treeIds = listedTreeIds(path, text);
  if (treeIds.includes(activeTreeId)) {
    throw refuse('SHARDING_FILE_LISTS_ACTIVE', { path, tree: activeTreeId });
  }
  return treeIds;
}

/** The tree ids that the file lists, in order, without knowing which tree is active. */
export function listedTreeIds(path: string, text: string | null): TreeId[] {
  return listedShards(path, text).map((shard) => shard.treeId);
}

/** All shards that the file lists, in order. */
export function listedShards(path: string, text: string | null): ListedShard[] {
  const shards = readable(path, () => shardsOf(readPlainYaml(text ?? '')));
  const treeIds = shards.map((shard) => shard.treeId);
  const twice = treeIds.find((treeId, index) => treeIds.indexOf(treeId) !== index);
  if (twice !== undefined) throw refuse('SHARDING_FILE_LISTS_TWICE', { path, tree: twice });
  return shards;
}

/** Each entry of the list down to its last value, as text; secrets and all. */
export function listedValues(path: string, text: string | null): unknown[] {
  return readable(path, () => itemsOf(readPlainYaml(text ?? '')).map(valueOf));
}

/**
 * The same file with one more shard at its end; every byte that was there stays, but for the word null. The entry has no
 * `treeLength` (Rekor 1.4.1 and later reads it from Trillian) and no `signingConfig`; listed-signers.ts has those.
 */
export function appendShard(path: string, text: string | null, treeId: TreeId): string {
  inactiveTreeIds(path, text, treeId);
  const before = text ?? '';
  const list = readable(path, () => readPlainYaml(before));
  const after = withShard(before, list, treeId);
  if (extendsBy(path, list, after, treeId)) return after;
  throw refuse('SHARDING_FILE_INVALID', {
    path,
    reason:
      'no shard can be added at its end without changing what is before; let its last line end in a value',
  });
}

/** The list with those of the trees at its end that it does not have yet. */
export function withShards(path: string, list: string, treeIds: readonly TreeId[]): string {
  const listed = listedTreeIds(path, list);
  return treeIds
    .filter((treeId) => !listed.includes(treeId))
    .reduce((text, treeId) => appendShard(path, text, treeId), list);
}

function readable<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    throw refuse('SHARDING_FILE_INVALID', { path, reason: error.words });
  }
}

function shardsOf(root: PlainNode | undefined): ListedShard[] {
  return itemsOf(root).map((node, index) => readShard(node, `entry ${index + 1}`));
}

function itemsOf(root: PlainNode | undefined): readonly PlainNode[] {
  if (root === undefined || isNothing(root)) return [];
  if (root.kind !== 'list') throw new NotReadable(`it is a ${root.kind}`, 'a list of shards');
  return root.items;
}

function withShard(text: string, list: PlainNode | undefined, treeId: TreeId): string {
  const put = (start: number, end: number, entry: string) => text.slice(0, start) + entry + text.slice(end);
  const entry = `{"treeID": ${treeId}}`;
  if (list?.kind === 'list' && list.isFlow) {
    const last = list.items.at(-1);
    return last ? put(last.end, last.end, `, ${entry}`) : put(list.start + 1, list.start + 1, entry);
  }
  if (list?.kind === 'scalar' && list.text !== '') return put(list.start, list.end, `[${entry}]`);
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const end = /^\.\.\.(?=\s|$)/m.exec(text)?.index ?? text.length;
  const gap = end === 0 || text[end - 1] === '\n' ? '' : lineBreak;
  const margin = ' '.repeat(list === undefined ? 0 : columnOf(text, list.start));
  return put(end, end, `${gap}${margin}- treeID: ${treeId}${lineBreak}`);
}

function columnOf(text: string, offset: number): number {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).replace(BYTE_ORDER_MARK, '').length;
}

/** Whether a text lists what a list has, down to the last value, and the tree behind it. */
function extendsBy(path: string, list: PlainNode | undefined, text: string, treeId: TreeId): boolean {
  try {
    const values = itemsOf(readPlainYaml(text)).map(valueOf);
    const wanted = [...itemsOf(list).map(valueOf), { treeID: treeId }];
    return JSON.stringify(values) === JSON.stringify(wanted) && listedTreeIds(path, text).at(-1) === treeId;
  } catch (error) {
    if (error instanceof NotReadable || error instanceof RefusalError) return false;
    throw error;
  }
}

/** A value without its place. */
function valueOf(node: PlainNode): unknown {
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'list') return node.items.map(valueOf);
  return Object.fromEntries(node.fields.map(({ name, value }) => [name, valueOf(value)]));
}
