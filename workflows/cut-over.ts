import { CancellationScope, sleep } from '@temporalio/workflow';
import { failed, mayStillRun, reasonOf } from './failure';
import type { AttemptOrder, Changes, CriticalOrder } from './model/changes';
import { refusal, type Refusal } from './model/refusals';
import type { FrozenTree, Handover, StepRecord } from './model/rotation';
import { Saga, type SagaJournal, type Says, type Undo } from './saga';

/** What is sent at the end of an activity's time has landed this much later, in milliseconds. */
const MARGIN_MS = 200;

/** How a critical section ended: the next tree serves, or everything in it was undone. */
export type CutOverResult = Exposed | Undone;

export interface Exposed {
  readonly exposed: true;
  readonly frozen: FrozenTree;
  readonly handover: Handover;
  readonly steps: readonly StepRecord[];
}

export interface Undone {
  readonly exposed: false;
  readonly reason: Refusal;
  /** The next tree may hold this attempt's handover leaf, so no other attempt may use it (H3). */
  readonly nextTreeUsed: boolean;
  readonly steps: readonly StepRecord[];
}

export interface CutOverOrder extends AttemptOrder {
  readonly criticalSectionMs: number;
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
 * All of it is undone when a step fails, when it is cancelled or when it is not through in time. What gives clients
 * their writes back is undone first.
 */
export async function cutOverSteps(
  changes: Changes,
  order: CutOverOrder,
  journal: SagaJournal,
  says: Says,
): Promise<CutOverResult> {
  const section = recorded(journal);
  const saga = new Saga(order.identity.attempt, section.journal, says);
  const undo = undosOf(changes, order);
  const ends = Date.now() + order.criticalSectionMs;
  const inTime = budgetOf(order, ends);
  let nextTreeUsed = false;
  try {
    const { hold, start, freeze, verify } = undo;
    const { frozen } = await saga.together({ hold, start, freeze }, () =>
      changes.holdAndFreeze(inTime('hold')),
    );
    // The last look at a pending Cancel, in the same workflow task as the order that opens the next tree (H26).
    if (CancellationScope.current().consideredCancelled) {
      throw failed(refusal('CANCELLED', { step: 'freeze' }));
    }
    nextTreeUsed = true;
    const opened = await saga.together({ verify, expose: {} }, () =>
      changes.openAndExpose({ ...inTime('verify'), frozen }),
    );
    return { exposed: true, frozen, handover: opened.handover, steps: section.steps };
  } catch (error) {
    const reason = reasonOf(error, section.running());
    const restMs = mayStillRun(error) ? ends - Date.now() + MARGIN_MS : 0;
    return await takeBackOrGoForward({ changes, order, saga, section, reason, nextTreeUsed, restMs });
  }
}

/** Takes back a critical section whose own workflow is gone: nobody knows how far it came, so all of it. */
export async function takeBackCutOver(
  changes: Changes,
  order: CutOverOrder,
  journal: SagaJournal,
  says: Says,
  reason: Refusal,
): Promise<CutOverResult> {
  const section = recorded(journal);
  const saga = new Saga(order.identity.attempt, section.journal, says);
  for (const [name, step] of Object.entries(undosOf(changes, order))) {
    saga.register(name, step);
  }
  const restMs = order.criticalSectionMs + MARGIN_MS;
  return await takeBackOrGoForward({ changes, order, saga, section, reason, nextTreeUsed: true, restMs });
}

/** The undos of the critical section, in the order of its steps. */
function undosOf(
  changes: Changes,
  order: CutOverOrder,
): Record<'hold' | 'start' | 'freeze' | 'verify', Undo> {
  return {
    hold: { undo: () => changes.releaseToCurrent(order) },
    start: { undo: () => changes.stop(order), undoLast: true },
    freeze: { undo: () => changes.allowWritesToCurrent(order) },
    verify: {
      undo: async () => {
        if ((await changes.closeNextTree(order)) === 'public entries') {
          throw failed(refusal('NEXT_TREE_HAS_ENTRIES', { tree: order.release.nextTreeId }));
        }
      },
    },
  };
}

interface FailedSection {
  readonly changes: Changes;
  readonly order: CutOverOrder;
  readonly saga: Saga;
  readonly section: RecordedSection;
  readonly reason: Refusal;
  readonly nextTreeUsed: boolean;
  /** How long a call of the section may still land, in milliseconds; nothing is taken back before (H8). */
  readonly restMs: number;
}

/**
 * The point of no return is a fact in Trillian (H6): with a public entry in the next tree, taking back would lose it.
 * Then the next tree is opened and exposed again, as often as it takes.
 */
async function takeBackOrGoForward(failure: FailedSection): Promise<CutOverResult> {
  const { changes, order, saga, section, reason, nextTreeUsed, restMs } = failure;
  try {
    if (restMs > 0) {
      await CancellationScope.nonCancellable(() => sleep(restMs));
    }
    await saga.undo();
    return { exposed: false, reason, nextTreeUsed, steps: section.steps };
  } catch (error) {
    if (reasonOf(error, section.running()).code !== 'NEXT_TREE_HAS_ENTRIES') {
      throw error;
    }
  }
  return await CancellationScope.nonCancellable(async () => {
    const { identity, release, criticalSectionMs: budgetMs } = order;
    const onwards = { identity, release, budgetMs, forward: true };
    const opened = await saga.together({ verify: {}, expose: {} }, () => changes.openAndExpose(onwards));
    return { exposed: true, frozen: opened.frozen, handover: opened.handover, steps: section.steps };
  });
}

/** What is left of the section's time for a step that begins now; refuses to begin one without any. */
function budgetOf(order: CutOverOrder, ends: number): (step: string) => CriticalOrder {
  const { identity, release, criticalSectionMs } = order;
  return (step) => {
    const budgetMs = ends - Date.now();
    if (budgetMs <= 0) {
      throw failed(refusal('BUDGET_EXCEEDED', { step, budgetMs: criticalSectionMs }));
    }
    return { identity, release, budgetMs };
  };
}

interface RecordedSection {
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
