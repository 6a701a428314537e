import { CancellationScope, sleep } from '@temporalio/workflow';
import { afterExposure } from './after-exposure';
import { lostSection, sectionLastsMs } from './failed-section';
import { failForInput, reasonOf } from './failure';
import { Journal } from './journal';
import { lookBack } from './look-back';
import { lockId, RECOVER_UNDER_LOCK } from './messages';
import type { AttemptIdentity } from './model/fencing';
import { PAUSE_MS, SECTION_TRIES } from './model/patience';
import { planRecovery, type RecoveryPlan } from './model/recovery';
import { refusal, type Refusal } from './model/refusals';
import { readRequest, type RecoveryRequest } from './model/request';
import {
  completed,
  notNeeded,
  planned,
  refused,
  rolledBack,
  superseded,
  type Rotated,
  type RotationResult,
} from './model/result';
import { observations, realRun } from './real-run';
import { RetryAndHold } from './retry-and-hold';
import type { Run } from './run';
import { endSection } from './section-run';
import { ShownAttributes } from './shown-attributes';
import { neverPaused } from './steering';
import { supersede } from './supersede';
import { lockTaken, underLock } from './under-lock';
import { withResult } from './with-result';

/**
 * What a person or the guardian starts for a log that an interrupted rotation left half way: after a Terminate, with a
 * lost Temporal database, with a worker that cannot go on. It finds out from the systems what is there, says whether it
 * finishes the rotation or takes it back, and does that as the one open workflow `log-<name>`.
 */
export async function recoverLog(input?: RecoveryRequest): Promise<RotationResult> {
  const log = typeof input?.log === 'string' ? input.log : '';
  const journal = Journal.answering('What is looked at', log, null);
  const refusedFor = (refusals: readonly Refusal[]): RotationResult => {
    const result = journal.concludes(refused({ kind: 'recovery', log, rotationId: null }, refusals));
    failForInput(refusals);
    return result;
  };
  const attributes = await observations().searchAttributes();
  journal.keepsIn(new ShownAttributes(attributes));
  const asked = readRequest<RecoveryRequest>(input, ['log', 'dryRun']);
  if ('refusals' in asked) {
    return refusedFor(asked.refusals);
  }
  const taken = await lockTaken(log);
  const found = taken ? { refusals: [taken] } : await planOf(log);
  if (found === null) {
    return journal.concludes(notNeeded(log));
  }
  if ('refusals' in found) {
    return refusedFor(found.refusals);
  }
  const { rotationId } = found.input.identity;
  if (asked.request.dryRun) {
    return journal.concludes(planned({ kind: 'recovery', log, rotationId }, sayings(found)));
  }
  journal.recovers(rotationId, sayings(found));
  journal.handsOverTo(lockId(log));
  const result = await underLock(log, {
    type: RECOVER_UNDER_LOCK,
    args: [{ log, attributes } satisfies RecoveryInput],
    rotationId,
    step: 'recovery',
    summary: `Recovery of ${log}`,
  });
  return 'outcome' in result ? journal.concludes(result) : refusedFor(result.refusals);
}

/** What `recoverLog` hands to the recovery. */
interface RecoveryInput extends Pick<RecoveryRequest, 'log'> {
  /** The search attributes that the namespace has. */
  readonly attributes: readonly string[];
}

/** The recovery, under the lock. Looks again first: a critical section that was cancelled may have ended meanwhile. */
export async function recoverUnderLock({ log, attributes }: RecoveryInput): Promise<RotationResult> {
  const journal = Journal.answering('How far the recovery is', log, null, false);
  const retrying = new RetryAndHold(journal, observations());
  journal.keepsIn(new ShownAttributes(attributes));
  const found = await finalPlanOf(log);
  if (found === null) {
    return journal.concludes(notNeeded(log));
  }
  if ('refusals' in found) {
    return journal.concludes(refused({ kind: 'recovery', log, rotationId: null }, found.refusals));
  }
  const { rotationId } = found.input.identity;
  journal.recovers(rotationId, sayings(found));
  // Half a recovery is what it was started for: a Cancel does not stop it.
  return await withResult({ kind: 'recovery', log, rotationId }, journal, () =>
    CancellationScope.nonCancellable(() =>
      recover(realRun({ retrying, journal, pauses: neverPaused }), found),
    ),
  );
}

async function recover(run: Run, plan: RecoveryPlan): Promise<RotationResult> {
  const { journal } = run;
  const { input, timing, retire, kind } = plan;
  const { identity, release } = input;
  const { log, rotationId, attempt } = identity;
  const rotated = (): Rotated => ({
    kind: 'recovery',
    log,
    rotationId,
    attempts: attempt,
    ...journal.soFar,
  });
  const interrupted = refusal('INTERRUPTED', { log, leftovers: plan.leftovers });
  if (kind === 'supersede') {
    const stuck = { decision: input.ifNextFails, reason: interrupted };
    return await supersede(run, { input, stuck, timing }, rotated);
  }
  const retrying = run.retrying.on(input);
  const retired = async (trees: RecoveryPlan['retire'], by = retrying): Promise<void> => {
    for (const left of trees) {
      await by.maySkip('undo createTree', (patience) =>
        run.actions.retireNextTree({ identity: fencedBy(identity, left.identity) }, patience),
      );
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
  const lost = lostSection(input, interrupted);
  const result = await endSection(run, input, plan.held ? lost : { ...lost, restMs: 0, neverHeld: true });
  if (result.end === 'exposed') {
    const evidence = await afterExposure(run, input, result, timing);
    return (release.supersedes ? superseded : completed)(rotated(), input, evidence);
  }
  if (result.end === 'stuck') {
    return await supersede(run, { input, stuck: result, timing }, rotated);
  }
  await retrying.maySkip('undo stage', (patience) => run.actions.discard(input, patience));
  await retired([{ identity, treeId: release.nextTreeId }]);
  if (release.supersedes) {
    // The third tree is taken back. What it was to supersede is not, and keeps the log closed.
    const left = await finalPlanOf(log);
    if (left) {
      return 'refusals' in left ? refused(rotated(), left.refusals) : await recover(run, left);
    }
  }
  await lookBack(run, { identity, release, froze: result.froze });
  return rolledBack(rotated(), release.currentTreeId, interrupted);
}

/** The attempt of a tree, taken back by this recovery: with its numbers, which come after all others. */
function fencedBy({ fence }: AttemptIdentity, of: AttemptIdentity): AttemptIdentity {
  return { ...of, ...(fence && { fence }) };
}

/** Looks, and decides; null when nothing is left over. Whatever keeps it from looking is a refusal too. */
async function planOf(log: string): Promise<RecoveryPlan | { readonly refusals: readonly Refusal[] } | null> {
  const ask = observations();
  try {
    // A critical section whose rotation was terminated takes itself back; two hands at it would be one too many.
    for (let tries = 1; (await ask.criticalSectionRuns(log)) && tries < SECTION_TRIES; tries += 1) {
      await sleep(PAUSE_MS, { summary: 'until the critical section has ended' });
    }
    const { refusals, found } = await ask.leftovers({ log });
    return found ? planRecovery(log, found) : { refusals };
  } catch (error) {
    return { refusals: [reasonOf(error, 'preflight')] };
  }
}

/**
 * The plan to act by. Where the rotation had not held yet, its hold may still have been on its way: what the gate says once
 * the section's time is over is final (H8).
 */
async function finalPlanOf(log: string): ReturnType<typeof planOf> {
  const found = await planOf(log);
  if (!found || 'refusals' in found || found.held) {
    return found;
  }
  await CancellationScope.nonCancellable(() => sleep(sectionLastsMs(found.input)));
  return await planOf(log);
}

const words: Readonly<Record<RecoveryPlan['kind'], (plan: RecoveryPlan) => string>> = {
  takeBack: ({ input }) =>
    `The rotation is taken back: tree ${input.release.currentTreeId} takes the writes. If tree ${input.release.nextTreeId} holds an entry of a client, it goes forward instead.`,
  finish: ({ input }) =>
    `The rotation is finished: clients are sent to tree ${input.release.nextTreeId} already.`,
  supersede: ({ input }) =>
    `Tree ${input.release.nextTreeId} holds entries of clients and nothing serves it: a third tree follows it.`,
};

function sayings(plan: RecoveryPlan): string {
  return [...plan.leftovers.map((leftover) => `Found: ${leftover}.`), words[plan.kind](plan)].join(' ');
}
