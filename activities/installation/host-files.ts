import type { ReleaseOrder } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { refuse } from '../refusal-error';
import { activeTreeId, withActiveTreeId } from './environment-file';
import { appendShard, listedTreeIds } from './sharding-file';
import {
  forgetKept,
  hashOf,
  keep,
  readKept,
  readRequired,
  readText,
  removeUnfinished,
  writeText,
} from './slot-files';

/**
 * How the files of two slots are changed and changed back. The sharding list is always written before the tree id and
 * restored after it, so that no start of the slot ever combines the next tree with the former list and numbers its
 * entries from 0 (H9). Every function looks at all files before it touches one, and may be repeated from any point.
 */

/** The two files that a slot's Rekor is configured with. */
export interface SlotFiles {
  readonly environmentFile: string;
  readonly shardingFile: string;
}

export interface SlotContents {
  readonly environment: string;
  /** Null when there is no such file, which is an empty list. */
  readonly sharding: string | null;
}

export interface SlotPair {
  readonly current: SlotFiles;
  readonly next: SlotFiles;
  /** The name of the variable that names the active tree. */
  readonly treeIdVariable: string;
}

/** Reads both files of a slot. */
export async function readSlot(slot: SlotFiles): Promise<SlotContents> {
  return {
    environment: await readRequired(slot.environmentFile),
    sharding: await readText(slot.shardingFile),
  };
}

/** SHA-256 over the files of both slots; a missing file differs from an empty one. */
export function fingerprintOf(current: SlotContents, next: SlotContents): string {
  return hashOf(JSON.stringify([current.environment, current.sharding, next.environment, next.sharding]));
}

/**
 * What the next slot is given: the served list, which only the current slot knows, with the current tree at its end;
 * and its own environment, because ports and paths are the slot's own, with another tree id.
 */
export function nextContents(
  { current, next, treeIdVariable }: SlotPair,
  before: { readonly current: SlotContents; readonly next: SlotContents },
  trees: { readonly current: TreeId; readonly next: TreeId },
): { readonly environment: string; readonly sharding: string } {
  return {
    sharding: appendShard(current.shardingFile, before.current.sharding, trees.current),
    environment: withActiveTreeId(next.environmentFile, before.next.environment, treeIdVariable, trees.next),
  };
}

/** Gives the next slot its files, after keeping what was there; goes on where an interrupted call ended. */
export async function stageFiles(pair: SlotPair, order: ReleaseOrder, signal: AbortSignal): Promise<void> {
  const { next } = pair;
  const sharding = await findFile(next.shardingFile, order.mark);
  const environment = await findFile(next.environmentFile, order.mark);
  const before = {
    current: await readSlot(pair.current),
    next: { sharding: sharding.before, environment: environment.before ?? '' },
  };
  const fingerprint = fingerprintOf(before.current, before.next);
  if (fingerprint !== order.fingerprint) {
    const what = `A file of slot ${order.current} or ${order.next}`;
    throw refuse('CHANGED_BY_SOMEONE', {
      what,
      expected: order.fingerprint.slice(0, 12),
      now: fingerprint.slice(0, 12),
    });
  }
  const staged = nextContents(pair, before, { current: order.currentTreeId, next: order.nextTreeId });
  const changes = [
    { file: sharding, content: staged.sharding, like: pair.current.shardingFile },
    { file: environment, content: staged.environment, like: pair.current.environmentFile },
  ];
  for (const { file, content } of changes) {
    if (file.present !== file.before && file.present !== content)
      throw changedBySomeone(file, hashOf(content));
  }
  for (const { file, content } of changes) {
    signal.throwIfAborted();
    if (file.keptByUs) continue;
    await keep(file.path, { mark: order.mark, before: file.before, stagedHash: hashOf(content) });
  }
  for (const { file, content, like } of changes) {
    signal.throwIfAborted();
    if (file.present !== content) await writeText(file.path, content, like);
  }
}

/** Puts the next slot's files back as this attempt found them; no harm when it staged nothing. */
export async function discardFiles(pair: SlotPair, order: ReleaseOrder, signal: AbortSignal): Promise<void> {
  const paths = [pair.next.environmentFile, pair.next.shardingFile];
  const found: FoundFile[] = [];
  for (const path of paths) found.push(await findFile(path, order.mark));
  const ours = found.filter((file) => file.keptByUs);
  for (const file of ours) {
    if (file.present !== file.before && !isStaged(file)) throw changedBySomeone(file, file.stagedHash);
  }
  for (const file of ours) {
    signal.throwIfAborted();
    if (file.present !== file.before) await writeText(file.path, file.before);
  }
  for (const file of ours) await forgetKept(file.path);
  for (const path of paths) await removeUnfinished(path);
}

/** What `settleFiles` does besides writing: which slot starts after a reboot. */
export interface BootOrder {
  enableNext(): Promise<void>;
  disableCurrent(): Promise<void>;
}

/**
 * Both slots hold the next release's configuration, and the next one starts after a reboot (H33). It is enabled
 * first: a reboot at any point then starts a slot that the gate sends to.
 */
export async function settleFiles(
  pair: SlotPair,
  order: ReleaseOrder,
  boot: BootOrder,
  signal: AbortSignal,
): Promise<void> {
  const { current, next, treeIdVariable } = pair;
  const listBefore = order.inactive.map((shard) => shard.treeId);
  const listAfter = [...listBefore, order.currentTreeId];
  for (const path of [next.shardingFile, next.environmentFile]) {
    const file = await findFile(path, order.mark);
    if (file.keptByUs && !isStaged(file)) throw changedBySomeone(file, file.stagedHash);
  }
  const staged = await readSlot(next);
  const standing = await readSlot(current);
  const expect = (what: string, now: string, ...expected: string[]) => {
    if (!expected.includes(now))
      throw refuse('CHANGED_BY_SOMEONE', { what, expected: expected.join(' or '), now });
  };
  const list = (path: string, text: string | null) => `the list [${listedTreeIds(path, text).join(', ')}]`;
  const listed = (treeIds: readonly TreeId[]) => `the list [${treeIds.join(', ')}]`;
  const tree = (path: string, text: string) => activeTreeId(path, text, treeIdVariable);
  expect(next.shardingFile, list(next.shardingFile, staged.sharding), listed(listAfter));
  expect(next.environmentFile, tree(next.environmentFile, staged.environment), order.nextTreeId);
  const standingList = list(current.shardingFile, standing.sharding);
  expect(current.shardingFile, standingList, listed(listBefore), listed(listAfter));
  const standingTree = tree(current.environmentFile, standing.environment);
  expect(current.environmentFile, standingTree, order.currentTreeId, order.nextTreeId);

  const sharding =
    standingList === listed(listAfter)
      ? (standing.sharding ?? '')
      : appendShard(current.shardingFile, standing.sharding, order.currentTreeId);
  expect(current.shardingFile, shortHash(sharding), shortHash(staged.sharding ?? ''));
  const environment = withActiveTreeId(
    current.environmentFile,
    standing.environment,
    treeIdVariable,
    order.nextTreeId,
  );

  signal.throwIfAborted();
  await boot.enableNext();
  if (sharding !== standing.sharding) await writeText(current.shardingFile, sharding, next.shardingFile);
  signal.throwIfAborted();
  if (environment !== standing.environment) await writeText(current.environmentFile, environment);
  signal.throwIfAborted();
  await boot.disableCurrent();
  for (const path of [next.environmentFile, next.shardingFile]) {
    if ((await readKept(path))?.mark === order.mark) await forgetKept(path);
  }
  for (const slot of [next, current]) {
    await removeUnfinished(slot.environmentFile);
    await removeUnfinished(slot.shardingFile);
  }
}

interface FoundFile {
  readonly path: string;
  readonly present: string | null;
  /** What was there before this attempt. */
  readonly before: string | null;
  readonly keptByUs: boolean;
  readonly stagedHash: string;
}

async function findFile(path: string, mark: string): Promise<FoundFile> {
  const present = await readText(path);
  const kept = await readKept(path);
  if (kept?.mark === mark)
    return { path, present, before: kept.before, keptByUs: true, stagedHash: kept.stagedHash };
  return { path, present, before: present, keptByUs: false, stagedHash: '' };
}

function isStaged(file: FoundFile): boolean {
  return file.present !== null && hashOf(file.present) === file.stagedHash;
}

function changedBySomeone(file: FoundFile, stagedHash: string): Error {
  const before = file.before === null ? 'no file' : `its earlier content (sha256 ${shortHash(file.before)})`;
  const now = file.present === null ? 'no file' : `sha256 ${shortHash(file.present)}`;
  const expected = `what was staged (sha256 ${stagedHash.slice(0, 12)}) or ${before}`;
  return refuse('CHANGED_BY_SOMEONE', { what: file.path, expected, now });
}

function shortHash(text: string): string {
  return hashOf(text).slice(0, 12);
}
