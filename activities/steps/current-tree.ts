import type { AttemptOrder, CriticalOrder } from '../../workflows/model/changes';
import type { Tree } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import type { FrozenTree } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { freezeTree } from '../drain';
import { refuse } from '../refusal-error';
import type { LogSystems } from '../systems';
import { contentOf } from './next-tree-content';
import { ifOurs, livesOnNext } from './ownership';

/**
 * The current tree cannot grow any more, and its end is known. Of a superseding attempt the tree before it, too: a try to go
 * forward that was broken off in its proof may have left that one DRAINING.
 */
export async function freeze(
  systems: LogSystems,
  order: CriticalOrder,
  attempt: Attempt,
): Promise<FrozenTree> {
  const before = order.release.supersedes ? order.release.inactive.at(-1) : undefined;
  if (before) {
    await freezeTree(systems, systems.drain, before.treeId, attempt);
  }
  return await freezeTree(systems, systems.drain, order.release.currentTreeId, attempt);
}

/**
 * The current tree takes writes; never while another tree of the log does (rule 3), and never when a tree that came after
 * it holds an entry of a client, whose index it would give again (rule 2). Nothing is done where the log lives on the next
 * tree, or where the current one was closed before this attempt.
 */
export async function allowWritesToCurrent(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const { release, identity } = order;
  await ifOurs(systems, identity, attempt, undefined, async () => {
    const { trillian } = systems;
    const { currentTreeId } = release;
    if (release.supersedes || (await livesOnNext(systems, order, attempt))) {
      return;
    }
    const current = await trillian.getTree(currentTreeId, attempt);
    if (current.state === 'ACTIVE') {
      return;
    }
    await closeStrays(systems, order, attempt);
    await requireNothingAfter(systems, order, attempt);
    await trillian.setState(currentTreeId, 'ACTIVE', attempt);
  });
}

/** An order of an earlier attempt that landed late has opened that one's tree again, and nobody has written to it (H8). */
async function closeStrays(
  systems: LogSystems,
  { release, identity }: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const { log, trillian } = systems;
  for (const { treeId, state, identity: by } of markedTrees(await trillian.listTrees(attempt), log)) {
    const named = [release.currentTreeId, release.nextTreeId].includes(treeId);
    const stray = by.rotation === identity.rotation && state === 'ACTIVE' && !named;
    if (stray && (await contentOf(systems, treeId, attempt)) !== 'public entries') {
      await trillian.setState(treeId, 'FROZEN', attempt);
    }
  }
}

/**
 * No other tree of the log is ACTIVE (rule 3), and none that comes after the current one holds entries of clients.
 *
 * @throws TWO_ACTIVE_TREES, NEXT_TREE_HAS_ENTRIES
 */
export async function requireNothingAfter(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const { currentTreeId } = order.release;
  const active = (await otherTrees(systems, order, attempt)).find(({ state }) => state === 'ACTIVE');
  if (active) {
    throw refuse('TWO_ACTIVE_TREES', { tree: currentTreeId, other: active.treeId });
  }
  await requireNothingPublicAfter(systems, order, attempt);
}

/**
 * No tree that is not listed before the current one holds an entry of a client, whose index that one would give again
 * (rule 2).
 *
 * @throws NEXT_TREE_HAS_ENTRIES
 */
export async function requireNothingPublicAfter(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const before = new Set(order.release.inactive.map((shard) => shard.treeId));
  await Promise.all(
    (await otherTrees(systems, order, attempt))
      .filter(({ treeId }) => !before.has(treeId))
      .map(async ({ treeId }) => {
        if ((await contentOf(systems, treeId, attempt)) === 'public entries') {
          throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: treeId });
        }
      }),
  );
}

/** The log's shards before the current one, and every other tree that a rotation made for it. */
async function otherTrees(
  { log, trillian }: LogSystems,
  { release }: AttemptOrder,
  attempt: Attempt,
): Promise<Tree[]> {
  const { currentTreeId, inactive } = release;
  const before = new Set(inactive.map((shard) => shard.treeId));
  const trees = await trillian.listTrees(attempt);
  const marked = new Set(markedTrees(trees, log).map((tree) => tree.treeId));
  return trees.filter(({ treeId }) => treeId !== currentTreeId && (before.has(treeId) || marked.has(treeId)));
}
