import { reasonOf } from './failure';
import { passMs } from './model/drain';
import type { AttemptInput } from './model/actions';
import type { Plan } from './model/plan';
import { forecastOf, type Forecast, type Rehearsal } from './model/rehearsal';
import { refused, rehearsed, rolledBack, type Rotated, type RotationResult } from './model/result';
import { prepare } from './preparation';
import type { Run } from './run';

/**
 * A rotation that is taken back before its hold. What it measures instead of the critical section touches nothing that clients
 * use: the next tree stays closed, and the release on it serves nobody. So its marks, its undos and its recovery are those of
 * every rotation.
 */
export async function rehearse(
  run: Run & { readonly rehearsal: Rehearsal },
  plan: Plan,
  rotationId: string,
): Promise<RotationResult> {
  const { journal } = run;
  const { log, fence, currentTree } = plan;
  const identity = { log, rotationId, attempt: 1, number: fence.act };
  const rotated = (): Rotated => ({
    kind: 'rehearsal',
    log,
    rotationId,
    plan,
    attempts: 1,
    ...journal.soFar,
  });
  const preparation = await prepare(run, plan, identity);
  if ('reason' in preparation) {
    const { reason, left } = preparation;
    return reason.code === 'NOT_OURS'
      ? refused(rotated(), [reason, ...left])
      : rolledBack(rotated(), currentTree.treeId, reason);
  }
  const { release, undo, leave } = preparation;
  try {
    const forecast = await measured(run, plan, { identity, release });
    await undo(identity);
    return rehearsed(rotated(), currentTree.treeId, forecast);
  } catch (error) {
    const reason = reasonOf(error, 'rehearse');
    if (reason.code === 'NOT_OURS') {
      return refused(rotated(), [reason, ...(await leave(identity))]);
    }
    await undo(identity);
    return rolledBack(rotated(), currentTree.treeId, reason);
  }
}

/** What would be a critical section. */
async function measured(
  { rehearsal, journal }: Run & { readonly rehearsal: Rehearsal },
  { drainEvidence, timing, traffic }: Plan,
  input: AttemptInput,
): Promise<Forecast> {
  const began = Date.now();
  journal.begins('rehearse', false);
  const section = await rehearsal.rehearseSection(input);
  journal.ended({
    name: 'rehearse',
    ms: Date.now() - began,
    kind: 'done',
    attempt: input.identity.attempt,
  });
  return forecastOf(section, {
    passMs: drainEvidence.pace && passMs(drainEvidence.pace),
    criticalSectionMs: timing.criticalSectionMs,
    holds: traffic.fails === null,
    drainAwaitsPasses: drainEvidence.by === 'signer passes',
  });
}
