import { CancellationScope } from '@temporalio/workflow';
import { endFailedSection, lostSection, takeBackSection, undosOf } from './failed-section';
import { failed, mayStillRun, reasonOf } from './failure';
import type { Actions, CriticalInput, CriticalSectionInput } from './model/actions';
import { LANDED_MS } from './model/deadlines';
import { refusal } from './model/refusals';
import type { StepName } from './model/steps';
import { rotation } from './rotation';
import { Saga, type Retrying, type SagaJournal, type Says } from './saga';
import { recordedIn } from './section-record';
import type { CriticalSectionResult } from './section-result';
import { standby } from './standby';

/** Runs the critical section of the list. It ends itself when a step fails, when it is cancelled, or when its time is over. */
export async function runCriticalSection(
  actions: Actions,
  input: CriticalSectionInput,
  journal: SagaJournal,
  says: Says,
  retrying: Retrying,
): Promise<CriticalSectionResult> {
  const [closing, opening] = rotation.criticalSection;
  const section = recordedIn(journal);
  const saga = new Saga(input.identity.attempt, section.journal, says);
  const other = await standby(actions, input);
  const ends = Date.now() + input.criticalSectionMs;
  let openedAt: number | undefined;
  try {
    const { frozen } = await saga.together(
      closing.steps.map(({ name }) => name),
      undosOf(actions, input, closing.steps),
      () => actions[closing.action](inTime(input, ends, 'hold')),
    );
    // The last look at a pending Cancel, in the same workflow task as what opens the next tree (H26).
    if (CancellationScope.current().consideredCancelled) {
      throw failed(refusal('CANCELLED', { step: 'freeze' }));
    }
    openedAt = Date.now();
    const { handover } = await saga.together(
      opening.steps.map(({ name }) => name),
      undosOf(actions, input, opening.steps),
      () => actions[opening.action]({ ...inTime(input, ends, 'verify'), frozen }),
    );
    const { tookBack } = await other.calledOff();
    if (tookBack) {
      throw failed(refusal('BUDGET_EXCEEDED', { step: 'expose', budgetMs: input.criticalSectionMs }));
    }
    return { end: 'exposed', frozen, handover, steps: section.steps };
  } catch (error) {
    // Nothing is undone beside the worker that stands by: one of the two has the log.
    await (mayStillRun(error) ? other.tookOver() : other.calledOff());
    const reason = reasonOf(error, section.running());
    if (reason.code === 'ATTEMPT_REPEATED') {
      return await takeBackSection(actions, input, journal, retrying, lostSection(input, reason));
    }
    const restMs = mayStillRun(error) ? ends - Date.now() + LANDED_MS : 0;
    return await endFailedSection({ actions, input, saga, section, reason, openedAt, restMs, retrying });
  }
}

/** What is left of the section's time for a part that begins now; refuses to begin one without any. */
function inTime(input: CriticalSectionInput, ends: number, step: StepName): CriticalInput {
  const { identity, release, criticalSectionMs, holdBy, workers } = input;
  const budgetMs = ends - Date.now();
  if (budgetMs <= 0) {
    throw failed(refusal('BUDGET_EXCEEDED', { step, budgetMs: criticalSectionMs }));
  }
  return {
    ...{ identity, release, budgetMs },
    ...(workers && { worker: workers.acting }),
    ...(holdBy !== undefined && { holdBy }),
  };
}
