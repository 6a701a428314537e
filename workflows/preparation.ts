import { reasonOf } from './failure';
import type { Journal } from './journal';
import type { AttemptInput } from './model/actions';
import type { AttemptIdentity } from './model/fencing';
import type { Release } from './model/installation';
import { attemptIdOf } from './model/mark';
import type { Plan } from './model/plan';
import type { Refusal } from './model/refusals';
import { rotation } from './rotation';
import type { Run } from './run';
import { Saga, type RegisteredUndo } from './saga';

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
export interface Prepared {
  readonly release: Release;
  /** Takes it back; no harm when that was done. */
  readonly undo: () => Promise<void>;
}

/** What of a plan a release is made of. */
export type PreparationPlan = Pick<Plan, 'inactive'> & {
  readonly currentTree: Pick<Plan['currentTree'], 'treeId'>;
  readonly installation: Pick<Plan['installation'], 'current' | 'next' | 'fingerprint'>;
  readonly supersedes?: boolean;
};

/** Everything that can be done before a write has to wait; undone when it fails. */
export async function prepare(
  run: Run,
  plan: PreparationPlan,
  identity: AttemptIdentity,
  journal: Journal,
): Promise<Prepared | { readonly reason: Refusal }> {
  const { actions, retrying } = run;
  const saga = new Saga(identity.attempt, journal, run.says);
  let input: AttemptInput = { identity, release: releaseOf(plan, identity) };
  const undo = async (): Promise<void> => {
    await saga.undo(retrying.on(input));
    if (input.release.nextTreeId !== '') {
      journal.leaves(input.release.nextTreeId);
    }
  };
  try {
    for (const step of rotation.preparation) {
      const undoOf: RegisteredUndo = {
        name: step.name,
        undo: (patience) => actions[step.undo.action](input, patience),
      };
      const nextTreeId = await saga.step<unknown>(undoOf, () => actions[step.action](input));
      if (typeof nextTreeId === 'string') {
        input = { identity, release: { ...input.release, nextTreeId } };
      }
    }
    return { release: input.release, undo };
  } catch (error) {
    const reason = reasonOf(error, journal.progress.phase);
    journal.notes(reason.message);
    await undo();
    return { reason };
  }
}

/** The release that an attempt stages; Trillian gives its tree an id when that is created. */
function releaseOf(plan: PreparationPlan, identity: AttemptIdentity): Release {
  const { installation, currentTree, inactive, supersedes } = plan;
  const { current, next, fingerprint } = installation;
  return {
    attemptId: attemptIdOf(identity),
    current,
    next,
    currentTreeId: currentTree.treeId,
    nextTreeId: '',
    inactive,
    fingerprint,
    ...(supersedes && { supersedes }),
  };
}
