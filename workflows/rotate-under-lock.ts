import { rotate } from './attempts';
import { reasonOf } from './failure';
import { HoldAfter, type HoldAfterInput } from './hold-after';
import { Journal } from './journal';
import { standingOf } from './model/approval';
import type { GivenApproval } from './model/approval-input';
import { latestBeginning } from './model/beginning';
import type { Intervention } from './model/instruction';
import type { Plan } from './model/plan';
import { refusal, type Refusal } from './model/refusals';
import type { RotationRequest } from './model/request';
import { refused, skipped, type RotationResult } from './model/result';
import { planOf } from './planning';
import { observations, realRehearsal, realRun } from './real-run';
import { rehearse } from './rehearsal';
import { RetryAndHold } from './retry-and-hold';
import { ShownAttributes } from './shown-attributes';
import { Steering } from './steering';
import { withResult } from './with-result';

/** What `rotateLog` hands to the rotation. */
export interface RotationInput {
  readonly request: RotationRequest;
  readonly rotationId: string;
  /** The search attributes that the namespace has. */
  readonly attributes: readonly string[];
  /** When what was approved is void; ISO 8601. */
  readonly expiresAt: string;
  /** After this time it is not to begin; ISO 8601. */
  readonly notAfter?: string;
  /** Approvals as they were sent: who relies on them verifies them. */
  readonly given: readonly GivenApproval[];
  /** What people have told it so far. */
  readonly interventions: readonly Intervention[];
  /** After which step somebody wants it to be held. */
  readonly holdAfter: HoldAfterInput | null;
}

/**
 * The rotation, under the lock. Looks again first: what was planned before the lock may have changed (H27). What was
 * approved is verified here again, against the plan that runs.
 */
export async function rotateUnderLock(input: RotationInput): Promise<RotationResult> {
  const { request, rotationId, attributes } = input;
  const { log } = request;
  const journal = Journal.answering('Where the rotation is and what Cancel would do', log, rotationId);
  const retrying = new RetryAndHold(journal, observations());
  const holdAfter = new HoldAfter(journal, input.holdAfter);
  const steering = new Steering(journal, holdAfter);
  journal.keepsIn(new ShownAttributes(attributes));
  input.interventions.forEach((intervention) => journal.intervened(intervention));
  journal.begins('preflight', false);
  const found = await planOf(request);
  journal.checked(found.checks);
  const kind = request.rehearse ? 'rehearsal' : 'rotation';
  const done = { kind, log, rotationId } as const;
  const refusals = 'refusals' in found ? found.refusals : await approvedAs(found.plan, input, journal);
  if ('refusals' in found || refusals.length > 0) {
    return journal.concludes(refused({ ...done, ...journal.soFar }, refusals));
  }
  const late = tooLate(input);
  if (late) {
    return journal.concludes(skipped({ ...done, ...journal.soFar }, [late]));
  }
  const { plan } = found;
  const { notAfter } = input;
  const holdBy = (): string | undefined => (notAfter === undefined ? undefined : steering.holdBy(notAfter));
  journal.plans(plan.hash);
  journal.follows(plan);
  holdAfter.mustBeFor(plan.hash);
  const run = realRun({ retrying, journal, pauses: steering, holdBy });
  return await withResult({ ...done, plan }, journal, () =>
    steering.run(() =>
      request.rehearse
        ? rehearse({ ...run, rehearsal: realRehearsal() }, plan, rotationId)
        : rotate(run, plan, rotationId),
    ),
  );
}

/** Why it is too late to begin: a worker or Temporal may have been away since its wait ended. */
function tooLate({ request: { log }, notAfter }: RotationInput): Refusal | null {
  return notAfter !== undefined && Date.now() > latestBeginning(notAfter)
    ? refusal('TIME_OVER', { log, notAfter, now: new Date().toISOString() })
    : null;
}

/** What is missing of the approvals that the log wants for this very plan; nothing when enough people have approved it. */
async function approvedAs(
  { log, hash, approvals: policy }: Plan,
  { rotationId, expiresAt, given }: RotationInput,
  journal: Journal,
): Promise<readonly Refusal[]> {
  if (policy.required === 'none') {
    return [];
  }
  const asked = { log, rotationId, planHash: hash, expiresAt };
  try {
    const { approvals } = await observations().verifyApprovals({ log, asked, given });
    const { counted, missing } = standingOf(approvals, asked, policy, Date.now());
    journal.approvedBy(counted);
    return missing === 0 ? [] : [refusal('NOT_APPROVED', { log, missing, expiresAt })];
  } catch (error) {
    return [reasonOf(error, 'preflight')];
  }
}
