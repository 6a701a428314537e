import { isCancellation } from '@temporalio/workflow';
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
      ...(nextTreeVisibleMs > 0 && { nextTreeVisibleMs }),
      ...journal.soFar,
    });
    const takeBack = async (reason: Refusal, left: readonly Refusal[] = []): Promise<RotationResult> => {
      if (reason.code === 'NOT_OURS') {
        return refused(rotated(), [reason, ...left, ...((await prepared?.leave(identity)) ?? [])]);
      }
      await prepared?.undo(identity);
      if (changed) {
        await lookBack(run, changed);
      }
      return reason.code === 'ALREADY_ROTATED'
        ? refused(rotated(), [reason])
        : rolledBack(rotated(), plan.currentTree.treeId, reason);
    };
    if (!prepared) {
      const preparation = await prepare(run, plan, identity);
      if ('reason' in preparation) {
        return await takeBack(preparation.reason, preparation.left);
      }
      prepared = preparation;
    }
    const input = sectionInput(timing, { identity, release: prepared.release }, run.holdBy?.());
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
    if (reason.code === 'NOT_OURS') {
      return await takeBack(reason);
    }
    if (nextTreeUsed) {
      await prepared.undo(identity);
      prepared = undefined;
    }
    if (attempt === timing.attempts || endsIt.has(reason.code)) {
      return await takeBack(reason);
    }
    if (!(await paused(run, timing.pauseBetweenAttemptsMs))) {
      return await takeBack(refusal('CANCELLED', { step: 'pause' }));
    }
  }
}

/** After these no other attempt is made. `ALREADY_ROTATED`: it was reset after it had succeeded, and there is nothing to undo. */
const endsIt: ReadonlySet<RefusalCode> = new Set(['ALREADY_ROTATED', 'CANCELLED', 'TOO_LATE_TO_HOLD']);

/** Waits; false when the wait was cancelled. */
async function paused({ pauses }: Run, ms: number): Promise<boolean> {
  try {
    await pauses.between(ms);
    return true;
  } catch (error) {
    if (isCancellation(error)) {
      return false;
    }
    throw error;
  }
}
