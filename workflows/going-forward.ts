import { CancellationScope } from '@temporalio/workflow';
import { failed, reasonOf } from './failure';
import type { AttemptInput, OpenedAndExposed } from './model/actions';
import { refusal, type RefusalCode } from './model/refusals';
import type { Run } from './run';

/** What no other try changes, and no person can mend for this rotation. */
const asItIs: ReadonlySet<RefusalCode> = new Set(['NOT_OURS', 'CURRENT_TREE_GREW', 'CANCELLED']);

/** Opens and exposes the next tree, where there is no way back, until it succeeds; held for a person after the third failure. */
export async function forwardUntilItSucceeds(
  { actions, journal, retrying }: Run,
  { identity, release }: AttemptInput,
): Promise<OpenedAndExposed> {
  const input = { identity, release };
  journal.begins('forward', false);
  return await CancellationScope.nonCancellable(() =>
    retrying.on(input).mustSucceed('forward', async (patience) => {
      try {
        return await actions.goForward(input, patience);
      } catch (error) {
        const reason = reasonOf(error, 'forward');
        // A person may mend any other reason, and then it is worth another try; but of a tree that grew, nothing is to be
        // started that loads its length. And what a person's decision has cancelled did not fail.
        throw asItIs.has(reason.code)
          ? error
          : failed(refusal('FORWARD_FAILED', { tree: release.nextTreeId, reason: reason.message }));
      }
    }),
  );
}
