import { reasonOf } from './failure';
import type { AttemptInput } from './model/actions';
import type { AttemptIdentity } from './model/fencing';
import type { Replacement } from './model/installation';
import { attemptIdOf } from './model/mark';
import type { Preparation } from './model/plan';
import type { Refusal } from './model/refusals';
import { rotation } from './rotation';
import type { Run } from './run';
import { Saga, type RegisteredUndo } from './saga';

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
export interface Prepared {
  readonly release: Replacement;
  /** Takes it back; no harm when that was done. */
  readonly undo: () => Promise<void>;
}

/** Everything that can be done before a write has to wait; undone when it fails. */
export async function prepare(
  run: Run,
  plan: Preparation,
  identity: AttemptIdentity,
): Promise<Prepared | { readonly reason: Refusal }> {
  const { actions, retrying, journal } = run;
  const { changes, fingerprint } = plan;
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
      const nextTreeId = await saga.step<unknown>(undoOf, () =>
        actions[step.action]({ ...input, changes, fingerprint }),
      );
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
function releaseOf(plan: Preparation, identity: AttemptIdentity): Replacement {
  const { installation, currentTree, inactive, supersedes, timing } = plan;
  const { current, next } = installation;
  return {
    attemptId: attemptIdOf(identity),
    current,
    next,
    currentTreeId: currentTree.treeId,
    nextTreeId: '',
    inactive,
    patience: timing.patience,
    ...(supersedes && { supersedes }),
  };
}
