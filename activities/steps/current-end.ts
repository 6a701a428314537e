import type { AttemptInput } from '../../workflows/model/actions';
import { entries } from '../../workflows/model/counted';
import type { FrozenTree } from '../../workflows/model/next-tree';
import { freezeTree } from '../drain';
import { refuse } from '../errors/refusal-error';
import { sameEnd, type TreeEnd } from '../handover';
import type { Act } from './act';
import { handedOver } from './next-tree-content';

/**
 * The end of the current tree, for a step that only goes forward and was not told it: the next tree's handover leaf was
 * queued after the proof, and the tree is what it says. Without one the end is proven anew. So is that of a tree which is
 * DRAINING: a third tree's freeze that was broken off in its proof has left it so.
 *
 * @throws CURRENT_TREE_GREW when the tree is another one now than was handed over.
 */
export const endOfCurrent: Act<AttemptInput, FrozenTree> = async (systems, input) => {
  const { trillian, drain, bounds } = systems;
  const { currentTreeId, nextTreeId } = input.release;
  const { end, handedOver: known } = await currentEnd(systems, input);
  if (!known) {
    return await freezeTree(systems, drain, currentTreeId, bounds);
  }
  if ((await trillian.getTree(currentTreeId, bounds)).state === 'DRAINING') {
    await freezeTree(systems, drain, currentTreeId, bounds);
    await currentEnd(systems, input);
  }
  return {
    ...end,
    proof: [`as tree ${nextTreeId} has handed over: ${entries(end.size)}, root ${end.rootHash}`],
  };
};

/**
 * What the current tree is now, and whether the next one's handover leaf says so; reads only.
 *
 * @throws CURRENT_TREE_GREW when the tree is another one now than was handed over.
 */
export const currentEnd: Act<AttemptInput, { readonly end: TreeEnd; readonly handedOver: boolean }> = async (
  systems,
  { release },
) => {
  const { currentTreeId, nextTreeId } = release;
  const handover = await handedOver(systems, nextTreeId);
  const end = { treeId: currentTreeId, ...(await systems.trillian.treeHead(currentTreeId, systems.bounds)) };
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
};
