import { wrongInput, reasonOf } from './failure';
import type { RetiredTree } from './model/retired';
import { readRequest, type PruneRequest } from './model/request';
import type { Refusal } from './model/refusals';
import { observations, pruning } from './real-run';

export interface PruneResult {
  readonly log: string;
  readonly deleted: readonly string[];
  /** Why trees that were asked for are still there. */
  readonly refusals: readonly Refusal[];
  /** Every tree that a rotation retired and that nothing names, as it was found. */
  readonly retired: readonly RetiredTree[];
}

/** Lists the trees that undone attempts left behind, and deletes those that a person names. */
export async function pruneTrees(input?: PruneRequest): Promise<PruneResult> {
  const asked = readRequest<PruneRequest>(input, ['log', 'deleteTrees']);
  if ('refusals' in asked) {
    throw wrongInput(asked.refusals);
  }
  const { log, deleteTrees = [] } = asked.request;
  const retired = await observations().retiredTrees({ log });
  const deleted: string[] = [];
  const refusals: Refusal[] = [];
  for (const treeId of deleteTrees) {
    try {
      await pruning().deleteRetiredTree({ log, treeId });
      deleted.push(treeId);
    } catch (error) {
      refusals.push(reasonOf(error, 'prune'));
    }
  }
  return { log, deleted, refusals, retired };
}
