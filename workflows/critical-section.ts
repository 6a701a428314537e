import { endFailedSection, lostSection, takeBackSection, undosOf } from './failed-section';
import { beganOf, commandMayRun, failed, mayStillRun, reasonOf, timesOf } from './failure';
import type { Actions, CriticalInput, CriticalSectionInput } from './model/actions';
import { LANDED_MS } from './model/deadlines';
import { refusal } from './model/refusals';
import { rotation } from './rotation';
import { Saga, type Retrying, type SagaJournal, type Says } from './saga';
import { recordedIn } from './section-record';
import type { CriticalSectionResult } from './section-result';
import { standby } from './standby';

/**
 * Runs the critical section of the list. It ends itself when a step fails, when it is cancelled, or when its time is over.
 *
 * All its undos are registered before its one activity begins, and what that says it had not begun is forgotten. Where it
 * says nothing, its worker is lost, and everything is taken back once no call of it can land. That is right for a step which
 * never began: each undo states an end, and decides by what it finds. It costs a next tree, since that may hold the handover
 * leaf of this attempt, and the time in which that is closed. Where a worker is started after it on the same host, that one says
 * what it had begun, once no call of it can land (activities/successor/).
 */
export async function runCriticalSection(
  actions: Actions,
  input: CriticalSectionInput,
  journal: SagaJournal,
  says: Says,
  retrying: Retrying,
): Promise<CriticalSectionResult> {
  const { action, steps } = rotation.criticalSection;
  const section = recordedIn(journal);
  const saga = new Saga(input.identity.attempt, section.journal, says);
  const other = await standby(actions, input);
  const began = Date.now();
  const ends = began + input.criticalSectionMs;
  try {
    const { frozen, handover } = await saga.together(
      'critical section',
      steps.map(({ name }) => name),
      undosOf(actions, input, steps),
      () => actions[action](criticalInput(input)),
    );
    const { tookBack } = await other.calledOff();
    if (tookBack) {
      throw failed(refusal('BUDGET_EXCEEDED', { step: 'expose', budgetMs: input.criticalSectionMs }));
    }
    return { end: 'exposed', frozen, handover, steps: section.steps };
  } catch (error) {
    // Nothing is undone beside the worker that stands by: one of the two has the log.
    await (mayStillRun(error) ? other.tookOver() : other.calledOff());
    const reason = reasonOf(error, beganOf(error)?.at(-1) ?? section.running());
    if (reason.code === 'ATTEMPT_REPEATED') {
      return await takeBackSection(actions, input, journal, retrying, lostSection(input, reason));
    }
    const restMs = mayStillRun(error) ? ends - Date.now() + LANDED_MS : 0;
    const { hold = 0, freeze = 0 } = timesOf(error);
    const openedAt = began + hold + freeze;
    const failure = { actions, input, saga, section, reason, openedAt, restMs, retrying };
    // A slot's command outlives the worker that began it: what it starts is stopped when that worker would have ended it.
    const outlived = commandMayRun(error) && { commandsEnd: ends + LANDED_MS };
    return await endFailedSection({ ...failure, ...outlived });
  }
}

function criticalInput(input: CriticalSectionInput): CriticalInput {
  const { identity, release, criticalSectionMs: budgetMs, holdBy, workers } = input;
  return {
    ...{ identity, release, budgetMs },
    ...(workers && { worker: workers.acting }),
    ...(holdBy !== undefined && { holdBy }),
  };
}
