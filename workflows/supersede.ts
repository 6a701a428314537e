import { CancellationScope, sleep } from '@temporalio/workflow';
import { afterExposure } from './after-exposure';
import { forwardUntilItSucceeds } from './going-forward';
import type { CriticalSectionInput } from './model/actions';
import { fenceOf, laterFence, type AttemptIdentity } from './model/fencing';
import { CLOSED_PAUSE_MS } from './model/patience';
import type { RotationTiming } from './model/plan';
import { completed, refused, superseded, type Rotated, type RotationResult } from './model/result';
import { prepare } from './preparation';
import type { Run } from './run';
import { sectionInput, startSection } from './section-run';
import type { Stuck } from './section-result';

/** An attempt whose next tree holds entries of clients and cannot serve; both its trees are closed. */
export interface StuckAttempt {
  readonly input: CriticalSectionInput;
  readonly stuck: Pick<Stuck, 'decision' | 'reason'>;
  readonly timing: RotationTiming;
}

/**
 * The next tree becomes one more inactive shard, and a third tree serves after it: no entry is lost, and every index stays.
 * It is a rotation like any other, from a tree that is frozen already. Where it is not wanted or does not succeed, the
 * attempt is held: it keeps trying to go forward while a person repairs the next release.
 */
export async function supersede(
  run: Run,
  attempt: StuckAttempt,
  rotated: () => Rotated,
): Promise<RotationResult> {
  const { journal } = run;
  const { input, stuck, timing } = attempt;
  journal.goesOnlyForward();
  journal.notes(stuck.reason.message);
  return await CancellationScope.nonCancellable(async () => {
    for (let tries = 1; stuck.decision === 'supersede' && tries <= timing.attempts; tries += 1) {
      const result = await withThirdTree(run, attempt, laterBy(input.identity, tries), rotated);
      if (result) {
        return result;
      }
      // The pause between attempts is for a log that takes writes, which this one does not.
      await sleep(Math.min(timing.pauseBetweenAttemptsMs, CLOSED_PAUSE_MS), {
        summary: 'until the next third tree',
      });
    }
    const fence = laterFence(fenceOf(input.identity), timing.attempts + 1);
    const last = { ...attempt, input: { ...input, identity: { ...input.identity, fence } } };
    return await forward(run, last, rotated);
  });
}

async function withThirdTree(
  run: Run,
  { input, timing }: StuckAttempt,
  identity: AttemptIdentity,
  rotated: () => Rotated,
): Promise<RotationResult | null> {
  const { journal } = run;
  journal.begins('supersede', false);
  const plan = await run.retrying
    .on(input)
    .mustSucceed('supersede', (patience) => run.observations.superseding(input, patience));
  const prepared = await prepare(run, { ...plan, timing }, identity);
  if ('reason' in prepared) {
    const { reason, left } = prepared;
    return reason.code === 'NOT_OURS' ? refused(rotated(), [reason, ...left]) : null;
  }
  const third = sectionInput(timing, { identity, release: prepared.release });
  const result = await startSection(run, third);
  if (result.end === 'exposed') {
    const evidence = await afterExposure(run, third, result, timing);
    return superseded(rotated(), third, evidence);
  }
  if (result.end === 'stuck') {
    // The third tree holds entries, too: from here on only it can be followed, or an index would be given twice.
    return await supersede(run, { input: third, stuck: result, timing }, rotated);
  }
  const { reason } = result;
  if (reason.code === 'NOT_OURS') {
    // With a larger number the next try would pass for the owner of what came after this rotation.
    return refused(rotated(), [reason, ...(await prepared.leave(identity))]);
  }
  journal.notes(reason.message);
  await prepared.undo(identity);
  return null;
}

async function forward(
  run: Run,
  { input, timing }: StuckAttempt,
  rotated: () => Rotated,
): Promise<RotationResult> {
  const opened = await forwardUntilItSucceeds(run, input);
  const exposed = { end: 'exposed', ...opened, steps: [] } as const;
  const evidence = await afterExposure(run, input, exposed, timing);
  return completed(rotated(), input, evidence);
}

/** A later attempt of the same rotation; its number is above all that this one may have used. */
function laterBy(identity: AttemptIdentity, tries: number): AttemptIdentity {
  const { log, rotationId, attempt } = identity;
  return { log, rotationId, attempt: attempt + tries, number: laterFence(fenceOf(identity), tries).act };
}
