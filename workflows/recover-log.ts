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
import { withResult } from './with-result';
import { lostSection } from './critical-section';
import { failed, reasonOf } from './failure';
import { finish } from './after-exposure';
import { RetryAndHold } from './retry-and-hold';
import { Journal } from './journal';
import { lockId, PROGRESS, RECOVER_UNDER_LOCK, type Progress } from './messages';
import { planRecovery, type RecoveryPlan, type RecoveryRequest } from './model/recovery';
import { refusal, type Refusal } from './model/refusals';
import { requestProblems } from './model/request';
import { completed, notNeeded, refused, rolledBack, type Rotated } from './model/result';
import type { AttemptIdentity, RotationResult } from './model/rotation';
import { observations, realRun } from './real-run';
import { endCriticalSection, lookBack } from './attempt';
import type { Run } from './run';
import { supersede } from './supersede';

const progressQuery = defineQuery<Progress>(PROGRESS);

/** What a critical section that lost its rotation may need to take itself back. */
const CLOSING_TRIES = 30;

/**
 * What a person or the guardian starts for a log that an interrupted rotation left half way: after a Terminate, with a
 * lost Temporal database, with a worker that cannot go on. It finds out from the systems what is there, says whether it
 * finishes the rotation or takes it back, and does that as the one open workflow `log-<name>`.
 */
export async function recoverLog(request?: RecoveryRequest): Promise<RotationResult> {
  const asked = request ?? { log: '' };
  const journal = new Journal(asked.log, null);
  setHandler(progressQuery, () => journal.progress, { description: 'What is looked at' });
  const invalid = requestProblems(request, ['log', 'dryRun']);
  if (invalid.length > 0) {
    return journal.concludes(refused({ log: asked.log, rotationId: 'recovery' }, invalid));
  }
  const found = await planOf(asked, { lookForHolder: true });
  if (found === null) {
    return journal.concludes(notNeeded(asked.log));
  }
  if ('refusals' in found) {
    return journal.concludes(refused({ log: asked.log, rotationId: 'recovery' }, found.refusals));
  }
  if (asked.dryRun) {
    return journal.concludes(shown(asked.log, found));
  }
  journal.recovers(found.input.identity.rotationId, sayings(found).join(' '));
  journal.handsOverTo(lockId(asked.log));
  try {
    return journal.concludes(
      await executeChild<typeof recoverUnderLock>(RECOVER_UNDER_LOCK, {
        workflowId: lockId(asked.log),
        args: [{ log: asked.log }],
        memo: { rotation: found.input.identity.rotationId, startedBy: workflowInfo().workflowId },
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Recovery of ${asked.log}`,
      }),
    );
  } catch (error) {
    if (isCancellation(error)) {
      const cancelled = refusal('CANCELLED', { step: 'recovery' });
      return journal.concludes(refused({ log: asked.log, rotationId: 'recovery' }, [cancelled]));
    }
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      throw failed(reasonOf(error, 'recovery'));
    }
    const holder = { rotation: 'that has just begun', startedBy: lockId(asked.log) };
    return journal.concludes(
      refused({ log: asked.log, rotationId: 'recovery' }, [
        refusal('ROTATION_IN_PROGRESS', { log: asked.log, ...holder }),
      ]),
    );
  }
}

/** The recovery, under the lock. Looks again first: a critical section that was cancelled may have ended meanwhile. */
export async function recoverUnderLock(request: RecoveryRequest): Promise<RotationResult> {
  const { log } = request;
  const journal = new Journal(log, null, false);
  setHandler(progressQuery, () => journal.progress, { description: 'How far the recovery is' });
  const retrying = new RetryAndHold(journal, observations());
  const found = await planOf(request, { lookForHolder: false });
  if (found === null) {
    return journal.concludes(notNeeded(log));
  }
  if ('refusals' in found) {
    return journal.concludes(refused({ log, rotationId: 'recovery' }, found.refusals));
  }
  journal.recovers(found.input.identity.rotationId, sayings(found).join(' '));
  const { rotationId } = found.input.identity;
  // Half a recovery is what it was started for: a Cancel does not stop it.
  return await withResult({ log, rotationId }, journal, retrying, () =>
    CancellationScope.nonCancellable(() => recover(realRun(retrying), found, journal)),
  );
}

async function recover(run: Run, plan: RecoveryPlan, journal: Journal): Promise<RotationResult> {
  const { input: input, timing, retire, kind } = plan;
  const { identity, release } = input;
  const { log, rotationId: rotation, attempt } = identity;
  const rotated = (): Rotated => ({
    ...{ log, rotationId: rotation, attempts: attempt, steps: journal.progress.steps },
    interventions: run.retrying.interventions,
    ...journal.left,
  });
  const interrupted = refusal('LEFTOVERS', { log, leftovers: plan.leftovers });
  if (kind === 'supersede') {
    const stuck = { decision: input.ifNextFails, reason: interrupted };
    return await supersede(run, { input, stuck, timing }, rotated, journal);
  }
  const carry = run.retrying.on(input);
  const retired = async (trees: RecoveryPlan['retire'], by = carry): Promise<void> => {
    for (const left of trees) {
      await by.maySkip('undo createTree', (patience) => run.actions.retireNextTree(left.identity, patience));
      journal.leaves(left.treeId);
    }
  };
  // Its own next tree is closed with a proof first, unless that serves; then only a double of it is left.
  const own = (left: AttemptIdentity): boolean => kind !== 'finish' && left.number === identity.number;
  // Nothing was given back to clients yet.
  await retired(
    retire.filter((left) => !own(left.identity)),
    run.retrying.on(input, true),
  );
  const result = await endCriticalSection(run, input, journal, lostSection(input, interrupted));
  if (result.end === 'exposed') {
    const evidence = await finish(run, input, result, timing, journal);
    return completed(rotated(), input, evidence);
  }
  if (result.end === 'stuck') {
    return await supersede(run, { input, stuck: result, timing }, rotated, journal);
  }
  await carry.maySkip('undo stage', (patience) => run.actions.discard(input, patience));
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
    for (let tries = 1; (await ask.criticalSectionRuns(log)) && tries < CLOSING_TRIES; tries += 1) {
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
  takeBack: ({ input }) =>
    `The rotation is taken back: tree ${input.release.currentTreeId} takes the writes. If tree ${input.release.nextTreeId} holds an entry of a client, it goes forward instead.`,
  finish: ({ input }) =>
    `The rotation is finished: clients are sent to tree ${input.release.nextTreeId} already.`,
  supersede: ({ input }) =>
    `Tree ${input.release.nextTreeId} holds entries of clients and nothing serves it: a third tree follows it.`,
};

function sayings(plan: RecoveryPlan): string[] {
  return [...plan.leftovers.map((leftover) => `Found: ${leftover}.`), words[plan.kind](plan)];
}

function shown(log: string, plan: RecoveryPlan): RotationResult {
  return {
    log,
    rotationId: plan.input.identity.rotationId,
    outcome: 'planned',
    reason: sayings(plan).join(' '),
    refusals: [],
    attempts: 0,
    steps: [],
    interventions: [],
    tellDownstream: [],
  };
}
