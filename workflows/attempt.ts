import { CancellationScope } from '@temporalio/workflow';
import { lostSection, takeBackCutOver, type CutOverResult, type LostSection } from './cut-over';
import { reasonOf } from './failure';
import type { Journal } from './journal';
import type { AttemptOrder, CutOverOrder, LookBackOrder } from './model/changes';
import type { ReleaseOrder } from './model/installation';
import { nameOf } from './model/mark';
import type { Plan, RotationTiming } from './model/plan';
import { refusal, type Refusal } from './model/refusals';
import type { AttemptIdentity } from './model/rotation';
import type { Run } from './run';
import { Saga } from './saga';

/** What one or more attempts share: a next tree and a staged release, until an attempt has used the tree. */
export interface Prepared {
  readonly release: ReleaseOrder;
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
  const { changes } = run;
  const saga = new Saga(identity.attempt, journal, run.says);
  let release: ReleaseOrder | undefined;
  const undone = async (): Promise<void> => {
    const order = { identity, release: release ?? releaseOf(plan, identity, '') };
    await saga.undo(run.insistence.on(order));
    if (release) {
      journal.leaves(release.nextTreeId);
    }
  };
  try {
    const nextTreeId = await saga.step('createTree', {
      do: () => changes.createNextTree(identity),
      undo: (patience) => changes.retireNextTree(identity, patience),
    });
    const staged = releaseOf(plan, identity, nextTreeId);
    release = staged;
    await saga.step('stage', {
      do: () => changes.stage({ identity, release: staged }),
      undo: (patience) => changes.discard({ identity, release: staged }, patience),
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

function releaseOf(plan: PreparationPlan, identity: AttemptIdentity, nextTreeId: string): ReleaseOrder {
  const { installation, currentTree, inactive, supersedes } = plan;
  const { current, next, fingerprint } = installation;
  return {
    mark: nameOf(identity),
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
  { identity, release }: AttemptOrder,
): CutOverOrder {
  return { identity, release, criticalSectionMs, ifNextFails };
}

/** A section has ended, or only a later rotation can end it. */
export type EndedSection = Exclude<CutOverResult, { readonly end: 'unfinished' }>;

/** Runs the critical section, which ends itself; one that was lost or could not is ended from here. */
export async function cutOver(run: Run, order: CutOverOrder, journal: Journal): Promise<EndedSection> {
  journal.begins('cut-over', false);
  const openedAt = Date.now();
  let lost: LostSection;
  try {
    const result = await run.cutOver(order);
    journal.adopts(result.steps);
    if (result.end !== 'unfinished') {
      return result;
    }
    lost = { reason: result.reason, openedAt, restMs: 0 };
  } catch (error) {
    lost = { ...lostSection(order, reasonOf(error, 'cut-over')), openedAt };
  }
  return await endCutOver(run, order, journal, lost);
}

/** Ends a section from outside: with a person behind it if need be, unless a later rotation owns the log. */
export async function endCutOver(
  run: Run,
  order: CutOverOrder,
  journal: Journal,
  lost: LostSection,
): Promise<EndedSection> {
  const carry = run.insistence.on(order);
  const result = await takeBackCutOver(run.changes, order, journal, carry, lost);
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
export async function lookBack(run: Run, order: LookBackOrder, journal: Journal): Promise<void> {
  const { changes, insistence } = run;
  if (insistence.interventions.some(({ choice }) => choice === 'skip')) {
    return; // A person has left an undo out, and knows what is not as before.
  }
  await CancellationScope.nonCancellable(async () => {
    const looked = await insistence
      .on(order)
      .unlessSkipped('look back', (patience) => changes.lookBack(order, patience));
    if (looked && looked.result.length > 0) {
      const { log } = order.identity;
      journal.notes(refusal('NOT_AS_BEFORE', { log, differences: looked.result }).message);
    }
  });
}
