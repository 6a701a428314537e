import { isCancellation, sleep } from '@temporalio/workflow';
import { afterExposure } from './after-exposure';
import { lookBack } from './look-back';
import type { LookBackInput } from './model/actions';
import { laterFence } from './model/fencing';
import type { Plan } from './model/plan';
import { refusal, type Refusal, type RefusalCode } from './model/refusals';
import { completed, refused, rolledBack, type Rotated, type RotationResult } from './model/result';
import { prepare, type Prepared } from './preparation';
import type { Run } from './run';
import { sectionInput, startSection } from './section-run';
import { supersede } from './supersede';

/**
 * Makes a rotation, in as many attempts as the plan allows. Attempts share a next tree and a staged release until one has
 * used the tree. `run` does the actions or says them; nothing here can tell which.
 */
export async function rotate(run: Run, plan: Plan, rotationId: string): Promise<RotationResult> {
  const { journal } = run;
  const { log, timing } = plan;
  let prepared: Prepared | undefined;
  let nextTreeVisibleMs = 0;
  /** The last attempt that changed anything that clients depend on. */
  let changed: LookBackInput | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const identity = { log, rotationId, attempt, number: laterFence(plan.fence, attempt - 1).act };
    const rotated = (): Rotated => ({
      kind: 'rotation',
      log,
      rotationId,
      plan,
      attempts: attempt,
      interventions: run.retrying.interventions,
      ...(nextTreeVisibleMs > 0 && { nextTreeVisibleMs }),
      ...journal.soFar,
    });
    const takeBack = async (reason: Refusal): Promise<RotationResult> => {
      await prepared?.undo();
      if (changed) {
        await lookBack(run, changed);
      }
      return nothingToUndo.has(reason.code)
        ? refused(rotated(), [reason])
        : rolledBack(rotated(), plan.currentTree.treeId, reason);
    };
    if (!prepared) {
      const preparation = await prepare(run, plan, identity);
      if ('reason' in preparation) {
        return await takeBack(preparation.reason);
      }
      prepared = preparation;
    }
    const input = sectionInput(timing, { identity, release: prepared.release });
    const result = await startSection(run, input);
    if (result.end === 'exposed') {
      const evidence = await afterExposure(run, input, result, timing);
      return completed(rotated(), input, evidence);
    }
    if (result.end === 'stuck') {
      return await supersede(run, { input, stuck: result, timing }, rotated);
    }
    const { reason, began, nextTreeUsed } = result;
    nextTreeVisibleMs += result.nextTreeVisibleMs;
    const froze = result.froze || (changed?.froze ?? false);
    changed = began ? { identity, release: input.release, froze } : changed;
    journal.notes(`Attempt ${attempt} was undone: ${reason.message}`);
    if (nextTreeUsed) {
      await prepared.undo();
      prepared = undefined;
    }
    if (attempt === timing.attempts || reason.code === 'CANCELLED' || nothingToUndo.has(reason.code)) {
      return await takeBack(reason);
    }
    if (!(await paused(timing.pauseBetweenAttemptsMs))) {
      return await takeBack(refusal('CANCELLED', { step: 'pause' }));
    }
  }
}

/** Another rotation owns the log, or this one was reset after it had succeeded: there is nothing to undo. */
const nothingToUndo: ReadonlySet<RefusalCode> = new Set(['NOT_OURS', 'ALREADY_ROTATED']);

/** Waits; false when the wait was cancelled. */
async function paused(ms: number): Promise<boolean> {
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
