import {
  CORE_SCHEMA,
  EVENT_ID,
  eventsToAst,
  loadAll,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from 'js-yaml';
import type { Document, MappingNode, Node, SequenceNode } from 'js-yaml';
import type { TreeId } from '../../workflows/model/log';
import { refuse } from '../refusal-error';
import { isTreeId, TREE_ID_ALLOWED } from './tree-id';

/**
 * The list of inactive shards that Rekor reads once, at its start (rekor:pkg/sharding/ranges.go); position decides
 * every virtual index. Rekor validates nothing, so this does. The file is read through js-yaml's tree of source
 * texts, never through JavaScript numbers, which would lose digits of a 63-bit id.
 */

/** The inactive tree ids in served order; none for an absent or empty file. Refuses what Rekor would misread. */
export function inactiveTreeIds(path: string, text: string | null, activeTreeId: TreeId): TreeId[] {
  const treeIds = listedTreeIds(path, text);
  if (treeIds.includes(activeTreeId)) {
    throw refuse('SHARDING_FILE_LISTS_ACTIVE', { path, tree: activeTreeId });
  }
  return treeIds;
}

/** The tree ids that the file lists, in order, without knowing which tree is active. */
export function listedTreeIds(path: string, text: string | null): TreeId[] {
  const list = shardList(path, text ?? '');
  const treeIds = (list?.items ?? []).map((entry, index) => treeIdOf(path, entry, index + 1));
  const twice = treeIds.find((treeId, index) => treeIds.indexOf(treeId) !== index);
  if (twice !== undefined) throw refuse('SHARDING_FILE_LISTS_TWICE', { path, tree: twice });
  return treeIds;
}

/**
 * The same file with one more shard at its end; every byte that was there stays. The entry has no `treeLength`
 * (Rekor 1.4.1 and later reads it from Trillian) and no `signingConfig` (the active signer's is used).
 */
export function appendShard(path: string, text: string | null, treeId: TreeId): string {
  const before = text ?? '';
  const wanted = [...inactiveTreeIds(path, before, treeId), treeId];
  const earlier = JSON.stringify(shardList(path, before)?.items ?? []);
  for (const candidate of withShardAdded(document(path, before), before, treeId)) {
    if (holds(path, candidate, wanted, earlier)) return candidate;
  }
  throw refuse('SHARDING_FILE_INVALID', {
    path,
    reason: 'no shard can be added at its end without changing what is before; write it as a plain list',
  });
}

function holds(path: string, candidate: string, wanted: readonly TreeId[], earlier: string): boolean {
  try {
    const items = shardList(path, candidate)?.items ?? [];
    const sameBefore = JSON.stringify(items.slice(0, -1)) === earlier;
    return sameBefore && listedTreeIds(path, candidate).join() === wanted.join();
  } catch {
    return false; // a candidate that is no sharding file is not the one
  }
}

/** The places where one more entry may go, most natural first; the caller keeps the first that reads back right. */
function* withShardAdded(read: Document | undefined, text: string, treeId: TreeId): Generator<string> {
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const list = read?.contents;
  if (list?.kind === 'scalar' && list.value !== '') {
    const start = contentStart(text); // the word null, which Rekor takes for an empty list
    yield `${text.slice(0, start)}[{"treeID": ${treeId}}]${text.slice(start + list.value.length)}`;
  } else if (list?.kind === 'sequence' && text[contentStart(text)] === '[') {
    for (let end = text.lastIndexOf(']'); end > 0; end = text.lastIndexOf(']', end - 1)) {
      const lastEntryEnd = text.slice(0, end).trimEnd().length;
      for (const [place, comma] of [
        [lastEntryEnd, ', '],
        [end, ', '],
        [lastEntryEnd, ''],
      ] as const) {
        yield `${text.slice(0, place)}${comma}{"treeID": ${treeId}}${text.slice(place)}`;
      }
    }
  } else {
    const end = read?.explicitEnd ? text.search(/^\.\.\.(?=\s|$)/m) : text.length;
    const gap = end === 0 || text[end - 1] === '\n' ? '' : lineBreak;
    const margin = list?.kind === 'sequence' ? marginBefore(text, contentStart(text)) : '';
    yield `${text.slice(0, end)}${gap}${margin}- treeID: ${treeId}${lineBreak}${text.slice(end)}`;
  }
}

/** Where the outermost value begins in the text. */
function contentStart(text: string): number {
  const content = parseEvents(text, {})[1]; // the first event opens the document
  if (content?.type === EVENT_ID.SCALAR) return content.valueStart;
  return content && 'start' in content ? content.start : 0;
}

function marginBefore(text: string, position: number): string {
  const lineStart = text.lastIndexOf('\n', position - 1) + 1;
  return text.slice(lineStart, position).replace('\uFEFF', '');
}

function shardList(path: string, text: string): SequenceNode | undefined {
  const list = document(path, text)?.contents;
  if (!list || (list.kind === 'scalar' && list.tag === 'tag:yaml.org,2002:null')) return undefined;
  if (list.kind === 'sequence') return list;
  throw refuse('SHARDING_FILE_INVALID', { path, reason: `it is a ${list.kind}, not a list of shards` });
}

function document(path: string, text: string): Document | undefined {
  try {
    loadAll(text); // finds what a tree of nodes alone does not show: keys given twice, unknown anchors
    const documents = eventsToAst(parseEvents(text, {}), { source: text, schema: CORE_SCHEMA });
    if (documents.length < 2) return documents[0];
  } catch (error) {
    throw refuse('SHARDING_FILE_INVALID', { path, reason: `it is not YAML: ${withoutContent(error)}` });
  }
  throw refuse('SHARDING_FILE_INVALID', { path, reason: 'it has several YAML documents; Rekor reads one' });
}

/** A parser quotes the file in its errors, and the file may hold a password (H28): keep the kind and the line. */
function withoutContent(error: unknown): string {
  if (!(error instanceof YAMLException)) return 'it cannot be parsed';
  const kind = error.reason.replace(/["'<][\s\S]*$/, '').trim();
  return error.mark ? `${kind} in line ${error.mark.line + 1}` : kind;
}

function treeIdOf(path: string, entry: Node, position: number): TreeId {
  const invalid = (found: string) =>
    refuse('SHARDING_FILE_INVALID', {
      path,
      reason: `entry ${position} ${found}; allowed is treeID: ${TREE_ID_ALLOWED} and without quotes`,
    });
  if (entry.kind !== 'mapping') throw invalid(`is a ${entry.kind}, not a map with a treeID`);
  const given = entry.items.filter(({ key }) => keyName(key) === 'treeid').map(({ value }) => value);
  const value = given[0];
  if (value === undefined) throw invalid('has no treeID');
  if (given.length > 1) throw invalid('has more than one treeID'); // Go matches names whatever their case
  if (value.kind !== 'scalar') throw invalid(`has a ${value.kind} as treeID`);
  if (value.style !== SCALAR_STYLE.PLAIN || value.tagged) {
    throw invalid(`has treeID as text (${JSON.stringify(value.value)}), which stops Rekor`);
  }
  if (!isTreeId(value.value)) throw invalid(`has treeID ${JSON.stringify(value.value)}`);
  return value.value;
}

function keyName(key: MappingNode['items'][number]['key']): string {
  return key.kind === 'scalar' ? key.value.toLowerCase() : '';
}
