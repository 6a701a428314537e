import { CancellationScope, sleep } from '@temporalio/workflow';
import type { CriticalSectionResult, Exposed, RecordedSection } from './critical-section';
import { reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Actions, CriticalSectionInput } from './model/actions';
import { decide } from './model/decision';
import { refusal, type Refusal } from './model/refusals';
import type { ClosedNextTree } from './model/rotation';
import type { Retrying, Saga } from './saga';

/** So many tries to go forward; each restarts the next release if need be. */
const FORWARD_TRIES = 3;

/** A critical section that failed, with all that is needed to end it. */
export interface FailedSection {
  readonly actions: Actions;
  readonly input: CriticalSectionInput;
  readonly saga: Saga;
  readonly section: RecordedSection;
  readonly reason: Refusal;
  /** When the input to open the next tree was given; undefined when it was not. Milliseconds since the epoch. */
  readonly openedAt: number | undefined;
  /** How long a call of the section may still land, in milliseconds; nothing is taken back before (H8). */
  readonly restMs: number;
  readonly carry: Retrying;
}

/**
 * Ends a critical section that failed, by Trillian's facts (H6). Nothing of the next tree was public: everything is undone.
 * An entry of a client is in it: it is opened and exposed again. If that cannot be done, it is closed for good, and
 * the rotation supersedes it or holds. Whatever was begun here is not stopped by a Cancel.
 */
export async function endFailedSection(failure: FailedSection): Promise<CriticalSectionResult> {
  const { saga, section, reason, restMs } = failure;
  return await CancellationScope.nonCancellable(async () => {
    if (restMs > 0) {
      await sleep(restMs);
    }
    try {
      return await ended(failure);
    } catch (error) {
      // A step of the ending does not succeed; the rotation knows how to go on, and whom to tell.
      if (saga.hasUndos && !(error instanceof GivenUp)) {
        const left = reasonOf(error, section.running());
        return { end: 'unfinished', reason: left.code === 'NOT_OURS' ? left : reason, steps: section.steps };
      }
      throw error;
    }
  });
}

async function ended(failure: FailedSection): Promise<CriticalSectionResult> {
  const { actions, input, saga, section, carry } = failure;
  const began = saga.hasUndos;
  const froze = saga.takesBack('freeze');
  const nextTreeUsed = saga.takesBack('verify');
  let forwardFailed: Refusal | undefined;
  let wasExposed = false;
  while (saga.takesBack('verify')) {
    // A gate that follows somebody else's order says nothing of the next slot, which may serve by that order.
    const evenIfExposed = forwardFailed !== undefined && forwardFailed.code !== 'GATE_ORDER_REFUSED';
    const closed = await close(failure, { evenIfExposed });
    wasExposed ||= closed.content === 'exposed';
    const failed = forwardFailed !== undefined && closed.content !== 'exposed';
    switch (decide({ ...closed, forwardFailed: failed, ifNextFails: input.ifNextFails })) {
      case 'rollBack':
        saga.forget('verify');
        break;
      case 'forward': {
        const forward = await goForward(actions, input, section);
        if ('end' in forward) {
          return forward;
        }
        forwardFailed = forward;
        break;
      }
      case 'supersede':
        return stuck(failure, 'supersede', forwardFailed);
      case 'hold':
        return stuck(failure, 'hold', forwardFailed);
    }
  }
  await saga.undo(carry);
  const visible = wasExposed && failure.openedAt !== undefined ? Date.now() - failure.openedAt : 0;
  const { reason } = failure;
  const { steps } = section;
  return { end: 'undone', reason, nextTreeUsed, began, froze, nextTreeVisibleMs: visible, steps };
}

/** Closes the next tree and says what it holds; recorded as the undo of `verify`. */
async function close(
  { actions, input, section, carry }: FailedSection,
  how: { readonly evenIfExposed: boolean },
): Promise<ClosedNextTree> {
  const began = Date.now();
  section.journal.begins('verify', true);
  const { identity, release } = input;
  const closed = await carry.mustSucceed('undo verify', (patience) =>
    actions.closeNextTree({ identity, release, ...how }, patience),
  );
  section.journal.ended({
    name: 'verify',
    ms: Date.now() - began,
    kind: 'undone',
    attempt: identity.attempt,
  });
  return closed;
}

/** Opens and exposes the next tree again; returns why that failed when it did. */
async function goForward(
  actions: Actions,
  input: CriticalSectionInput,
  section: RecordedSection,
): Promise<Exposed | Refusal> {
  const { identity, release, criticalSectionMs: budgetMs } = input;
  section.journal.begins('forward', false);
  const began = Date.now();
  for (let tries = 1; ; tries += 1) {
    try {
      const { frozen, handover } = await actions.openAndExpose({
        identity,
        release,
        budgetMs,
        forward: true,
      });
      section.journal.ended({
        name: 'forward',
        ms: Date.now() - began,
        kind: 'done',
        attempt: identity.attempt,
      });
      return { end: 'exposed', frozen, handover, steps: section.steps };
    } catch (error) {
      const reason = reasonOf(error, 'forward');
      if (tries === FORWARD_TRIES || reason.code === 'CURRENT_TREE_GREW' || reason.code === 'NOT_OURS') {
        return reason;
      }
      await sleep('1 second');
    }
  }
}

function stuck(
  { input, section, reason }: FailedSection,
  decision: 'supersede' | 'hold',
  forwardFailed: Refusal | undefined,
): CriticalSectionResult {
  const tree = input.release.nextTreeId;
  const why = forwardFailed
    ? refusal('FORWARD_FAILED', { tree, reason: forwardFailed.message })
    : refusal('FORWARD_FAILED', { tree, reason: reason.message });
  return { end: 'stuck', decision, reason: why, steps: section.steps };
}
