import { CancellationScope } from '@temporalio/workflow';
import type { AttemptInput } from './model/actions';
import type { RotationTiming } from './model/plan';
import type { Evidence } from './model/result';
import { rotation } from './rotation';
import type { Run } from './run';
import { Saga } from './saga';
import type { Exposed } from './section-result';

/** A day of soaking is a hundred and fifty events of history. Milliseconds. */
const LONGEST_PIECE_MS = 3_600_000;

/** The steps past the point of no return: each is tried until it succeeds or a person leaves it out; Cancel changes nothing. */
export async function afterExposure(
  run: Run,
  input: AttemptInput,
  { frozen, handover }: Exposed,
  timing: Pick<RotationTiming, 'soakMs'>,
): Promise<Evidence> {
  const { identity, release } = input;
  const saga = new Saga(identity.attempt, run.journal, run.says);
  const retrying = run.retrying.on(input);
  return await CancellationScope.nonCancellable(async () => {
    let evidence: Evidence = { frozen, handover };
    for (const step of rotation.afterExposure) {
      let leftMs = 'lasts' in step ? timing[step.lasts] : 0;
      do {
        const forMs = Math.min(leftMs, LONGEST_PIECE_MS);
        const found = await saga.onlyForward<unknown>(
          step.name,
          retrying,
          (patience) => run.actions[step.action]({ identity, release, frozen, handover, forMs }, patience),
          'lasts' in step ? leftMs : undefined,
        );
        if ('finds' in step && found) {
          evidence = { ...evidence, [step.finds]: found };
        }
        // Whoever leaves one piece out leaves out all that would follow.
        leftMs = found === undefined ? 0 : leftMs - forMs;
      } while (leftMs > 0);
      await run.pauses.after(step.name);
    }
    return evidence;
  });
}
