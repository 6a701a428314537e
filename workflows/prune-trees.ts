import { reasonOf, failed } from './failure';
import type { RetiredTree } from './model/retired';
import { requestProblems } from './model/request';
import type { Refusal } from './model/refusals';
import { observations, pruning } from './real-run';

/** The one argument of the workflow `pruneTrees`. */
export interface PruneRequest {
  readonly log: string;
  /** The trees to delete, by id; without it they are only listed. */
  readonly deleteTrees?: readonly string[];
}

export interface PruneResult {
  readonly log: string;
  readonly deleted: readonly string[];
  /** Why trees that were asked for are still there. */
  readonly refusals: readonly Refusal[];
  /** Every tree that a rotation retired and that nothing names, as it was found. */
  readonly retired: readonly RetiredTree[];
}

/** Lists the trees that undone attempts left behind, and deletes those that a person names. */
export async function pruneTrees(request?: PruneRequest): Promise<PruneResult> {
  const [invalid] = requestProblems(request, ['log', 'deleteTrees']);
  if (invalid || !request) {
    throw failed(invalid ?? { code: 'REQUEST_INVALID', message: 'No log was named.', remedy: 'Name one.' });
  }
  const { log, deleteTrees = [] } = request;
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
