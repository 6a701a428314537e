import type { AttemptInput, CreateInput } from '../../workflows/model/actions';
import type { ConfiguredShards } from '../../workflows/model/installation';
import type { Tree, TreeId } from '../../workflows/model/log';
import { attemptIdOf, markedTrees, markOf } from '../../workflows/model/mark';
import type { AttemptIdentity } from '../../workflows/model/fencing';
import { nextTreeName } from '../../workflows/model/next-tree';
import { pause } from '../bounds/waiting';
import type { NewTree } from '../clients/trillian';
import { refuse, RefusalError } from '../errors/refusal-error';
import { requireShown } from '../tree-queue/tree-row';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { contentOf } from './next-tree-content';
import { laterAttemptBegan, requireOurs } from './ownership';

/** A tree that its signer has not seen yet integrates its first leaf up to a second late (trillian: util/election). */
const MASTERSHIP_MS = 5_000;

/** As much as the tree itself is made by. */
type Named = Pick<CreateInput, 'identity' | 'displayName'>;

/** Creates, initialises and closes this attempt's tree, or adopts the one with its mark (H7, H10). */
export const createNextTree: Act<Named, TreeId> = async (systems, input) => {
  const { identity } = input;
  const { trillian, queue, bounds } = systems;
  await requireOurs(systems, identity);
  const [adopted, ...doubled] = await treesOf(systems, identity);
  const { treeId } = adopted ?? (await trillian.createTree(await newTree(systems, input), bounds));
  await requireNotServed(systems, treeId);
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
  await untilTakenOn(systems, treeId);
  return treeId;
};

/** The tree that a section of this attempt works on, which has begun: its state is no longer for createTree to set (H7). */
export const nextTreeInUse: Act<Pick<AttemptInput, 'identity'>, TreeId> = async (systems, { identity }) => {
  await requireOurs(systems, identity);
  const [adopted] = await treesOf(systems, identity);
  if (!adopted) {
    const rotation = attemptIdOf(identity);
    throw refuse('ATTEMPT_REPEATED', { rotation, found: 'it runs, and its next tree is gone' });
  }
  await requireNotServed(systems, adopted.treeId);
  return adopted.treeId;
};

/** The trees with this attempt's mark. */
const treesOf: Act<AttemptIdentity, readonly Tree[]> = async ({ trillian, bounds }, identity) => {
  const mark = markOf(identity);
  return (await trillian.listTrees(bounds)).filter(({ description }) => description === mark);
};

/** A tree that serves already must never be closed by a createTree, whatever was reset or repeated (H7). */
const requireNotServed: Act<TreeId> = async (systems, treeId) => {
  if (await isServed(systems, treeId)) {
    throw refuse('ALREADY_ROTATED', { log: systems.log, tree: treeId });
  }
};

/**
 * Waits until the signer has taken the tree on, which it does while that is DRAINING, not FROZEN: its first leaf is not late
 * then. With a database nothing else is asked of the signers' metrics, so their absence only costs this wait.
 */
const untilTakenOn: Act<TreeId> = async ({ metrics, queue, bounds }, treeId) => {
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
};

/**
 * Leaves every tree of this attempt FROZEN, and of those before it in its rotation: a late call may have opened one of
 * those again (H8). There is none when CreateTree never happened. One that serves is left alone, for a rotation that was
 * reset after its end finds its next tree alive (H7); and so is an earlier one that holds entries of clients, which is
 * alive whatever the configuration says (H10). All are, where a later attempt of this rotation has
 * begun: it was reset, and what that attempt uses is left for whoever ends it.
 */
export const retireNextTree: Act<Pick<AttemptInput, 'identity'>> = async (systems, { identity }) => {
  if (await laterAttemptBegan(systems, identity)) {
    return;
  }
  const trees = markedTrees(await systems.trillian.listTrees(systems.bounds), systems.log).filter(
    ({ identity: by }) => by.rotationId === identity.rotationId && by.attempt <= identity.attempt,
  );
  for (const { treeId, state, identity: by } of trees) {
    if (state === 'FROZEN' || (await isServed(systems, treeId))) {
      continue;
    }
    if (by.attempt === identity.attempt || (await contentOf(systems, treeId)) !== 'public entries') {
      await systems.trillian.setState(treeId, 'FROZEN', systems.bounds);
    }
  }
};

/** The shards that the release is configured with to which clients are sent. */
async function servedShards({ traffic, installation, bounds }: BoundSystems): Promise<ConfiguredShards> {
  const { instances } = await traffic.state(bounds.signal);
  const { current } = await installation.roles(instances, bounds.signal);
  return await installation.configured(current, bounds.signal);
}

/** What is said of the next tree. It goes on as the tree that serves, in whatever of that one is a choice. */
const newTree: Act<Named, NewTree> = async (systems, { identity, displayName }) => {
  const { activeTreeId } = await servedShards(systems);
  const { maxRootDurationMs } = await systems.trillian.getTree(activeTreeId, systems.bounds);
  return {
    displayName: displayName ?? nextTreeName(identity.log),
    description: markOf(identity),
    maxRootDurationMs,
  };
};

/** Whether the release that the gate sends to is configured with this tree. */
const isServed: Act<TreeId, boolean> = async (systems, treeId) => {
  const { activeTreeId, inactiveTreeIds } = await servedShards(systems);
  return activeTreeId === treeId || inactiveTreeIds.includes(treeId);
};
