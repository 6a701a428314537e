import type { AttemptOrder, CriticalOrder } from '../../workflows/model/changes';
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
    await requireNothingAfter(systems, order, attempt);
    await trillian.setState(currentTreeId, 'ACTIVE', attempt);
  });
}

/** No other tree of the log is ACTIVE, and none that is not listed before the current one holds entries of clients. */
async function requireNothingAfter(
  systems: LogSystems,
  { release }: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const { log, trillian } = systems;
  const { currentTreeId, inactive } = release;
  const before = new Set(inactive.map((shard) => shard.treeId));
  const trees = await trillian.listTrees(attempt);
  const marked = new Set(markedTrees(trees, log).map((tree) => tree.treeId));
  const others = trees.filter(
    ({ treeId }) => treeId !== currentTreeId && (before.has(treeId) || marked.has(treeId)),
  );
  const active = others.find(({ state }) => state === 'ACTIVE');
  if (active) {
    throw refuse('TWO_ACTIVE_TREES', { tree: currentTreeId, other: active.treeId });
  }
  await Promise.all(
    others
      .filter(({ treeId }) => !before.has(treeId))
      .map(async ({ treeId }) => {
        if ((await contentOf(systems, treeId, attempt)) === 'public entries') {
          throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: treeId });
        }
      }),
  );
}
