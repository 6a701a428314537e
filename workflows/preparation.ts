import { reasonOf } from './failure';
import type { AttemptInput } from './model/actions';
import { fenceOf, type AttemptIdentity } from './model/fencing';
import type { Replacement, ShardsOfKey } from './model/installation';
import type { TreeId } from './model/log';
import { attemptIdOf } from './model/mark';
import type { Preparation } from './model/plan';
import type { Refusal } from './model/refusals';
import { rotation } from './rotation';
import type { Run } from './run';
import { fewRetries } from './retry';
import { Saga, type RegisteredUndo, type Retrying } from './saga';

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
export interface Prepared {
  readonly release: Replacement;
  /** Takes it back for the last attempt that used it; no harm when that was done. */
  readonly undo: (last: AttemptIdentity) => Promise<void>;
  /**
   * The same where the log is another's now: after a few tries, what does not succeed is left to whoever recovers the log. No
   * person is asked, since the lock would keep everybody from that. Gives what was left, if anything.
   */
  readonly leave: (last: AttemptIdentity) => Promise<readonly Refusal[]>;
}

/** It failed, and was undone; `left` says what of it was not. */
export interface NotPrepared {
  readonly reason: Refusal;
  readonly left: readonly Refusal[];
}

/** Everything that can be done before a write has to wait; undone when it fails. */
export async function prepare(
  run: Run,
  plan: Preparation,
  identity: AttemptIdentity,
): Promise<Prepared | NotPrepared> {
  const { actions, retrying, journal } = run;
  const { changes, fingerprint, signer, nextTree } = plan;
  const planned = { changes, fingerprint, ...(signer && { signer }) };
  const saga = new Saga(identity.attempt, journal, run.says);
  let input: AttemptInput = { identity, release: releaseOf(plan, identity) };
  let last = identity;
  const takeBack = async (by: AttemptIdentity, retried: Retrying): Promise<void> => {
    last = by;
    await saga.undo(retried);
    if (input.release.nextTreeId !== '') {
      journal.leaves(input.release.nextTreeId);
    }
  };
  const undo = (by: AttemptIdentity): Promise<void> => takeBack(by, retrying.on(input));
  const leave = async (by: AttemptIdentity): Promise<readonly Refusal[]> => {
    try {
      await takeBack(by, fewRetries);
      return [];
    } catch (error) {
      return [reasonOf(error, journal.progress.phase)];
    }
  };
  try {
    for (const step of rotation.preparation) {
      const undoOf: RegisteredUndo = {
        name: step.name,
        // It made them; the last attempt's numbers say whether the log is still this rotation's.
        undo: async (patience) => {
          const by = { ...identity, fence: fenceOf(last) };
          await actions[step.undo.action]({ ...input, identity: by }, patience);
          return {};
        },
      };
      const made = await saga.step<TreeId | readonly ShardsOfKey[] | null>(undoOf, () =>
        actions[step.action]({ ...input, ...planned, ...nextTree }),
      );
      input = { identity, release: { ...input.release, ...knownBy(made) } };
      await run.pauses.after(step.name);
    }
    return { release: input.release, undo, leave };
  } catch (error) {
    const reason = reasonOf(error, journal.progress.phase);
    journal.notes(reason.message);
    if (reason.code === 'NOT_OURS') {
      return { reason, left: await leave(identity) };
    }
    await undo(identity);
    return { reason, left: [] };
  }
}

/** What a step of it has made known of the release; a worker of before says nothing of its keys. */
function knownBy(made: TreeId | readonly ShardsOfKey[] | null): Partial<Replacement> {
  if (typeof made === 'string') {
    return { nextTreeId: made };
  }
  return made && made.length > 0 ? { keys: made } : {};
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
