import { CancellationScope } from '@temporalio/workflow';
import type { LookBackInput } from './model/actions';
import { refusal } from './model/refusals';
import type { Run } from './run';

/**
 * A call of a dead worker may have landed after its undo (H8): what is not as before is taken back once more. What was
 * undone is undone again, which is no harm, until it stays so.
 */
export async function lookBack({ actions, retrying, journal }: Run, input: LookBackInput): Promise<void> {
  if (journal.soFar.interventions.some(({ choice }) => choice === 'skip')) {
    return; // A person has left an undo out, and knows what is not as before.
  }
  await CancellationScope.nonCancellable(async () => {
    const looked = await retrying
      .on(input)
      .maySkip('look back', (patience) => actions.lookBack(input, patience));
    if (looked && looked.result.length > 0) {
      const { log } = input.identity;
      journal.notes(refusal('NOT_AS_BEFORE', { log, differences: looked.result }).message);
    }
  });
}
