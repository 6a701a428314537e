import { entries } from '../../workflows/model/counted';
import type { AttemptInput, CloseInput, OpenInput } from '../../workflows/model/actions';
import { isYounger } from '../../workflows/model/drain';
import type { Instance, TreeId } from '../../workflows/model/log';
import { markedTrees, markOf } from '../../workflows/model/mark';
import type { AttemptIdentity, ClosedNextTree, FrozenTree, Handover } from '../../workflows/model/rotation';
import { afterRotation, differencesFrom, firstIndexAfter } from '../../workflows/model/shards';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { freezeTree } from '../drain';
import { handoverLeaf, handoverText, sameEnd, type TreeEnd } from '../handover';
import { refuse, RefusalError } from '../errors/refusal-error';
import { requireShown } from '../tree-queue/tree-row';
import type { LogSystems } from '../systems';
import { allEnded, pause } from '../bounds/waiting';
import { contentAt, contentOf, handedOver, type HandedOver } from './next-tree-content';
import { ifOurs, livesOnNext, requireOurs } from './ownership';
import { servedLog } from './served-log';
import { announceNext } from './writes';

/** How often the next release and tree are looked at while they get ready, in milliseconds. */
const LOOK_EVERY_MS = 5;

/** A tree that its signer has not seen yet integrates its first leaf up to a second late (trillian: util/election). */
const MASTERSHIP_MS = 5_000;

/** Trillian allows 20 characters. */
const DISPLAY_NAME_LENGTH = 20;

/** An attempt whose current tree has ended. */
interface FrozenOrder extends AttemptInput {
  readonly frozen: FrozenTree;
}

/** Creates, initialises and closes this attempt's tree, or adopts the one with its mark (H7, H10). */
export async function createNextTree(
  systems: LogSystems,
  identity: AttemptIdentity,
  bounds: ActivityBounds,
): Promise<TreeId> {
  const { trillian, queue } = systems;
  await requireOurs(systems, identity, bounds);
  const description = markOf(identity);
  const displayName = `${identity.log} (next)`.slice(0, DISPLAY_NAME_LENGTH);
  const [adopted, ...doubled] = await ofAttempt(systems, identity, bounds);
  const { treeId } =
    adopted ??
    (await trillian.createTree(
      // It goes on as the tree that serves, in whatever of that one is a choice.
      { displayName, description, maxRootDurationMs: await servedMaxRootDurationMs(systems, bounds) },
      bounds,
    ));
  // A tree that serves already must never be closed by a createTree, whatever was reset or repeated (H7).
  if (await isServed(systems, treeId, bounds)) {
    throw refuse('ALREADY_ROTATED', { log: systems.log, tree: treeId });
  }
  // A tree without a root takes no leaf.
  await trillian.initLog(treeId, bounds);
  await trillian.setState(treeId, 'DRAINING', bounds);
  const { size } = await trillian.treeHead(treeId, bounds);
  if (size > 0) {
    throw refuse('NEXT_TREE_NOT_EMPTY', { tree: treeId, size });
  }
  // Preflight cannot tell a copy of the database that is younger than the last change of the current tree. One that shows
  // what was made just now is the one that Trillian writes to: known before any write waits.
  if (queue) {
    await requireShown(systems, queue, treeId, bounds);
  }
  // A CreateTree whose answer was lost may have landed beside the one that was repeated.
  for (const tree of doubled) {
    await trillian.setState(tree.treeId, 'FROZEN', bounds);
  }
  await untilTakenOn(systems, treeId, bounds);
  return treeId;
}

/**
 * Waits until the signer has taken the tree on, which it does while that is DRAINING, not FROZEN: its first leaf is not late
 * then. With a database nothing else is asked of the signers' metrics, so their absence only costs this wait.
 */
async function untilTakenOn(
  { metrics, queue }: LogSystems,
  treeId: TreeId,
  bounds: ActivityBounds,
): Promise<void> {
  const ends = performance.now() + MASTERSHIP_MS;
  for (let began = performance.now(); began < ends; began = performance.now()) {
    try {
      if ((await metrics.signer(treeId, bounds.signal)).runs > 0) {
        return;
      }
    } catch (error) {
      if (!queue || !(error instanceof RefusalError)) {
        throw error;
      }
    }
    await pause(Math.max(50, performance.now() - began), bounds.signal);
  }
}

/**
 * Leaves every tree of this attempt FROZEN, and of those before it in its rotation: a late call may have opened one of
 * those again (H8). There is none when CreateTree never happened. One that serves is left alone, for a rotation that was
 * reset after its end finds its next tree alive (H7); and so is an earlier one that holds entries of clients, which is
 * alive whatever the configuration says (H10).
 */
export async function retireNextTree(
  systems: LogSystems,
  identity: AttemptIdentity,
  bounds: ActivityBounds,
): Promise<void> {
  const trees = markedTrees(await systems.trillian.listTrees(bounds), systems.log).filter(
    ({ identity: by }) => by.rotationId === identity.rotationId && by.attempt <= identity.attempt,
  );
  for (const { treeId, state, identity: by } of trees) {
    if (state === 'FROZEN' || (await isServed(systems, treeId, bounds))) {
      continue;
    }
    if (by.attempt === identity.attempt || (await contentOf(systems, treeId, bounds)) !== 'public entries') {
      await systems.trillian.setState(treeId, 'FROZEN', bounds);
    }
  }
}

async function servedMaxRootDurationMs(
  { gate, installation, trillian }: LogSystems,
  bounds: ActivityBounds,
): Promise<number> {
  const { upstream } = await gate.state(bounds.signal);
  const { activeTreeId } = await installation.read(upstream, bounds.signal);
  return (await trillian.getTree(activeTreeId, bounds)).maxRootDurationMs;
}

async function ofAttempt({ trillian }: LogSystems, identity: AttemptIdentity, bounds: ActivityBounds) {
  const mark = markOf(identity);
  return (await trillian.listTrees(bounds)).filter((tree) => tree.description === mark);
}

/** Whether the release that the gate sends to is configured with this tree. */
async function isServed(
  { gate, installation }: LogSystems,
  treeId: TreeId,
  { signal }: ActivityBounds,
): Promise<boolean> {
  const { upstream } = await gate.state(signal);
  const { activeTreeId, inactiveTreeIds } = await installation.read(upstream, signal);
  return activeTreeId === treeId || inactiveTreeIds.includes(treeId);
}

/**
 * Proves every next instance, then opens the next tree and puts the handover leaf into it, all before anyone is sent
 * there. Repeating it adds nothing: Trillian takes a second handover of this attempt for the first.
 *
 * Where it only goes forward, a next tree that begins with an entry of a client gets no handover leaf; the result is null.
 */
export async function verifyAndOpen(
  systems: LogSystems,
  input: FrozenOrder & Pick<OpenInput, 'forward'>,
  bounds: ActivityBounds,
): Promise<Handover | null> {
  const { trillian } = systems;
  const { frozen, release } = input;
  const { nextTreeId } = release;
  const instances = systems.installation.instances(release.next);
  const [lastAtMs] = await allEnded([
    lastIntegration(systems, input, bounds),
    ...instances.map((instance) => proveInstance(systems, input, instance, bounds)),
  ]);
  await requireCurrentEnded(systems, input, bounds);
  const next = await trillian.getTree(nextTreeId, bounds);
  if (next.state !== 'ACTIVE') {
    await trillian.setState(nextTreeId, 'ACTIVE', bounds);
  }

  const began = performance.now();
  const begun = await handedOver(systems, nextTreeId, bounds);
  const { size } = await trillian.treeHead(nextTreeId, bounds);
  if (size === 0) {
    const { value, identityHash, extraData } = handoverLeaf(frozen, release.attemptId);
    await trillian.queueLeaf(nextTreeId, { value, identityHash, extraData }, bounds);
  }
  await Promise.all([
    announceNext(systems, input, bounds),
    ...instances.map((instance) => seenThrough(systems, instance, bounds)),
  ]);
  const handover = begun ?? (await handedOver(systems, nextTreeId, bounds));
  if (handover && sameEnd(handover.end, frozen)) {
    if (!input.forward) {
      requireInOrder(systems, input, lastAtMs, handover);
    }
    return {
      text: handoverText(frozen),
      leafHash: handover.leafHash,
      integratedInMs: Math.round(performance.now() - began),
    };
  }
  if (input.forward) {
    return null;
  }
  throw refuse('HANDOVER_NOT_SEEN', { tree: nextTreeId, reason: 'its first leaf is another one' });
}

/** When the last entry before the next tree was integrated, in milliseconds since the epoch; null when there is none. */
async function lastIntegration(
  { trillian }: LogSystems,
  { frozen, release }: FrozenOrder,
  bounds: ActivityBounds,
): Promise<number | null> {
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  const before = shards.findLast(({ length }) => length > 0);
  if (!before) {
    return null;
  }
  const [last] = await trillian.leavesByRange(before.treeId, before.length - 1, 1, bounds);
  return last?.integratedAtMs ?? null;
}

/**
 * Integration times go up from shard to shard, as far as the clocks of two signers allow: whoever verifies the log later
 * takes anything else for two trees that took writes at once (H40).
 *
 * @throws CLOCKS_APART
 */
function requireInOrder(
  { drain }: LogSystems,
  { release }: FrozenOrder,
  lastAtMs: number | null,
  { integratedAtMs }: HandedOver,
): void {
  const { clockDifferenceMs } = drain;
  if (lastAtMs !== null && isYounger(lastAtMs, integratedAtMs, clockDifferenceMs)) {
    throw refuse('CLOCKS_APART', {
      tree: release.currentTreeId,
      last: new Date(lastAtMs).toISOString(),
      next: release.nextTreeId,
      first: new Date(integratedAtMs).toISOString(),
      clockDifferenceMs,
    });
  }
}

/** Read once more, immediately before the opening: a current tree that has grown would shift every index (H1). */
async function requireCurrentEnded(
  { trillian }: LogSystems,
  { frozen, release }: FrozenOrder,
  bounds: ActivityBounds,
): Promise<void> {
  const { nextTreeId, currentTreeId } = release;
  const [current, end] = await Promise.all([
    trillian.getTree(currentTreeId, bounds),
    trillian.treeHead(currentTreeId, bounds),
  ]);
  if (current.state === 'ACTIVE') {
    throw refuse('TWO_ACTIVE_TREES', { tree: nextTreeId, other: currentTreeId });
  }
  const now = { treeId: currentTreeId, ...end };
  if (current.state !== 'FROZEN' || !sameEnd(frozen, now)) {
    throw refuse('CHANGED_BY_SOMEONE', {
      what: `Tree ${currentTreeId}`,
      expected: `FROZEN with ${entries(frozen.size)} for good`,
      now: `${current.state} with ${entries(end.size)}`,
    });
  }
}

/**
 * Waits until an instance serves exactly the right shards with exactly their final lengths. One that was started
 * before the drain was over may have loaded a shorter length: it is restarted, never exposed.
 */
async function proveInstance(
  systems: LogSystems,
  input: FrozenOrder,
  instance: Instance,
  bounds: ActivityBounds,
): Promise<void> {
  const { rekor, installation } = systems;
  const { frozen, release } = input;
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  for (;;) {
    const loaded = await servedLog(systems, instance, bounds, { everyMs: LOOK_EVERY_MS });
    const [difference] = differencesFrom(loaded, release.nextTreeId, shards);
    if (difference === undefined) {
      break;
    }
    const listed = loaded.inactive.map((shard) => shard.treeId).join();
    if (listed !== shards.map((shard) => shard.treeId).join() || loaded.activeTreeId !== release.nextTreeId) {
      throw refuse('VERIFICATION_FAILED', { what: `Rekor ${instance.name}`, reason: difference });
    }
    await installation.stop(release.next, bounds.signal);
    await installation.start(release.next, bounds.signal);
  }
  // A second leg that no cached checkpoint can fake (H29): the last index is the current tree's last leaf.
  const boundary = firstIndexAfter(shards);
  const last = frozen.size === 0 ? null : await rekor.entryAt(instance, boundary - 1, bounds.signal);
  if (frozen.size > 0 && (last?.treeId !== release.currentTreeId || last.leafIndex !== frozen.size - 1)) {
    throw refuse('VERIFICATION_FAILED', {
      what: `Index ${boundary - 1} through Rekor ${instance.name}`,
      reason: `it is not the last entry of tree ${release.currentTreeId}`,
    });
  }
}

async function seenThrough({ rekor }: LogSystems, instance: Instance, bounds: ActivityBounds): Promise<void> {
  while ((await rekor.log(instance, bounds.signal)).active.size === 0) {
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}

/**
 * The end of the current tree, for a step that only goes forward and was not told it: the next tree's handover leaf was
 * queued after the proof, and the tree is what it says. Without one the end is proven anew.
 *
 * @throws CURRENT_TREE_GREW when the tree is another one now than was handed over.
 */
export async function endOfCurrent(
  systems: LogSystems,
  input: AttemptInput,
  bounds: ActivityBounds,
): Promise<FrozenTree> {
  const { currentTreeId, nextTreeId } = input.release;
  const { end, handedOver: known } = await currentEnd(systems, input, bounds);
  return known
    ? { ...end, proof: [`as tree ${nextTreeId} has handed over: ${entries(end.size)}, root ${end.rootHash}`] }
    : await freezeTree(systems, systems.drain, currentTreeId, bounds);
}

/**
 * What the current tree is now, and whether the next one's handover leaf says so; reads only.
 *
 * @throws CURRENT_TREE_GREW when the tree is another one now than was handed over.
 */
export async function currentEnd(
  systems: LogSystems,
  { release }: AttemptInput,
  bounds: ActivityBounds,
): Promise<{ readonly end: TreeEnd; readonly handedOver: boolean }> {
  const { currentTreeId, nextTreeId } = release;
  const handover = await handedOver(systems, nextTreeId, bounds);
  const end = { treeId: currentTreeId, ...(await systems.trillian.treeHead(currentTreeId, bounds)) };
  if (handover?.end.treeId !== currentTreeId) {
    return { end, handedOver: false };
  }
  if (!sameEnd(handover.end, end)) {
    throw refuse('CURRENT_TREE_GREW', {
      tree: currentTreeId,
      handedOver: entries(handover.end.size),
      now: entries(end.size),
    });
  }
  return { end, handedOver: true };
}

/**
 * Closes the next tree, proves it drained and says what it holds. Public entries in it make it the log's tree:
 * then it is for the caller to go forward. One that clients are sent to is left as it is, unless the order says otherwise.
 */
export async function closeNextTree(
  systems: LogSystems,
  input: CloseInput,
  bounds: ActivityBounds,
): Promise<ClosedNextTree> {
  const { identity, release } = input;
  const { nextTreeId, currentTreeId } = release;
  const nothing: ClosedNextTree = { content: 'nothing', currentGrew: false };
  return await ifOurs(systems, identity, bounds, nothing, async () => {
    if (!input.evenIfExposed && (await livesOnNext(systems, input, bounds))) {
      return { content: 'exposed', currentGrew: false };
    }
    const { size, rootHash } = await freezeTree(systems, systems.drain, nextTreeId, bounds);
    const handover = await handedOver(systems, nextTreeId, bounds);
    const current = { treeId: currentTreeId, ...(await systems.trillian.treeHead(currentTreeId, bounds)) };
    const currentGrew = handover?.end.treeId === currentTreeId && !sameEnd(handover.end, current);
    return { content: contentAt(size, handover), currentGrew, end: { size, rootHash } };
  });
}
