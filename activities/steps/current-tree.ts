import type { AttemptInput } from '../../workflows/model/actions';
import type { Tree } from '../../workflows/model/log';
import { markedTrees, readMark } from '../../workflows/model/mark';
import type { FrozenTree } from '../../workflows/model/next-tree';
import { freezeTree } from '../drain';
import { refuse } from '../errors/refusal-error';
import type { Act } from './act';
import { contentOf } from './next-tree-content';
import { ifOurs, livesOnNext } from './ownership';
import { refuseLateOrders, sendToCurrent } from './writes';

/** An attempt, and the other trees of its log. */
interface AmongOthers extends AttemptInput {
  readonly others: readonly Tree[];
}

/**
 * The current tree cannot grow any more, and its end is known. Of a superseding attempt the tree before it, too: a try to go
 * forward that was broken off in its proof may have left that one DRAINING.
 */
export const freeze: Act<AttemptInput, FrozenTree> = async (systems, { release }) => {
  const { drain, bounds } = systems;
  const before = release.supersedes ? release.inactive.at(-1) : undefined;
  if (before) {
    await freezeTree(systems, drain, before.treeId, bounds);
  }
  return await freezeTree(systems, drain, release.currentTreeId, bounds);
};

/**
 * The current tree takes writes; never while another tree of the log does (rule 3), and never when a tree that came after
 * it holds an entry of a client, whose index it would give again (rule 2). Nor while an order of this attempt could still
 * send clients away from it. Nothing is done where the log lives on the next tree, or where the current one is open.
 */
export const allowWritesToCurrent: Act<AttemptInput> = async (systems, input) => {
  const { release, identity } = input;
  await ifOurs(systems, identity, undefined, async () => {
    const { trillian, installation, bounds } = systems;
    const { currentTreeId } = release;
    if (release.supersedes || (await livesOnNext(systems, input))) {
      return;
    }
    const current = await trillian.getTree(currentTreeId, bounds);
    if (current.state === 'ACTIVE') {
      return;
    }
    // Clients wait for this: the trees are listed once.
    const others = await otherTrees(systems, input);
    requireNoneActive(input, await withoutStrays(systems, { ...input, others }));
    await requireNoneWithEntries(systems, { ...input, others });
    const { instances } = await refuseLateOrders(systems, input);
    // One may have landed since it was asked on which tree the log lives. Whoever dies in here must not leave clients on the
    // closed next tree and the current one open: that counts as two trees that took writes, and nobody recovers it.
    if (await installation.serves(release.next, instances, bounds.signal)) {
      await sendToCurrent(systems, input);
    }
    await trillian.setState(currentTreeId, 'ACTIVE', bounds);
  });
};

/**
 * No other tree of the log is ACTIVE (rule 3), and none that comes after the current one holds entries of clients.
 *
 * @throws TWO_ACTIVE_TREES, NEXT_TREE_HAS_ENTRIES
 */
export const requireNothingAfter: Act<AttemptInput> = async (systems, input) => {
  const others = await otherTrees(systems, input);
  requireNoneActive(input, others);
  await requireNoneWithEntries(systems, { ...input, others });
};

/**
 * Before the next tree is opened where there is no way back: no tree that came after it is ACTIVE or holds entries of
 * clients, which this one would give their indexes again.
 *
 * @throws TWO_ACTIVE_TREES, NEXT_TREE_HAS_ENTRIES
 */
export const requireNothingAfterNext: Act<AttemptInput> = async (systems, input) => {
  const { nextTreeId, inactive } = input.release;
  const before = new Set([nextTreeId, ...inactive.map((shard) => shard.treeId)]);
  const others = (await otherTrees(systems, input)).filter(({ treeId }) => !before.has(treeId));
  requireNoneActive(input, others);
  await requireNoneWithEntries(systems, { ...input, others });
};

/**
 * No tree that comes after the current one holds entries of clients.
 *
 * @throws NEXT_TREE_HAS_ENTRIES
 */
export const requireNothingPublicAfter: Act<AttemptInput> = async (systems, input) => {
  const others = await otherTrees(systems, input);
  await requireNoneWithEntries(systems, { ...input, others });
};

/**
 * Closes what an order of an earlier attempt that landed late has opened again, unless somebody has written to it (H8).
 * Gives back the others.
 */
const withoutStrays: Act<AmongOthers, Tree[]> = async (systems, { release, identity, others }) => {
  const left: Tree[] = [];
  for (const tree of others) {
    const stray =
      tree.state === 'ACTIVE' &&
      tree.treeId !== release.nextTreeId &&
      readMark(tree)?.rotationId === identity.rotationId;
    if (stray && (await contentOf(systems, tree.treeId)) !== 'public entries') {
      await systems.trillian.setState(tree.treeId, 'FROZEN', systems.bounds);
    } else {
      left.push(tree);
    }
  }
  return left;
};

function requireNoneActive({ release }: AttemptInput, others: readonly Tree[]): void {
  const active = others.find(({ state }) => state === 'ACTIVE');
  if (active) {
    throw refuse('TWO_ACTIVE_TREES', { tree: release.currentTreeId, other: active.treeId });
  }
}

/** Of those that are not listed before the current tree, which would give their indexes again (rule 2). */
const requireNoneWithEntries: Act<AmongOthers> = async (systems, { release, others }) => {
  const before = new Set(release.inactive.map((shard) => shard.treeId));
  await Promise.all(
    others
      .filter(({ treeId }) => !before.has(treeId))
      .map(async ({ treeId }) => {
        if ((await contentOf(systems, treeId)) === 'public entries') {
          throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: treeId });
        }
      }),
  );
};

/** The log's shards before the current one, and every other tree that a rotation made for it. */
const otherTrees: Act<AttemptInput, Tree[]> = async ({ log, trillian, bounds }, { release }) => {
  const { currentTreeId, inactive } = release;
  const before = new Set(inactive.map((shard) => shard.treeId));
  const trees = await trillian.listTrees(bounds);
  const marked = new Set(markedTrees(trees, log).map((tree) => tree.treeId));
  return trees.filter(({ treeId }) => treeId !== currentTreeId && (before.has(treeId) || marked.has(treeId)));
};
