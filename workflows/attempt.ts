import { CancellationScope } from '@temporalio/workflow';
import {
  lostSection,
  takeBackCriticalSection,
  type CriticalSectionResult,
  type LostSection,
} from './critical-section';
import { reasonOf } from './failure';
import type { Journal } from './journal';
import type { AttemptInput, CriticalSectionInput, LookBackInput } from './model/actions';
import type { Release } from './model/installation';
import { attemptIdOf } from './model/mark';
import type { Plan, RotationTiming } from './model/plan';
import { refusal, type Refusal } from './model/refusals';
import type { AttemptIdentity } from './model/rotation';
import type { Run } from './run';
import { Saga } from './saga';

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
export interface Prepared {
  readonly release: Release;
  /** Takes it back; no harm when that was done. */
  readonly undone: () => Promise<void>;
}

/** Everything that can be done before a write has to wait; undone when it fails. */
export async function prepare(
  run: Run,
  plan: PreparationPlan,
  identity: AttemptIdentity,
  journal: Journal,
): Promise<Prepared | { readonly reason: Refusal }> {
  const { actions } = run;
  const saga = new Saga(identity.attempt, journal, run.says);
  let release: Release | undefined;
  const undone = async (): Promise<void> => {
    const order = { identity, release: release ?? releaseOf(plan, identity, '') };
    await saga.undo(run.retrying.on(order));
    if (release) {
      journal.leaves(release.nextTreeId);
    }
  };
  try {
    const nextTreeId = await saga.step('createTree', {
      do: () => actions.createNextTree(identity),
      undo: (patience) => actions.retireNextTree(identity, patience),
    });
    const staged = releaseOf(plan, identity, nextTreeId);
    release = staged;
    await saga.step('stage', {
      do: () => actions.stage({ identity, release: staged }),
      undo: (patience) => actions.discard({ identity, release: staged }, patience),
    });
    return { release, undone };
  } catch (error) {
    const reason = reasonOf(error, journal.progress.phase);
    journal.notes(reason.message);
    await undone();
    return { reason };
  }
}

/** What of a plan a release is made of. */
export type PreparationPlan = Pick<Plan, 'inactive'> & {
  readonly currentTree: Pick<Plan['currentTree'], 'treeId'>;
  readonly installation: Pick<Plan['installation'], 'current' | 'next' | 'fingerprint'>;
  readonly supersedes?: boolean;
};

function releaseOf(plan: PreparationPlan, identity: AttemptIdentity, nextTreeId: string): Release {
  const { installation, currentTree, inactive, supersedes } = plan;
  const { current, next, fingerprint } = installation;
  return {
    attemptId: attemptIdOf(identity),
    current,
    next,
    currentTreeId: currentTree.treeId,
    nextTreeId,
    inactive,
    fingerprint,
    ...(supersedes && { supersedes }),
  };
}

/** The order of an attempt's critical section. */
export function sectionOrder(
  { criticalSectionMs, ifNextFails }: RotationTiming,
  { identity, release }: AttemptInput,
): CriticalSectionInput {
  return { identity, release, criticalSectionMs, ifNextFails };
}

/** A section has ended, or only a later rotation can end it. */
export type EndedSection = Exclude<CriticalSectionResult, { readonly end: 'unfinished' }>;

/** Runs the critical section, which ends itself; one that was lost or could not is ended from here. */
export async function runCriticalSection(
  run: Run,
  input: CriticalSectionInput,
  journal: Journal,
): Promise<EndedSection> {
  journal.begins('critical section', false);
  const openedAt = Date.now();
  let lost: LostSection;
  try {
    const result = await run.criticalSection(input);
    journal.adopts(result.steps);
    if (result.end !== 'unfinished') {
      return result;
    }
    lost = { reason: result.reason, openedAt, restMs: 0 };
  } catch (error) {
    lost = { ...lostSection(input, reasonOf(error, 'critical section')), openedAt };
  }
  return await endCriticalSection(run, input, journal, lost);
}

/** Ends a section from outside: with a person behind it if need be, unless a later rotation owns the log. */
export async function endCriticalSection(
  run: Run,
  input: CriticalSectionInput,
  journal: Journal,
  lost: LostSection,
): Promise<EndedSection> {
  const carry = run.retrying.on(input);
  const result = await takeBackCriticalSection(run.actions, input, journal, carry, lost);
  if (result.end !== 'unfinished') {
    return result;
  }
  const { reason, steps } = result;
  const nothing = { began: false, froze: false, nextTreeVisibleMs: 0 };
  return { end: 'undone', reason, nextTreeUsed: true, ...nothing, steps };
}

/**
 * A call of a dead worker may have landed after its undo (H8): what is not as before is taken back once more. What was
 * undone is undone again, which is no harm, until it stays so.
 */
export async function lookBack(run: Run, input: LookBackInput, journal: Journal): Promise<void> {
  const { actions, retrying } = run;
  if (retrying.interventions.some(({ choice }) => choice === 'skip')) {
    return; // A person has left an undo out, and knows what is not as before.
  }
  await CancellationScope.nonCancellable(async () => {
    const looked = await retrying
      .on(input)
      .maySkip('look back', (patience) => actions.lookBack(input, patience));
    if (looked && looked.result.length > 0) {
      const { log } = input.identity;
      journal.notes(refusal('NOT_AS_BEFORE', { log, differences: looked.result }).message);
    }
  });
}
