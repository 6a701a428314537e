import type { AttemptOrder } from '../../workflows/model/changes';
import type { Instance, TreeId } from '../../workflows/model/log';
import { markOf } from '../../workflows/model/mark';
import type { AttemptIdentity, FrozenTree, Handover, NextTreeContent } from '../../workflows/model/rotation';
import { afterRotation, differencesFrom, firstIndexAfter } from '../../workflows/model/shards';
import type { Attempt } from '../attempt';
import { freezeTree } from '../drain';
import { handoverLeaf, handoverText, isHandover } from '../handover';
import { refuse } from '../refusal-error';
import type { LogSystems } from '../systems';
import { pause } from '../waiting';
import { servedLog } from './served-log';

/** How often the next release and tree are looked at while they get ready, in milliseconds. */
const LOOK_EVERY_MS = 5;

/** A tree that its signer has not seen yet integrates its first leaf up to a second late (trillian: util/election). */
const MASTERSHIP_MS = 5_000;

/** Trillian allows 20 characters. */
const DISPLAY_NAME_LENGTH = 20;

/** An attempt whose current tree has ended. */
interface FrozenOrder extends AttemptOrder {
  readonly frozen: FrozenTree;
}

/** Creates, initialises and closes this attempt's tree, or adopts the one with its mark (H7, H10). */
export async function createNextTree(
  systems: LogSystems,
  identity: AttemptIdentity,
  attempt: Attempt,
): Promise<TreeId> {
  const { trillian, metrics } = systems;
  const description = markOf(identity);
  const displayName = `${identity.log} (next)`.slice(0, DISPLAY_NAME_LENGTH);
  const [adopted, ...doubled] = await markedTrees(systems, identity, attempt);
  const { treeId } = adopted ?? (await trillian.createTree({ displayName, description }, attempt));
  // A tree that serves already must never be closed by a createTree, whatever was reset or repeated (H7).
  if (await isServed(systems, treeId, attempt)) {
    throw refuse('CHANGED_BY_SOMEONE', {
      what: `The configuration of ${systems.log}`,
      expected: `no mention of tree ${treeId}, which this attempt made`,
      now: 'it serves that tree already',
    });
  }
  // Initialised before anything else is asked: the root of an uninitialised tree leaks a connection of Trillian's.
  await trillian.initLog(treeId, attempt);
  await trillian.setState(treeId, 'DRAINING', attempt);
  const { size } = await trillian.treeHead(treeId, attempt);
  if (size > 0) {
    throw refuse('NEXT_TREE_NOT_EMPTY', { tree: treeId, size });
  }
  // A CreateTree whose answer was lost may have landed beside the one that was repeated.
  for (const tree of doubled) {
    await trillian.setState(tree.treeId, 'FROZEN', attempt);
  }
  // It waits DRAINING, not FROZEN, so that its signer takes it on beforehand.
  const began = performance.now();
  while (
    (await metrics.signer(treeId, attempt.signal)).runs === 0 &&
    performance.now() - began < MASTERSHIP_MS
  ) {
    await pause(50, attempt.signal);
  }
  return treeId;
}

/**
 * Leaves every tree with this attempt's mark FROZEN; there is none when CreateTree never happened. One that serves is
 * left alone: a rotation that was reset after its end finds its next tree alive (H7).
 */
export async function retireNextTree(
  systems: LogSystems,
  identity: AttemptIdentity,
  attempt: Attempt,
): Promise<void> {
  for (const { treeId } of await markedTrees(systems, identity, attempt)) {
    if (!(await isServed(systems, treeId, attempt))) {
      await systems.trillian.setState(treeId, 'FROZEN', attempt);
    }
  }
}

async function markedTrees({ trillian }: LogSystems, identity: AttemptIdentity, attempt: Attempt) {
  const mark = markOf(identity);
  return (await trillian.listTrees(attempt)).filter((tree) => tree.description === mark);
}

/** Whether the release that the gate sends to is configured with this tree. */
async function isServed(
  { gate, installation }: LogSystems,
  treeId: TreeId,
  { signal }: Attempt,
): Promise<boolean> {
  const { upstream } = await gate.state(signal);
  const { activeTreeId, inactiveTreeIds } = await installation.read(upstream, signal);
  return activeTreeId === treeId || inactiveTreeIds.includes(treeId);
}

/**
 * Proves every next instance, then opens the next tree and puts the handover leaf into it, all before anyone is sent
 * there. Repeating it adds nothing: Trillian takes a second handover of this attempt for the first.
 */
export async function verifyAndOpen(
  systems: LogSystems,
  order: FrozenOrder,
  attempt: Attempt,
): Promise<Handover> {
  const { trillian } = systems;
  const { frozen, release } = order;
  const { nextTreeId, currentTreeId } = release;
  const instances = systems.installation.instances(release.next);
  await Promise.all(instances.map((instance) => proveInstance(systems, order, instance, attempt)));

  // Read once more, immediately before the opening: a current tree that has grown would shift every index (H1).
  const [current, end] = await Promise.all([
    trillian.getTree(currentTreeId, attempt),
    trillian.treeHead(currentTreeId, attempt),
  ]);
  if (current.state !== 'FROZEN') {
    throw refuse('TWO_ACTIVE_TREES', { tree: nextTreeId, other: currentTreeId });
  }
  if (end.size !== frozen.size || end.rootHash !== frozen.rootHash) {
    throw refuse('CHANGED_BY_SOMEONE', {
      what: `Tree ${currentTreeId}`,
      expected: `${frozen.size} entries for good`,
      now: `${end.size} entries`,
    });
  }
  await trillian.setState(nextTreeId, 'ACTIVE', attempt);

  const began = performance.now();
  const leaf = handoverLeaf(frozen, release.mark);
  await trillian.queueLeaf(nextTreeId, { value: leaf.value, identityHash: leaf.identityHash }, attempt);
  await Promise.all(instances.map((instance) => seenThrough(systems, instance, attempt)));
  const [first] = await trillian.leavesByRange(nextTreeId, 0, 1, attempt);
  if (!first || !isHandover(first.value, frozen)) {
    throw refuse('HANDOVER_NOT_SEEN', { tree: nextTreeId, reason: 'its first leaf is another one' });
  }
  return {
    text: handoverText(frozen),
    leafHash: first.merkleLeafHash.toString('hex'),
    integratedInMs: Math.round(performance.now() - began),
  };
}

/**
 * Waits until an instance serves exactly the right shards with exactly their final lengths. One that was started
 * before the drain was over may have loaded a shorter length: it is restarted, never exposed.
 */
async function proveInstance(
  systems: LogSystems,
  order: FrozenOrder,
  instance: Instance,
  attempt: Attempt,
): Promise<void> {
  const { rekor, installation } = systems;
  const { frozen, release } = order;
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  for (;;) {
    const loaded = await servedLog(systems, instance, attempt, { everyMs: LOOK_EVERY_MS });
    const [difference] = differencesFrom(loaded, release.nextTreeId, shards);
    if (difference === undefined) {
      break;
    }
    const listed = loaded.inactive.map((shard) => shard.treeId).join();
    if (listed !== shards.map((shard) => shard.treeId).join() || loaded.activeTreeId !== release.nextTreeId) {
      throw refuse('VERIFICATION_FAILED', { what: `Rekor ${instance.name}`, reason: difference });
    }
    await installation.stop(release.next, attempt.signal);
    await installation.start(release.next, attempt.signal);
  }
  // A second leg that no cached checkpoint can fake (H29): the last index is the current tree's last leaf.
  const boundary = firstIndexAfter(shards);
  const last = frozen.size === 0 ? null : await rekor.entryAt(instance, boundary - 1, attempt.signal);
  if (frozen.size > 0 && (last?.treeId !== release.currentTreeId || last.leafIndex !== frozen.size - 1)) {
    throw refuse('VERIFICATION_FAILED', {
      what: `Index ${boundary - 1} through Rekor ${instance.name}`,
      reason: `it is not the last entry of tree ${release.currentTreeId}`,
    });
  }
}

async function seenThrough({ rekor }: LogSystems, instance: Instance, attempt: Attempt): Promise<void> {
  while ((await rekor.log(instance, attempt.signal)).active.size === 0) {
    await pause(LOOK_EVERY_MS, attempt.signal);
  }
}

/**
 * Closes the next tree, proves it drained and says what it holds. Public entries in it make it the log's tree:
 * then it is for the caller to go forward.
 */
export async function closeNextTree(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<NextTreeContent> {
  const { nextTreeId, currentTreeId } = order.release;
  const closed = await freezeTree(systems, systems.drain, nextTreeId, attempt.signal, attempt.notAfter);
  if (closed.size === 0) {
    return 'nothing';
  }
  const current = await systems.trillian.treeHead(currentTreeId, attempt);
  const [first] = await systems.trillian.leavesByRange(nextTreeId, 0, 1, attempt);
  const handover = first && isHandover(first.value, { treeId: currentTreeId, ...current });
  return closed.size === 1 && handover ? 'handover' : 'public entries';
}
