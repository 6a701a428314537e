import {
  CancellationScope,
  defineQuery,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { concluded } from './conclude';
import { lostSection } from './cut-over';
import { failed, reasonOf } from './failure';
import { finish } from './finish';
import { Insistence } from './insist';
import { Journal } from './journal';
import { lockId, PROGRESS, RECOVERY, type Progress } from './messages';
import { planRecovery, type RecoveryPlan, type RecoveryRequest } from './model/recovery';
import { refusal, type Refusal } from './model/refusals';
import { requestProblems } from './model/request';
import { completed, notNeeded, refused, rolledBack, type Rotated } from './model/result';
import type { AttemptIdentity, RotationResult } from './model/rotation';
import { observations, realRun } from './real-run';
import { endCutOver, lookBack } from './attempt';
import type { Run } from './run';
import { supersede } from './supersede';

const progressQuery = defineQuery<Progress>(PROGRESS);

/** What a critical section that lost its rotation may need to take itself back. */
const CLOSING_TRIES = 30;

/**
 * What a person or the guardian starts for a log that an interrupted rotation left half way: after a Terminate, with a
 * lost Temporal database, with a worker that cannot go on. It finds out from the systems what is there, says whether it
 * finishes the rotation or takes it back, and does that as the one open workflow `log/<name>`.
 */
export async function recoverLog(request?: RecoveryRequest): Promise<RotationResult> {
  const asked = request ?? { log: '' };
  const journal = new Journal(asked.log, null);
  setHandler(progressQuery, () => journal.progress, { description: 'What is looked at' });
  const invalid = requestProblems(request, ['log', 'dryRun']);
  if (invalid.length > 0) {
    return journal.concludes(refused({ log: asked.log, rotation: 'recovery' }, invalid));
  }
  const found = await planOf(asked, { lookForHolder: true });
  if (found === null) {
    return journal.concludes(notNeeded(asked.log));
  }
  if ('refusals' in found) {
    return journal.concludes(refused({ log: asked.log, rotation: 'recovery' }, found.refusals));
  }
  if (asked.dryRun) {
    return journal.concludes(shown(asked.log, found));
  }
  journal.recovers(found.order.identity.rotation, sayings(found).join(' '));
  journal.handsOverTo(lockId(asked.log));
  try {
    return journal.concludes(
      await executeChild<typeof recovery>(RECOVERY, {
        workflowId: lockId(asked.log),
        args: [{ log: asked.log }],
        memo: { rotation: found.order.identity.rotation, startedBy: workflowInfo().workflowId },
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Recovery of ${asked.log}`,
      }),
    );
  } catch (error) {
    if (isCancellation(error)) {
      const cancelled = refusal('CANCELLED', { step: 'recovery' });
      return journal.concludes(refused({ log: asked.log, rotation: 'recovery' }, [cancelled]));
    }
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      throw failed(reasonOf(error, 'recovery'));
    }
    const holder = { rotation: 'that has just begun', startedBy: lockId(asked.log) };
    return journal.concludes(
      refused({ log: asked.log, rotation: 'recovery' }, [
        refusal('ROTATION_IN_PROGRESS', { log: asked.log, ...holder }),
      ]),
    );
  }
}

/** The recovery, under the lock. Looks again first: a critical section that was cancelled may have ended meanwhile. */
export async function recovery(request: RecoveryRequest): Promise<RotationResult> {
  const { log } = request;
  const journal = new Journal(log, null, false);
  setHandler(progressQuery, () => journal.progress, { description: 'How far the recovery is' });
  const insistence = new Insistence(journal, observations());
  const found = await planOf(request, { lookForHolder: false });
  if (found === null) {
    return journal.concludes(notNeeded(log));
  }
  if ('refusals' in found) {
    return journal.concludes(refused({ log, rotation: 'recovery' }, found.refusals));
  }
  journal.recovers(found.order.identity.rotation, sayings(found).join(' '));
  const { rotation } = found.order.identity;
  // Half a recovery is what it was started for: a Cancel does not stop it.
  return await concluded({ log, rotation }, journal, insistence, () =>
    CancellationScope.nonCancellable(() => recover(realRun(insistence), found, journal)),
  );
}

async function recover(run: Run, plan: RecoveryPlan, journal: Journal): Promise<RotationResult> {
  const { order, timing, retire, kind } = plan;
  const { identity, release } = order;
  const { log, rotation, attempt } = identity;
  const rotated = (): Rotated => ({
    ...{ log, rotation, attempts: attempt, steps: journal.progress.steps },
    interventions: run.insistence.interventions,
    ...journal.left,
  });
  const interrupted = refusal('LEFTOVERS', { log, leftovers: plan.leftovers });
  if (kind === 'supersede') {
    const stuck = { decision: order.ifNextFails, reason: interrupted };
    return await supersede(run, { order, stuck, timing }, rotated, journal);
  }
  const carry = run.insistence.on(order);
  const retired = async (trees: RecoveryPlan['retire'], by = carry): Promise<void> => {
    for (const left of trees) {
      await by.unlessSkipped('undo createTree', (patience) =>
        run.changes.retireNextTree(left.identity, patience),
      );
      journal.leaves(left.treeId);
    }
  };
  // Its own next tree is closed with a proof first, unless that serves; then only a double of it is left.
  const own = (left: AttemptIdentity): boolean => kind !== 'finish' && left.number === identity.number;
  // Nothing was given back to clients yet.
  await retired(
    retire.filter((left) => !own(left.identity)),
    run.insistence.on(order, true),
  );
  const result = await endCutOver(run, order, journal, lostSection(order, interrupted));
  if (result.end === 'exposed') {
    const evidence = await finish(run, order, result, timing, journal);
    return completed(rotated(), order, evidence);
  }
  if (result.end === 'stuck') {
    return await supersede(run, { order, stuck: result, timing }, rotated, journal);
  }
  await carry.unlessSkipped('undo stage', (patience) => run.changes.discard(order, patience));
  await retired([{ identity, treeId: release.nextTreeId }]);
  await lookBack(run, { identity, release, froze: result.froze }, journal);
  return rolledBack(rotated(), release.currentTreeId, interrupted);
}

/** Looks, and decides; null when nothing is left over. Whatever keeps it from looking is a refusal too. */
async function planOf(
  { log }: RecoveryRequest,
  { lookForHolder }: { readonly lookForHolder: boolean },
): Promise<RecoveryPlan | { readonly refusals: readonly Refusal[] } | null> {
  const ask = observations();
  try {
    const holder = lookForHolder ? await ask.lockHolder(log) : null;
    if (holder) {
      return { refusals: [refusal('ROTATION_IN_PROGRESS', { log, ...holder })] };
    }
    // A critical section whose rotation was terminated takes itself back; two hands at it would be one too many.
    for (let tries = 1; (await ask.cutOverRuns(log)) && tries < CLOSING_TRIES; tries += 1) {
      await sleep('1 second');
    }
    const { refusals, found } = await ask.leftovers({ log });
    if (!found) {
      return { refusals };
    }
    return planRecovery(log, found);
  } catch (error) {
    return { refusals: [reasonOf(error, 'preflight')] };
  }
}

const words: Readonly<Record<RecoveryPlan['kind'], (plan: RecoveryPlan) => string>> = {
  takeBack: ({ order }) =>
    `The rotation is taken back: tree ${order.release.currentTreeId} takes the writes. If tree ${order.release.nextTreeId} holds an entry of a client, it goes forward instead.`,
  finish: ({ order }) =>
    `The rotation is finished: clients are sent to tree ${order.release.nextTreeId} already.`,
  supersede: ({ order }) =>
    `Tree ${order.release.nextTreeId} holds entries of clients and nothing serves it: a third tree follows it.`,
};

function sayings(plan: RecoveryPlan): string[] {
  return [...plan.leftovers.map((leftover) => `Found: ${leftover}.`), words[plan.kind](plan)];
}

function shown(log: string, plan: RecoveryPlan): RotationResult {
  return {
    log,
    rotation: plan.order.identity.rotation,
    outcome: 'planned',
    reason: sayings(plan).join(' '),
    refusals: [],
    attempts: 0,
    steps: [],
    interventions: [],
    tellDownstream: [],
  };
}
