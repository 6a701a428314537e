import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { takeBackCutOver, type CutOverResult, type Exposed } from './cut-over';
import { reasonOf } from './failure';
import type { Journal } from './journal';
import type { AttemptOrder } from './model/changes';
import type { ReleaseOrder } from './model/installation';
import type { Plan } from './model/plan';
import { refusal, type Refusal } from './model/refusals';
import { completed, rolledBack, type Evidence } from './model/result';
import type { AttemptIdentity, RotationResult } from './model/rotation';
import type { Run } from './run';
import { Saga } from './saga';

/** How long a step past the point of no return rests before it is tried again. */
const REST = '10 seconds';

/**
 * The rotation: every step beside its undo. Start reading here.
 *
 *   createTree   the next tree: created, marked, closed       undo: it is FROZEN, marked, and never deleted
 *   stage        the next release: written and rehearsed       undo: everything is put back
 *   (cut-over)   hold, start, freeze, verify, expose           undo: its own, in cut-over.ts
 *   confirm      the public log, verified by other code        from here on there is only forward
 *   settle       the standing configuration follows
 *   soak         watched for a while
 *
 * `run` does the changes or says them; nothing here can tell which.
 */
export async function rotate(
  run: Run,
  plan: Plan,
  rotation: string,
  journal: Journal,
): Promise<RotationResult> {
  const { attempts, pauseBetweenAttemptsMs } = plan.timing;
  let prepared: Prepared | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const identity = { log: plan.log, rotation, attempt, number: plan.number + 2 * (attempt - 1) };
    if (!prepared) {
      const preparation = await prepare(run, plan, identity, journal);
      if ('reason' in preparation) {
        return rolledBack(plan, identity, journal.progress.steps, preparation.reason);
      }
      prepared = preparation;
    }
    const order = { identity, release: prepared.release };
    const result = await cutOver(run, plan, order, journal);
    journal.adopts(result.steps);
    if (result.exposed) {
      const evidence = await finish(run, order, result, journal);
      return completed(plan, identity, journal.progress.steps, evidence);
    }
    journal.notes(`Attempt ${attempt} was undone: ${result.reason.message}`);
    if (result.nextTreeUsed) {
      await prepared.saga.undo();
      prepared = undefined;
    }
    const again = attempt < attempts && result.reason.code !== 'CANCELLED';
    if (!again || !(await rested(pauseBetweenAttemptsMs))) {
      await prepared?.saga.undo();
      const reason = again ? refusal('CANCELLED', { step: 'pause' }) : result.reason;
      return rolledBack(plan, identity, journal.progress.steps, reason);
    }
  }
}

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
interface Prepared {
  readonly saga: Saga;
  readonly release: ReleaseOrder;
}

/** Everything that can be done before a write has to wait; undone when it fails. */
async function prepare(
  run: Run,
  plan: Plan,
  identity: AttemptIdentity,
  journal: Journal,
): Promise<Prepared | { readonly reason: Refusal }> {
  const { changes } = run;
  const saga = new Saga(identity.attempt, journal, run.says);
  try {
    const nextTreeId = await saga.step('createTree', {
      do: () => changes.createNextTree(identity),
      undo: () => changes.retireNextTree(identity),
    });
    const release = {
      mark: `${identity.rotation}/${identity.attempt}`,
      current: plan.installation.current,
      next: plan.installation.next,
      currentTreeId: plan.currentTree.treeId,
      nextTreeId,
      inactive: plan.inactive,
      fingerprint: plan.installation.fingerprint,
    };
    await saga.step('stage', {
      do: () => changes.stage({ identity, release }),
      undo: () => changes.discard({ identity, release }),
    });
    return { saga, release };
  } catch (error) {
    const reason = reasonOf(error, journal.progress.phase);
    journal.notes(reason.message);
    await saga.undo();
    return { reason };
  }
}

/** Runs the critical section, which undoes itself; one that was lost is taken back from here. */
async function cutOver(
  run: Run,
  plan: Plan,
  attempt: AttemptOrder,
  journal: Journal,
): Promise<CutOverResult> {
  const order = { ...attempt, criticalSectionMs: plan.timing.criticalSectionMs };
  journal.begins('hold', false);
  try {
    return await run.cutOver(order);
  } catch (error) {
    return await takeBackCutOver(run.changes, order, journal, run.says, reasonOf(error, 'cut-over'));
  }
}

/** Past the point of no return: each step is tried until it succeeds; Cancel changes nothing. */
async function finish(run: Run, order: AttemptOrder, exposed: Exposed, journal: Journal): Promise<Evidence> {
  const { changes } = run;
  const { frozen, handover } = exposed;
  const settled = { ...order, frozen, handover };
  const saga = new Saga(order.identity.attempt, journal, run.says);
  const untilItSucceeds = async <Result>(name: string, step: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        const result = await saga.step(name, { do: step });
        journal.notes(null);
        return result;
      } catch (error) {
        journal.notes(reasonOf(error, name).message);
        await sleep(REST);
      }
    }
  };
  return await CancellationScope.nonCancellable(async () => {
    const verification = await untilItSucceeds('confirm', () => changes.confirm(settled));
    await untilItSucceeds('settle', () => changes.settle(settled));
    const writes = await untilItSucceeds('soak', () => changes.soak(settled));
    return { nextTreeId: order.release.nextTreeId, frozen, handover, verification, writes };
  });
}

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
