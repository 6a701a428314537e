import { CancellationScope, sleep } from '@temporalio/workflow';
import { reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Actions, AttemptInput, CriticalSectionInput } from './model/actions';
import { decide } from './model/decision';
import { LANDED_MS, TAKE_BACK_MS } from './model/deadlines';
import type { ClosedNextTree } from './model/next-tree';
import { FEW_TRIES, PAUSE_MS } from './model/patience';
import { refusal, type Refusal } from './model/refusals';
import type { SectionStep } from './model/step-list';
import { retry } from './retry';
import { rotation } from './rotation';
import { Saga, type RegisteredUndo, type Retrying, type SagaJournal } from './saga';
import { recordedIn, type SectionRecord } from './section-record';
import type { CriticalSectionResult, Exposed, Stuck, Unfinished } from './section-result';

/** A critical section that failed, with all that is needed to end it. */
export interface FailedSection {
  readonly actions: Actions;
  readonly input: CriticalSectionInput;
  readonly saga: Saga;
  readonly section: SectionRecord;
  readonly reason: Refusal;
  /** When the next tree was opened, at the earliest; milliseconds since the epoch. */
  readonly openedAt: number;
  /** How long a call of the section may still land, in milliseconds; nothing is taken back before (H8). */
  readonly restMs: number;
  /**
   * Until when a command of the host that it had begun is waited for: as long as its worker would have let it run. Milliseconds since
   * the epoch. Absent: none runs.
   */
  readonly commandsEnd?: number;
  /** Whoever ran it is gone: an undo of it may be under way for longer than any step. */
  readonly lost?: true;
  /** It never held, so that nothing of it has closed the current tree. */
  readonly neverHeld?: true;
  readonly retrying: Retrying;
}

/** A critical section that has to be ended from outside. */
export type LostSection = Pick<FailedSection, 'reason' | 'openedAt' | 'restMs' | 'lost' | 'neverHeld'>;

/** Of a section that nobody hears of any more, calls may land until its time is over (H8). */
export function lostSection(input: CriticalSectionInput, reason: Refusal): LostSection {
  return { reason, openedAt: Date.now(), restMs: sectionLastsMs(input), lost: true };
}

/** For so long calls of a section may land, or of a worker that stood by and has just begun to take it back. Milliseconds. */
export function sectionLastsMs({ criticalSectionMs }: CriticalSectionInput): number {
  return Math.max(criticalSectionMs, TAKE_BACK_MS) + LANDED_MS;
}

/**
 * Takes back a critical section that did not end: its own workflow is gone, or could not finish. Nobody knows how far it
 * came, so all of it; or goes on with it, when its next tree holds entries of clients.
 */
export async function takeBackSection(
  actions: Actions,
  input: CriticalSectionInput,
  journal: SagaJournal,
  retrying: Retrying,
  lost: LostSection,
): Promise<CriticalSectionResult> {
  const section = recordedIn(journal);
  const saga = new Saga(input.identity.attempt, section.journal, () => undefined);
  undosOf(actions, input, rotation.criticalSection.steps).forEach((undo) => saga.register(undo));
  if (lost.neverHeld) {
    saga.forget('freeze');
  }
  return await endFailedSection({ actions, input, saga, section, retrying, ...lost });
}

/** The undos of these steps of the list; `expose` is taken back by those of verify and hold. */
export function undosOf(
  actions: Actions,
  { identity, release }: AttemptInput,
  steps: readonly SectionStep[],
): RegisteredUndo[] {
  return steps.flatMap((step) =>
    step.name === 'expose'
      ? []
      : [
          {
            name: step.name,
            undo: async (patience) => {
              const { action } = step.undo;
              if (action === 'sendToCurrent') {
                // A worker of before says nothing of the writes.
                const writes = await actions.sendToCurrent({ identity, release }, patience);
                return writes ? { writes } : {};
              }
              await actions[action]({ identity, release }, patience);
              return {};
            },
            ...(step.undo.last && { last: step.undo.last }),
          },
        ],
  );
}

/**
 * Ends a critical section that failed, by Trillian's facts (H6). Nothing of the next tree was public: everything is undone.
 * An entry of a client is in it: it is opened and exposed again. If that cannot be done, it is closed for good, and
 * the rotation supersedes it or holds. Whatever was begun here is not stopped by a Cancel.
 */
export async function endFailedSection(failure: FailedSection): Promise<CriticalSectionResult> {
  const { section, reason, restMs } = failure;
  return await CancellationScope.nonCancellable(async () => {
    await rest(restMs, 'until no call of the section can land');
    try {
      return await end(failure);
    } catch (error) {
      if (error instanceof GivenUp) {
        throw error;
      }
      // A step of the ending does not succeed; the rotation knows how to go on, and whom to tell.
      const left = reasonOf(error, section.running());
      return { end: 'unfinished', reason: left.code === 'NOT_OURS' ? left : reason, steps: section.steps };
    }
  });
}

async function end(failure: FailedSection): Promise<CriticalSectionResult> {
  const { saga, section, retrying, reason, openedAt, commandsEnd = 0 } = failure;
  const { undoes } = saga;
  const mayBeOpen = undoes.has('verify');
  const decided = mayBeOpen ? await closeOrGoForward(failure) : { end: 'rollBack' as const, served: false };
  if (decided.end !== 'rollBack') {
    return decided;
  }
  saga.forget('verify');
  await saga.undo(retrying, () => rest(commandsEnd - Date.now(), 'until no command of the section runs'));
  return {
    end: 'undone',
    reason,
    nextTreeUsed: mayBeOpen,
    began: undoes.size > 0,
    froze: undoes.has('freeze'),
    nextTreeVisibleMs: decided.served ? Date.now() - openedAt : 0,
    steps: section.steps,
  };
}

/** Waits so many milliseconds, if there are any; the Temporal UI says for what. */
async function rest(ms: number, until: string): Promise<void> {
  if (ms > 0) {
    await sleep(ms, { summary: until });
  }
}

/** There is a way back; `served`: clients may have seen the next tree before it was closed. */
interface RollBack {
  readonly end: 'rollBack';
  readonly served: boolean;
}

/** Closes the next tree and decides by what it holds; goes forward where an entry of a client is in it, as long as it can. */
async function closeOrGoForward(failure: FailedSection): Promise<RollBack | Exposed | Stuck | Unfinished> {
  const { input, section } = failure;
  let served = false;
  let forwardFailed: Refusal | undefined;
  for (;;) {
    // If the gate refused our order, the next release may serve by another one: then its tree is not closed.
    const evenIfExposed = forwardFailed !== undefined && forwardFailed.code !== 'GATE_ORDER_REFUSED';
    const closed = await close(failure, { evenIfExposed });
    const serves = closed.content === 'serving';
    if (serves && forwardFailed) {
      // Clients are served: whatever fails all the same is for the rotation to go on with, and is no reason to close the log.
      return { end: 'unfinished', reason: forwardFailed, serves: true, steps: section.steps };
    }
    served ||= serves;
    const decision = decide({
      ...closed,
      forwardFailed: forwardFailed !== undefined,
      ifNextFails: input.ifNextFails,
    });
    switch (decision) {
      case 'rollBack':
        return { end: 'rollBack', served };
      case 'forward': {
        const forward = await goForward(failure);
        if ('end' in forward) {
          return forward;
        }
        if (forward.code === 'NOT_OURS') {
          return { end: 'unfinished', reason: forward, steps: section.steps };
        }
        forwardFailed = forward;
        break;
      }
      case 'supersede':
      case 'hold':
        return stuck(failure, decision, forwardFailed ?? failure.reason);
    }
  }
}

/** Closes the next tree and says what it holds; recorded as the undo of `verify`. */
async function close(
  { actions, input, section, retrying }: FailedSection,
  how: { readonly evenIfExposed: boolean },
): Promise<ClosedNextTree> {
  const { identity, release } = input;
  const began = Date.now();
  section.journal.begins('verify', true);
  const closed = await retrying.mustSucceed('undo verify', (patience) =>
    actions.closeNextTree({ identity, release, ...how }, patience),
  );
  const ms = Date.now() - began;
  section.journal.ended({ name: 'verify', ms, kind: 'undone', attempt: identity.attempt });
  return closed;
}

/** No other try to go forward changes it. */
const endsForward: ReadonlySet<Refusal['code']> = new Set(['CURRENT_TREE_GREW', 'NOT_OURS']);

/** Opens and exposes the next tree again; returns why that failed when it did. Each try restarts the next release if need be. */
async function goForward({ actions, input, section, lost }: FailedSection): Promise<Exposed | Refusal> {
  const { identity, release } = input;
  section.journal.begins('forward', false);
  const began = Date.now();
  try {
    const { frozen, handover } = await retry(
      () => actions.goForward({ identity, release, ...(lost && { mayBeClosing: lost }) }),
      {
        times: FEW_TRIES,
        everyMs: PAUSE_MS,
        unless: (error) => endsForward.has(reasonOf(error, 'forward').code),
      },
    );
    const ms = Date.now() - began;
    section.journal.ended({ name: 'forward', ms, kind: 'done', attempt: identity.attempt });
    return { end: 'exposed', frozen, handover, steps: section.steps };
  } catch (error) {
    return reasonOf(error, 'forward');
  }
}

function stuck(
  { input, section }: FailedSection,
  decision: 'supersede' | 'hold',
  { message }: Refusal,
): Stuck {
  const reason = refusal('FORWARD_FAILED', { tree: input.release.nextTreeId, reason: message });
  return { end: 'stuck', decision, reason, steps: section.steps };
}
