import { CancellationScope } from '@temporalio/workflow';
import { endFailedSection, type FailedSection } from './failed-section';
import { failed, mayStillRun, reasonOf } from './failure';
import type { Actions, CriticalInput, CriticalSectionInput } from './model/actions';
import { refusal, type Refusal } from './model/refusals';
import type { FrozenTree, Handover, StepRecord } from './model/rotation';
import { Saga, type Retrying, type SagaJournal, type Says, type Undo } from './saga';

/** What is sent at the end of an activity's time has landed this much later, in milliseconds. */
export const MARGIN_MS = 200;

/** How a critical section ended: the next tree serves, everything in it was undone, or neither can be had here. */
export type CriticalSectionResult = Exposed | Undone | Stuck | Unfinished;

export interface Exposed {
  readonly end: 'exposed';
  readonly frozen: FrozenTree;
  readonly handover: Handover | null;
  readonly steps: readonly StepRecord[];
}

export interface Undone {
  readonly end: 'undone';
  readonly reason: Refusal;
  /** The next tree may hold this attempt's handover leaf, so no other attempt may use it (H3). */
  readonly nextTreeUsed: boolean;
  /** Something of it had begun: what was undone is worth a last look (H8). */
  readonly began: boolean;
  /** Its freeze may have begun: a current tree that is closed all the same was closed by it. */
  readonly froze: boolean;
  /** For how long clients may have seen the next tree, at most; 0 when it was not exposed. Milliseconds (H36). */
  readonly nextTreeVisibleMs: number;
  readonly steps: readonly StepRecord[];
}

/** The next tree holds entries of clients and cannot serve them; it is closed, and so is the current tree. */
export interface Stuck {
  readonly end: 'stuck';
  readonly reason: Refusal;
  /** What is right: a third tree, or a person. */
  readonly decision: 'supersede' | 'hold';
  readonly steps: readonly StepRecord[];
}

/** An undo does not succeed; the rotation ends the section. */
export interface Unfinished {
  readonly end: 'unfinished';
  readonly reason: Refusal;
  readonly steps: readonly StepRecord[];
}

/**
 * The critical section, from the hold to the exposure:
 *
 *   hold     writes wait; none is in flight          undo: they go to the current release
 *   start    the next release starts meanwhile       undo, after all others: it is stopped
 *   freeze   the current tree cannot grow any more   undo: it is ACTIVE
 *   verify   next proven; its tree opened            undo: closed again, unless it holds public entries
 *   expose   writes and reads go to the next release; taken back by the undos of verify and hold
 *
 * Two activities do it, because every further one costs clients some fifty milliseconds of waiting.
 *
 * All of it is undone when a step fails, when it is cancelled or when it is not through in time (failed-section.ts). What gives
 * clients their writes back is undone first.
 */
export async function criticalSectionSteps(
  actions: Actions,
  input: CriticalSectionInput,
  journal: SagaJournal,
  says: Says,
  carry: Retrying,
): Promise<CriticalSectionResult> {
  const section = recorded(journal);
  const saga = new Saga(input.identity.attempt, section.journal, says);
  const undo = undosOf(actions, input);
  const ends = Date.now() + input.criticalSectionMs;
  const inTime = budgetOf(input, ends);
  let openedAt: number | undefined;
  try {
    const { hold, start, freeze, verify } = undo;
    const { frozen } = await saga.together({ hold, start, freeze }, () =>
      actions.holdAndFreeze(inTime('hold')),
    );
    // The last look at a pending Cancel, in the same workflow task as the input that opens the next tree (H26).
    if (CancellationScope.current().consideredCancelled) {
      throw failed(refusal('CANCELLED', { step: 'freeze' }));
    }
    openedAt = Date.now();
    const opened = await saga.together({ verify, expose: {} }, () =>
      actions.openAndExpose({ ...inTime('verify'), frozen }),
    );
    return { end: 'exposed', frozen, handover: opened.handover, steps: section.steps };
  } catch (error) {
    const reason = reasonOf(error, section.running());
    if (reason.code === 'ATTEMPT_REPEATED') {
      return await takeBackCriticalSection(actions, input, journal, carry, lostSection(input, reason));
    }
    const restMs = mayStillRun(error) ? ends - Date.now() + MARGIN_MS : 0;
    return await endFailedSection({ actions, input, saga, section, reason, openedAt, restMs, carry });
  }
}

/** A critical section that has to be ended from outside. */
export type LostSection = Pick<FailedSection, 'reason' | 'openedAt' | 'restMs'>;

/** Of a section that nobody hears of any more, calls may land until its time is over (H8). */
export function lostSection({ criticalSectionMs }: CriticalSectionInput, reason: Refusal): LostSection {
  return { reason, openedAt: Date.now(), restMs: criticalSectionMs + MARGIN_MS };
}

/**
 * Takes back a critical section that did not end: its own workflow is gone, or could not finish. Nobody knows how far it
 * came, so all of it; or goes on with it, when its next tree holds entries of clients.
 */
export async function takeBackCriticalSection(
  actions: Actions,
  input: CriticalSectionInput,
  journal: SagaJournal,
  carry: Retrying,
  lost: LostSection,
): Promise<CriticalSectionResult> {
  const section = recorded(journal);
  const saga = new Saga(input.identity.attempt, section.journal, () => undefined);
  for (const [name, step] of Object.entries(undosOf(actions, input))) {
    saga.register(name, step);
  }
  return await endFailedSection({ actions, input, saga, section, carry, ...lost });
}

/** The undos of the critical section, in the input of its steps; that of `verify` decides whether there is a way back. */
function undosOf(
  actions: Actions,
  input: CriticalSectionInput,
): Record<'hold' | 'start' | 'freeze' | 'verify', Undo> {
  return {
    hold: { undo: (patience) => actions.sendToCurrent(input, patience) },
    start: { undo: (patience) => actions.stop(input, patience), undoLast: true },
    freeze: { undo: (patience) => actions.allowWritesToCurrent(input, patience) },
    verify: { undo: (patience) => actions.closeNextTree(input, patience) },
  };
}

/** What is left of the section's time for a step that begins now; refuses to begin one without any. */
function budgetOf(input: CriticalSectionInput, ends: number): (step: string) => CriticalInput {
  const { identity, release, criticalSectionMs } = input;
  return (step) => {
    const budgetMs = ends - Date.now();
    if (budgetMs <= 0) {
      throw failed(refusal('BUDGET_EXCEEDED', { step, budgetMs: criticalSectionMs }));
    }
    return { identity, release, budgetMs };
  };
}

/** The steps of a section so far, beside the journal that hears of them. */
export interface RecordedSection {
  readonly steps: readonly StepRecord[];
  readonly journal: SagaJournal;
  running(): string;
}

function recorded(journal: SagaJournal): RecordedSection {
  const steps: StepRecord[] = [];
  let running = 'hold';
  return {
    steps,
    running: () => running,
    journal: {
      begins: (name, undoing) => {
        running = name;
        journal.begins(name, undoing);
      },
      ended: (record) => {
        steps.push(record);
        journal.ended(record);
      },
    },
  };
}
