import { uuid4, workflowInfo } from '@temporalio/workflow';
import { rotate } from './attempts';
import { runCriticalSection } from './critical-section';
import { dryRun } from './dry-run';
import { reasonOf } from './failure';
import { Journal } from './journal';
import { lockId, ROTATE_UNDER_LOCK } from './messages';
import type { CriticalSectionInput } from './model/actions';
import { failedCheck, passedCheck, type Check } from './model/checks';
import { planRotation, type Planned } from './model/plan';
import type { Refusal } from './model/refusals';
import { readRequest, type RotationRequest } from './model/request';
import { planned, refused, type RotationResult } from './model/result';
import { observations, realActions, realRun } from './real-run';
import { fewRetries } from './retry';
import { RetryAndHold } from './retry-and-hold';
import type { CriticalSectionResult } from './section-result';
import { lockTaken, underLock } from './under-lock';
import { withResult } from './with-result';

/**
 * What a person or a schedule starts: preflight and plan, without a lock; then the rotation, as the one open workflow
 * `log-<name>`. A dry run goes through the same steps here and starts no other workflow.
 */
export async function rotateLog(input?: RotationRequest): Promise<RotationResult> {
  const rotationId = newRotationId();
  const log = input?.log ?? '';
  const journal = Journal.answering('Where the rotation is and what Cancel would do', log, rotationId);
  const refusedFor = (refusals: readonly Refusal[]): RotationResult =>
    journal.concludes(refused({ kind: 'rotation', log, rotationId }, refusals));
  const asked = readRequest<RotationRequest>(input, ['log', 'dryRun', 'currentTree', 'planHash']);
  if ('refusals' in asked) {
    return refusedFor(asked.refusals);
  }
  const { request } = asked;
  journal.begins('preflight', false);
  // What a running rotation has changed so far would look like faults of the log.
  const taken = await lockTaken(log);
  if (taken) {
    journal.checked([failedCheck('NO_ROTATION_RUNS', taken)]);
    return refusedFor([taken]);
  }
  const found = await planOf(request, [passedCheck('NO_ROTATION_RUNS', { log })]);
  journal.checked(found.checks);
  if ('refusals' in found) {
    return refusedFor(found.refusals);
  }
  const { plan } = found;
  if (request.dryRun) {
    const { steps } = await rotate(dryRun(plan, journal), plan, rotationId);
    return journal.concludes(planned({ kind: 'rotation', log, rotationId, plan, steps }));
  }
  journal.begins('rotation', false);
  journal.handsOverTo(lockId(log));
  const result = await underLock(log, {
    type: ROTATE_UNDER_LOCK,
    args: [{ request: { ...request, planHash: plan.hash }, rotationId } satisfies RotationInput],
    rotationId,
    step: 'rotation',
    summary: `Rotation ${rotationId} of ${log}`,
  });
  return 'outcome' in result ? journal.concludes(result) : refusedFor(result.refusals);
}

/** What `rotateLog` hands to the rotation. */
export interface RotationInput {
  readonly request: RotationRequest;
  readonly rotationId: string;
}

/** The rotation, under the lock. Looks again first: what was planned before the lock may have changed (H27). */
export async function rotateUnderLock({ request, rotationId }: RotationInput): Promise<RotationResult> {
  const { log } = request;
  const journal = Journal.answering('Where the rotation is and what Cancel would do', log, rotationId);
  const retrying = new RetryAndHold(journal, observations());
  journal.begins('preflight', false);
  const found = await planOf(request);
  journal.checked(found.checks);
  if ('refusals' in found) {
    return journal.concludes(refused({ kind: 'rotation', log, rotationId }, found.refusals));
  }
  const { plan } = found;
  return await withResult({ kind: 'rotation', log, rotationId, plan }, journal, retrying, () =>
    rotate(realRun(retrying, journal), plan, rotationId),
  );
}

/** The critical section as a workflow of its own. */
export async function criticalSection(input: CriticalSectionInput): Promise<CriticalSectionResult> {
  const { log, rotationId } = input.identity;
  const journal = Journal.answering('Which step of the critical section runs', log, rotationId);
  const result = await runCriticalSection(realActions(), input, journal, () => undefined, fewRetries);
  journal.endsSection(sectionEnds[result.end]);
  return result;
}

const sectionEnds: Readonly<Record<CriticalSectionResult['end'], string>> = {
  exposed: 'the next tree serves',
  undone: 'undone, the current tree serves',
  stuck: 'the next tree holds entries of clients and cannot serve',
  unfinished: 'an undo did not succeed, the rotation goes on with it',
};

/** Names a rotation for people and marks: when it began, and six hex digits against two in one second. */
function newRotationId(): string {
  const began = workflowInfo()
    .startTime.toISOString()
    .replace(/[-:]|\.\d+/g, '');
  return `${began}-${uuid4().slice(0, 6)}`;
}

/** Looks, and plans; whatever keeps it from looking is a refusal too. `before`: what was looked at already. */
async function planOf(request: RotationRequest, before: readonly Check[] = []): Promise<Planned> {
  try {
    const facts = await observations().preflight(request);
    return planRotation(request, { ...facts, checks: [...before, ...facts.checks] });
  } catch (error) {
    return { checks: before, refusals: [reasonOf(error, 'preflight')] };
  }
}
