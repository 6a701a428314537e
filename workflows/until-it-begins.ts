import type { Approvals } from './approvals';
import type { BeginningWait } from './beginning-wait';
import type { Journal } from './journal';
import type { ApprovalSubject } from './model/approval';
import type { Check } from './model/checks';
import type { Plan } from './model/plan';
import type { Refusal } from './model/refusals';
import type { RotationRequest } from './model/request';
import { planOf } from './planning';

/** A rotation that was asked for and planned, and has not begun. */
export interface Asked extends Pick<ApprovalSubject, 'rotationId' | 'expiresAt'> {
  readonly request: RotationRequest;
  /** What was looked at before its plan was made. */
  readonly before: readonly Check[];
}

/** The plan with which a rotation begins. */
interface BegunWithPlan {
  readonly plan: Plan;
  /** After this time it is not to begin; ISO 8601. Absent when there is none. */
  readonly notAfter?: string;
}

/** What a rotation waits with. */
export interface Waits {
  readonly journal: Journal;
  readonly approvals: Approvals;
  readonly beginning: BeginningWait;
}

/** Why it does not begin. */
type NotBegun = { readonly refused: readonly Refusal[] } | { readonly skipped: readonly Refusal[] };

/**
 * Waits for approvals, and until the rotation may begin; then plans anew, since the world may have changed. When that gives
 * another plan than the one that was approved, it asks again.
 *
 * @returns the plan with which it begins, or why it does not.
 */
export async function untilItBegins(
  asked: Asked,
  waits: Waits,
  first: Plan,
): Promise<BegunWithPlan | NotBegun> {
  const { request, rotationId, expiresAt } = asked;
  const { journal, approvals, beginning } = waits;
  const over = beginning.timeOver;
  if (over) {
    return { skipped: [over] };
  }
  for (let plan = first; ;) {
    const { hash: planHash, approvals: policy } = plan;
    journal.plans(planHash);
    if (policy.required !== 'none') {
      beginning.approvedUntil(expiresAt);
      const refusal = await approvals.wait({ log: request.log, rotationId, planHash, expiresAt }, plan);
      if (refusal) {
        return { refused: [refusal] };
      }
    }
    const begun = await untilItsTime(asked, waits, plan);
    if (!('plan' in begun)) {
      return begun;
    }
    plan = begun.plan;
    if (plan.hash === planHash || policy.required === 'none') {
      return begun;
    }
    beginning.plansAnew();
    journal.notes('The plan has changed since it was approved: it asks again.');
  }
}

/** Waits, and plans anew; waits again where somebody has put it off meanwhile. */
async function untilItsTime(
  { request, before }: Asked,
  { journal, beginning }: Waits,
  first: Plan,
): Promise<BegunWithPlan | NotBegun> {
  const approved = first.approvals.required !== 'none';
  for (let plan = first; ;) {
    const begun = await beginning.wait();
    if ('refused' in begun) {
      return { refused: [begun.refused] };
    }
    if ('skipped' in begun) {
      return { skipped: [begun.skipped] };
    }
    const { waited, notAfter } = begun;
    if (waited || approved) {
      journal.begins('preflight', false);
      const found = await planOf(request, before);
      journal.checked(found.checks);
      if ('refusals' in found) {
        const { refusals } = found;
        const wasRotated = refusals.some(({ code }) => code === 'NOT_THE_ACTIVE_TREE');
        return request.begin && wasRotated ? { skipped: refusals } : { refused: refusals };
      }
      ({ plan } = found);
    }
    const asksAgain = approved && plan.hash !== first.hash;
    if (asksAgain || !beginning.isPutOff) {
      return { plan, ...(notAfter !== undefined && { notAfter }) };
    }
    journal.plans(plan.hash);
  }
}
