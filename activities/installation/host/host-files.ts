import type { Content, PlannedChanges, Replacement, SignerPart } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { changedBySomeone } from '../../errors/refusal-error';
import { filledIn } from '../content';
import { signersNamedOnlyIn, withSigners } from '../listed-signers';
import type { NextSigner } from '../next-signer';
import { listedTreeIds, withShards } from '../sharding-file';
import { activeTreeId, withActiveTreeId } from './environment-file';
import type { SlotContents, SlotFiles, SlotPair } from './slot-pair';
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
import type { KeptFile } from './slot-files';
import { signerOf, withSigner } from './slot-signer';

/**
 * How the files of two slots are changed and changed back. The sharding list is always written before the tree id and
 * restored after it, so that no start of the slot ever combines the next tree with the former list and numbers its
 * entries from 0 (H9). Every function looks at all files before it touches one, and may be repeated from any point.
 */

/** Reads both files of a slot. */
export async function readSlot(slot: SlotFiles): Promise<SlotContents> {
  return {
    environment: await readRequired(slot.environmentFile),
    sharding: await readText(slot.shardingFile),
  };
}

/**
 * SHA-256 over the files of both slots, and the next signer without its password; a missing file differs from an empty one.
 */
export function fingerprintOf(current: SlotContents, next: SlotContents, nextSigner?: NextSigner): string {
  const files = [current.environment, current.sharding, next.environment, next.sharding];
  if (!nextSigner) return hashOf(JSON.stringify(files));
  const { signer, tinkKekUri, tinkKeyset } = nextSigner.values();
  return hashOf(JSON.stringify([...files, signer, tinkKekUri, tinkKeyset]));
}

/** Gives the next slot the planned files, after keeping what was there; goes on where an interrupted call ended. */
export async function stageFiles(
  pair: SlotPair,
  replacement: Replacement,
  planned: PlannedChanges,
  signal: AbortSignal,
): Promise<void> {
  const { current, next, nextSigner } = pair;
  const { attemptId, nextTreeId } = replacement;
  const { sharding, environment } = await findFiles(next, replacement);
  const before = {
    current: await readSlot(current),
    next: { sharding: sharding.before, environment: environment.before ?? '' },
  };
  const fingerprint = fingerprintOf(before.current, before.next, nextSigner);
  if (fingerprint !== planned.fingerprint) {
    const what = `A file of ${replacement.current.name} or ${replacement.next.name}, or the configured nextSigner,`;
    throw changedBySomeone(what, planned.fingerprint.slice(0, 12), fingerprint.slice(0, 12));
  }
  const texts = new Map([
    [current.shardingFile, before.current.sharding ?? ''],
    [current.environmentFile, before.current.environment],
    [next.environmentFile, before.next.environment],
  ]);
  const signer = nextSigner?.values();
  const filling = {
    textOf: (path: string) => texts.get(path) ?? '',
    nextTreeId,
    signerPart: (part: SignerPart) => signer?.[part] ?? '',
  };
  const changes = [
    { file: sharding, like: current.shardingFile },
    { file: environment, like: current.environmentFile },
  ].map(({ file, like }) => {
    const content = filledIn(plannedContent(planned, file.path), filling);
    return { file, content, like };
  });
  for (const { file, content } of changes) {
    if (file.present !== file.before && file.present !== content) throw notAsStaged(file, hashOf(content));
  }
  for (const { file, content } of changes) {
    signal.throwIfAborted();
    if (file.keptByUs) continue;
    const { before, superseded } = file;
    await keep(file.path, { mark: attemptId, before, stagedHash: hashOf(content), superseded });
  }
  for (const { file, content, like } of changes) {
    signal.throwIfAborted();
    if (file.present !== content) await writeText(file.path, content, like);
  }
}

/** Refuses CHANGED_BY_SOMEONE when the configuration has named other files since the plan. */
function plannedContent({ changes }: PlannedChanges, path: string): Content {
  const written = changes.filter(({ step, kind }) => step === 'stage' && kind === 'file');
  const content = written.find(({ target }) => target === path)?.content;
  if (!content) {
    const expected = written.map(({ target }) => target).join(' and ');
    throw changedBySomeone('The configuration of the slots', expected, path);
  }
  return content;
}

/**
 * Puts the next slot's files back as this attempt found them; no harm when it staged nothing. An attempt that it was to
 * supersede keeps again what it kept.
 */
export async function discardFiles(
  pair: SlotPair,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<void> {
  const found = await findFiles(pair.next, replacement);
  const ours = [found.environment, found.sharding].filter((file) => file.keptByUs);
  for (const file of ours) {
    if (file.present !== file.before && !isStaged(file)) throw notAsStaged(file, file.stagedHash);
  }
  for (const file of ours) {
    signal.throwIfAborted();
    if (file.present !== file.before) await writeText(file.path, file.before);
  }
  for (const file of ours) {
    if (file.superseded) await keep(file.path, file.superseded);
    else await forgetKept(file.path);
  }
  for (const path of filesOf(pair.next)) await removeUnfinished(path);
}

/** `<rotation>/<attempt>` of the attempt that keeps what a slot's files held before it; null without one. */
export async function keptFor({ environmentFile, shardingFile }: SlotFiles): Promise<string | null> {
  const kept = (await readKept(environmentFile)) ?? (await readKept(shardingFile));
  return kept?.mark ?? null;
}

/**
 * Refuses CHANGED_BY_SOMEONE unless the next slot's files are as this attempt staged them, and the current slot is
 * configured with the shards that the attempt was planned for.
 */
export async function requireStagedFiles(pair: SlotPair, replacement: Replacement): Promise<void> {
  const { current, next } = pair;
  for (const file of Object.values(await findFiles(next, replacement))) {
    if (!file.keptByUs || !isStaged(file)) throw notAsStaged(file, file.stagedHash);
  }
  await readAtPoint(pair, replacement, current);
}

/** All files of these slots. */
export function filesOf(...slots: readonly SlotFiles[]): string[] {
  return slots.flatMap((slot) => [slot.environmentFile, slot.shardingFile]);
}

/** The rotation has ended: what any attempt of it kept, beside either slot, is forgotten. */
export async function forgetFiles({ current, next }: SlotPair, replacement: Replacement): Promise<void> {
  for (const file of filesOf(current, next)) {
    const kept = await readKept(file);
    if (kept && rotationOf(kept.mark) === rotationOf(replacement.attemptId)) await forgetKept(file);
  }
}

/** Of `<rotation>/<attempt>`. */
function rotationOf(mark: string): string {
  return mark.slice(0, mark.lastIndexOf('/'));
}

/** What `settleFiles` does besides writing: which slot starts after a reboot. */
export interface BootOrder {
  enableNext(): Promise<void>;
  disableCurrent(): Promise<void>;
}

/**
 * Both slots hold the next release's configuration, its signers too, and the next one starts after a reboot (H33). It is enabled
 * first: a reboot at any point then starts a slot that the gate sends to.
 */
export async function settleFiles(
  pair: SlotPair,
  replacement: Replacement,
  boot: BootOrder,
  signal: AbortSignal,
): Promise<void> {
  const { current, next, treeIdVariable, signerVariables } = pair;
  for (const file of Object.values(await findFiles(next, replacement))) {
    if (file.keptByUs && !isStaged(file)) throw notAsStaged(file, file.stagedHash);
  }
  const earlier = shardsOf(replacement).slice(0, -1);
  const staged = await readAtPoint(pair, replacement, next, earlier.length);
  const standing = await readAtPoint(pair, replacement, current);
  const plain = withShards(current.shardingFile, standing.sharding ?? '', earlier);
  const named = signersNamedOnlyIn(current.shardingFile, plain, staged.sharding);
  const sharding = withSigners(current.shardingFile, plain, named);
  if (hashOf(sharding) !== hashOf(staged.sharding ?? '')) {
    const expected = `sha256 ${shortHash(staged.sharding ?? '')} once tree ${replacement.currentTreeId} is listed`;
    throw changedBySomeone(current.shardingFile, expected, `sha256 ${shortHash(sharding)}`);
  }
  const { nextTreeId } = replacement;
  const { environmentFile } = current;
  const ofTree = withActiveTreeId(environmentFile, standing.environment, treeIdVariable, nextTreeId);
  const environment = signerVariables
    ? withSigner(
        environmentFile,
        ofTree,
        signerVariables,
        signerOf(next.environmentFile, staged.environment, signerVariables),
      )
    : ofTree;

  signal.throwIfAborted();
  await boot.enableNext();
  if (sharding !== standing.sharding) await writeText(current.shardingFile, sharding, next.shardingFile);
  signal.throwIfAborted();
  if (environment !== standing.environment) await writeText(current.environmentFile, environment);
  signal.throwIfAborted();
  await boot.disableCurrent();
  for (const file of filesOf(next, current)) await removeUnfinished(file);
}

/** All shards of the log as the replacement leaves it, in served order; the last one is active. */
function shardsOf(replacement: Replacement): TreeId[] {
  return [
    ...replacement.inactive.map((shard) => shard.treeId),
    replacement.currentTreeId,
    replacement.nextTreeId,
  ];
}

/**
 * Reads both files of a slot. Refuses CHANGED_BY_SOMEONE unless it is configured with a point of the log's own history: the shards up to one, and
 * the one after them active. Between the writes of an interrupted settle, the list is ahead of the tree id (H9).
 *
 * @param at how many inactive shards it lists; without it, as many as when the attempt was planned, or more.
 */
async function readAtPoint(
  { treeIdVariable }: SlotPair,
  replacement: Replacement,
  slot: SlotFiles,
  at?: number,
): Promise<SlotContents> {
  const found = await readSlot(slot);
  const shards = shardsOf(replacement);
  const least = Math.max(at ?? replacement.inactive.length - (replacement.supersedes?.unnamed ?? 0), 0);
  const list = listedTreeIds(slot.shardingFile, found.sharding);
  const active = activeTreeId(slot.environmentFile, found.environment, treeIdVariable);
  const inWords = (treeIds: readonly TreeId[]): string => `the list [${treeIds.join(', ')}]`;
  const allowed = shards.slice(least).map((_, more) => inWords(shards.slice(0, least + more)));
  if (!allowed.includes(inWords(list))) {
    throw changedBySomeone(slot.shardingFile, allowed.join(' or '), inWords(list));
  }
  const actives = shards.slice(least, list.length + 1);
  if (!actives.includes(active)) throw changedBySomeone(slot.environmentFile, actives.join(' or '), active);
  return found;
}

interface FoundFile {
  readonly path: string;
  readonly present: string | null;
  /** What was there before this attempt. */
  readonly before: string | null;
  readonly keptByUs: boolean;
  readonly stagedHash: string;
  /** What an earlier attempt keeps, which this one supersedes. */
  readonly superseded: KeptFile | undefined;
}

/** In the order in which they are written. */
async function findFiles(
  { shardingFile, environmentFile }: SlotFiles,
  { attemptId }: Replacement,
): Promise<{ readonly sharding: FoundFile; readonly environment: FoundFile }> {
  const sharding = await findFile(shardingFile, attemptId);
  return { sharding, environment: await findFile(environmentFile, attemptId) };
}

async function findFile(path: string, mark: string): Promise<FoundFile> {
  const present = await readText(path);
  const kept = await readKept(path);
  if (kept?.mark === mark) {
    const { before, stagedHash, superseded } = kept;
    return { path, present, before, keptByUs: true, stagedHash, superseded };
  }
  return { path, present, before: present, keptByUs: false, stagedHash: '', superseded: kept ?? undefined };
}

function isStaged(file: FoundFile): boolean {
  return file.present !== null && hashOf(file.present) === file.stagedHash;
}

function notAsStaged(file: FoundFile, stagedHash: string): Error {
  const before = file.before === null ? 'no file' : `its earlier content (sha256 ${shortHash(file.before)})`;
  const now = file.present === null ? 'no file' : `sha256 ${shortHash(file.present)}`;
  const expected = `what was staged (sha256 ${stagedHash.slice(0, 12)}) or ${before}`;
  return changedBySomeone(file.path, expected, now);
}

function shortHash(text: string): string {
  return hashOf(text).slice(0, 12);
}
