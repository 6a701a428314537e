import type { PruneOrder, RetiredTree } from '../../workflows/model/retired';
import type { TreeId } from '../../workflows/model/log';
import { markedTrees, type MarkedTree } from '../../workflows/model/mark';
import type { Attempt } from '../attempt';
import { refuse } from '../refusal-error';
import type { LogSystems } from '../systems';
import { contentOf, handedOver } from './next-tree-content';

/** The trees that undone attempts of a log left behind, with what stands against deleting each. */
export async function retiredTrees(
  systems: LogSystems,
  _request: { readonly log: string },
  attempt: Attempt,
): Promise<readonly RetiredTree[]> {
  const { log, trillian } = systems;
  const named = await everyNamedTree(systems, attempt);
  const marked = markedTrees(await trillian.listTrees(attempt), log);
  const handedOverBy = await handingOver(systems, marked, named, attempt);
  const found: RetiredTree[] = [];
  for (const { treeId, state, identity } of marked) {
    if (named.has(treeId)) {
      continue;
    }
    const content = await contentOf(systems, treeId, attempt);
    const { size, rootHash } = await trillian.treeHead(treeId, attempt);
    const keep =
      state !== 'FROZEN'
        ? `it is ${state}: let \`rekor-rotate recover\` end its rotation first`
        : content === 'public entries'
          ? `it holds entries of clients`
          : handedOverBy.has(treeId)
            ? `tree ${handedOverBy.get(treeId)} followed it as a shard: look whether the served list has lost it`
            : undefined;
    const { rotation, attempt: of } = identity;
    found.push({ treeId, size, rootHash, rotation, attempt: of, ...(keep !== undefined && { keep }) });
  }
  return found;
}

/** Deletes one retired tree, after looking at everything once more. Refuses NOT_PRUNABLE. */
export async function deleteRetiredTree(
  systems: LogSystems,
  { treeId }: PruneOrder,
  attempt: Attempt,
): Promise<void> {
  const { trillian, log } = systems;
  if (attempt.steps.began.includes('prune') && !(await isListed(systems, treeId, attempt))) {
    return; // It was deleted, and the answer was lost.
  }
  const tree = (await retiredTrees(systems, { log }, attempt)).find((retired) => retired.treeId === treeId);
  if (!tree || tree.keep !== undefined) {
    const reason = tree?.keep ?? 'no rotation of this log has retired it, or something names it';
    throw refuse('NOT_PRUNABLE', { tree: treeId, reason });
  }
  await attempt.step('prune', () => trillian.deleteTree(treeId, attempt));
}

/**
 * By tree, the one whose handover leaf names it and that is served or holds entries of clients: it is a shard of the log,
 * whatever a list that a stale deploy has brought back says (H10).
 */
async function handingOver(
  systems: LogSystems,
  marked: readonly MarkedTree[],
  named: ReadonlySet<TreeId>,
  attempt: Attempt,
): Promise<ReadonlyMap<TreeId, TreeId>> {
  const before = new Map<TreeId, TreeId>();
  for (const { treeId } of marked) {
    await systems.trillian.initLog(treeId, attempt);
    const handover = await handedOver(systems, treeId, attempt);
    const { size } = await systems.trillian.treeHead(treeId, attempt);
    if (handover && (size > 1 || named.has(treeId))) {
      before.set(handover.end.treeId, treeId);
    }
  }
  return before;
}

async function isListed({ trillian }: LogSystems, treeId: string, attempt: Attempt): Promise<boolean> {
  return (await trillian.listTrees(attempt)).some((tree) => tree.treeId === treeId);
}

/** The trees that either release is configured with, or that a process of either has loaded. */
async function everyNamedTree(systems: LogSystems, attempt: Attempt): Promise<ReadonlySet<string>> {
  const { gate, installation, rekor } = systems;
  const { upstream } = await gate.state(attempt.signal);
  const state = await installation.read(upstream, attempt.signal);
  const named = new Set([state.activeTreeId, ...state.inactiveTreeIds]);
  for (const instance of state.nextInstances) {
    const other = await installation.read(instance.url, attempt.signal);
    [other.activeTreeId, ...other.inactiveTreeIds].forEach((treeId) => named.add(treeId));
  }
  const running = [...state.currentInstances, ...(state.nextIsRunning ? state.nextInstances : [])];
  for (const instance of running) {
    const loaded = await rekor.log(instance, attempt.signal);
    [loaded.activeTreeId, ...loaded.inactive.map((shard) => shard.treeId)].forEach((treeId) =>
      named.add(treeId),
    );
  }
  return named;
}
