import { isCancellation, sleep } from '@temporalio/workflow';
import { runCriticalSection, lookBack, prepare, sectionOrder, type Prepared } from './attempt';
import { finish } from './after-exposure';
import type { Journal } from './journal';
import type { LookBackInput } from './model/actions';
import type { Plan } from './model/plan';
import { refusal, type Refusal, type RefusalCode } from './model/refusals';
import { completed, refused, rolledBack, type Rotated } from './model/result';
import { numberAfter, type RotationResult } from './model/rotation';
import type { Run } from './run';
import { supersede } from './supersede';

/**
 * The rotation: every step beside its undo. Start reading here.
 *
 *   createTree   the next tree: created, marked, closed       undo: it is FROZEN, marked, and never deleted
 *   stage        the next slot: written and rehearsed          undo: everything is put back
 *   (cut-over)   hold, start, freeze, verify, expose           undo: its own, in critical-section.ts
 *   confirm      the public log, verified by other code        from here on there is only forward (after-exposure.ts)
 *   settle       the standing configuration follows
 *   soak         watched for a while
 *
 * `run` does the changes or says them; nothing here can tell which.
 */
export async function rotate(
  run: Run,
  plan: Plan,
  rotationId: string,
  journal: Journal,
): Promise<RotationResult> {
  const { timing } = plan;
  let prepared: Prepared | undefined;
  let nextTreeVisibleMs = 0;
  /** The last attempt that changed anything that clients depend on. */
  let begun: LookBackInput | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const identity = { log: plan.log, rotationId, attempt, number: numberAfter(plan.number, attempt - 1) };
    const rotated = (): Rotated => ({
      ...{ log: plan.log, rotationId, plan, attempts: attempt, steps: journal.progress.steps },
      interventions: run.retrying.interventions,
      ...(nextTreeVisibleMs > 0 && { nextTreeVisibleMs }),
      ...journal.left,
    });
    const takenBack = async (reason: Refusal): Promise<RotationResult> => {
      await prepared?.undone();
      if (begun) {
        await lookBack(run, begun, journal);
      }
      return leftAlone.has(reason.code)
        ? refused(rotated(), [reason])
        : rolledBack(rotated(), plan.currentTree.treeId, reason);
    };
    if (!prepared) {
      const preparation = await prepare(run, plan, identity, journal);
      if ('reason' in preparation) {
        return await takenBack(preparation.reason);
      }
      prepared = preparation;
    }
    const input = sectionOrder(timing, { identity, release: prepared.release });
    const result = await runCriticalSection(run, input, journal);
    if (result.end === 'exposed') {
      const evidence = await finish(run, input, result, timing, journal);
      return completed(rotated(), input, evidence);
    }
    if (result.end === 'stuck') {
      return await supersede(run, { input, stuck: result, timing }, rotated, journal);
    }
    nextTreeVisibleMs += result.nextTreeVisibleMs;
    const froze = result.froze || (begun?.froze ?? false);
    begun = result.began ? { identity: input.identity, release: input.release, froze } : begun;
    journal.notes(`Attempt ${attempt} was undone: ${result.reason.message}`);
    if (result.nextTreeUsed) {
      await prepared.undone();
      prepared = undefined;
    }
    const { code } = result.reason;
    if (attempt === timing.attempts || code === 'CANCELLED' || leftAlone.has(code)) {
      return await takenBack(result.reason);
    }
    if (!(await rested(timing.pauseBetweenAttemptsMs))) {
      return await takenBack(refusal('CANCELLED', { step: 'pause' }));
    }
  }
}

/** The log is another's, or lives on this rotation's tree already, which was reset: nothing was done, nothing is undone. */
const leftAlone: ReadonlySet<RefusalCode> = new Set(['NOT_OURS', 'ALREADY_ROTATED']);

/** Waits; false when the wait was cancelled. */
async function rested(ms: number): Promise<boolean> {
  try {
    await sleep(ms);
    return true;
  } catch (error) {
    if (isCancellation(error)) {
      return false;
    }
    throw error;
  }
}
