import type { DeleteTreeInput, RetiredTree } from '../../workflows/model/retired';
import type { TreeId } from '../../workflows/model/log';
import { markedTrees } from '../../workflows/model/mark';
import { headOrEmpty } from '../empty-tree';
import { refuse } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { contentAt, handedOver } from './next-tree-content';

/** The trees that undone attempts of a log left behind, with what stands against deleting each. */
export const retiredTrees: Act<{ readonly log: string }, readonly RetiredTree[]> = async (systems) => {
  const named = await everyNamedTree(systems);
  const read = await everyMarkedTree(systems);
  const followedBy = new Map(
    read.flatMap(({ treeId, size, handover }) =>
      handover && (size > 1 || named.has(treeId)) ? [[handover.end.treeId, treeId] as const] : [],
    ),
  );
  return read
    .filter(({ treeId }) => !named.has(treeId))
    .map(({ treeId, state, identity: { rotationId, attempt: of }, size, rootHash, handover }) => {
      const keep =
        state !== 'FROZEN'
          ? `it is ${state}: let \`rekor-rotate recover\` end its rotation first`
          : contentAt(size, handover) === 'public entries'
            ? `it holds entries of clients`
            : followedBy.has(treeId)
              ? `tree ${followedBy.get(treeId)} followed it as a shard: look whether the served list has lost it`
              : undefined;
      return { treeId, size, rootHash, rotationId, attempt: of, ...(keep !== undefined && { keep }) };
    });
};

/**
 * Reads every tree that a rotation of the log made. One whose handover leaf names another, and that is served or holds
 * entries of clients, followed that one as a shard, whatever a list that a stale deploy has brought back says (H10).
 */
async function everyMarkedTree(systems: BoundSystems) {
  const { log, trillian, bounds } = systems;
  const read = [];
  for (const tree of markedTrees(await trillian.listTrees(bounds), log)) {
    const head = await headOrEmpty(trillian, tree.treeId, bounds);
    read.push({ ...tree, ...head, handover: await handedOver(systems, tree.treeId) });
  }
  return read;
}

/** Deletes one retired tree, after looking at everything once more. Refuses NOT_PRUNABLE. */
export const deleteRetiredTree: Act<DeleteTreeInput> = async (systems, { treeId }) => {
  const { trillian, log, bounds } = systems;
  if (bounds.steps.began.includes('prune') && !(await isListed(systems, treeId))) {
    return; // It was deleted, and the answer was lost.
  }
  const tree = (await retiredTrees(systems, { log })).find((retired) => retired.treeId === treeId);
  if (!tree || tree.keep !== undefined) {
    const reason = tree?.keep ?? 'no rotation of this log has retired it, or something names it';
    throw refuse('NOT_PRUNABLE', { tree: treeId, reason });
  }
  await bounds.step('prune', () => trillian.deleteTree(treeId, bounds));
};

const isListed: Act<string, boolean> = async ({ trillian, bounds }, treeId) => {
  return (await trillian.listTrees(bounds)).some((tree) => tree.treeId === treeId);
};

/** The trees that either release is configured with, or that a process of either has loaded. */
async function everyNamedTree(systems: BoundSystems): Promise<ReadonlySet<string>> {
  const { traffic, installation, rekor, bounds } = systems;
  const { instances } = await traffic.state(bounds.signal);
  const { current, next } = await installation.roles(instances, bounds.signal);
  const named: TreeId[] = [];
  for (const release of [current, next]) {
    const { activeTreeId, inactiveTreeIds } = await installation.configured(release, bounds.signal);
    named.push(activeTreeId, ...inactiveTreeIds);
    if (release === current || (await installation.runs(release, bounds.signal))) {
      for (const instance of await installation.instances(release, bounds.signal)) {
        const loaded = await rekor.log(instance, bounds.signal);
        named.push(loaded.activeTreeId, ...loaded.inactive.map(({ treeId }) => treeId));
      }
    }
  }
  return new Set(named);
}
