import { refusal, type Refusal } from './refusals';

/** Who has to approve a rotation, what an approval says, and which approvals count. Signatures are verified elsewhere. */

export const approvalsRequired = ['none', 'one', 'two'] as const;
export type ApprovalsRequired = (typeof approvalsRequired)[number];

/** A person who may approve, and the keys that are theirs. */
export interface Approver {
  readonly name: string;
  /** `SHA256:...`, as `ssh-keygen -l` shows them. */
  readonly fingerprints: readonly string[];
}

/** What the configuration says of the approvals of one log. */
export interface ApprovalPolicy {
  readonly required: ApprovalsRequired;
  /** How long approvals are waited for, and so how long one lasts at most; milliseconds. */
  readonly expireMs: number;
  /** Empty: an approval is a claim, since nothing shows who makes it (H25). */
  readonly approvers: readonly Approver[];
}

/** What people are asked to approve. An approval repeats it, so that it can be used for nothing else. */
export interface ApprovalSubject {
  readonly log: string;
  readonly rotationId: string;
  readonly planHash: string;
  /** ISO 8601, in whole seconds of UTC. */
  readonly expiresAt: string;
}

/** An approval that was taken. */
export interface Approval extends ApprovalSubject {
  /** The name of the approver in the configuration; of a claim, the name that was claimed. */
  readonly who: string;
  /** The fingerprint of the key that signed it; null for a claim. */
  readonly key: string | null;
  /** What they said about it; null when nothing. */
  readonly why: string | null;
  /** When it was taken, ISO 8601. A signature does not say when it was made. */
  readonly takenAt: string;
}

/** Why something that was approved is not what is asked for now; empty when it is. */
export function approvalDifferences(
  asked: ApprovalSubject,
  approves: ApprovalSubject,
  nowMs: number,
): Refusal[] {
  const { log, rotationId, planHash } = asked;
  const { expiresAt } = approves;
  const now = new Date(nowMs).toISOString();
  const reasons = [
    approves.log !== log && refusal('APPROVAL_OF_ANOTHER_LOG', { log, found: approves.log }),
    approves.rotationId !== rotationId &&
      refusal('APPROVAL_OF_ANOTHER_ROTATION', { log, found: approves.rotationId, asked: rotationId }),
    approves.planHash !== planHash &&
      refusal('APPROVAL_OF_ANOTHER_PLAN', { log, found: approves.planHash, asked: planHash }),
    Date.parse(expiresAt) <= nowMs && refusal('APPROVAL_EXPIRED', { log, expiresAt, now }),
    Date.parse(expiresAt) > Date.parse(asked.expiresAt) &&
      refusal('APPROVAL_LASTS_TOO_LONG', { log, expiresAt, most: asked.expiresAt }),
  ];
  return reasons.filter((reason) => reason !== false);
}

/** Where the approvals of a rotation stand. */
export interface ApprovalStanding {
  /** One for each person. */
  readonly counted: readonly Approval[];
  /** How many more people are needed; 0: it may go on. */
  readonly missing: number;
  /** Somebody only claims to be who they say. */
  readonly claimed: boolean;
}

const people: Readonly<Record<ApprovalsRequired, number>> = { none: 0, one: 1, two: 2 };

/**
 * Counts the approvals of what is asked for now, by the configuration of now. An approval does not count when it has expired,
 * is of another log, rotation or plan, or by a key that is not configured any more. Nobody counts twice, whether by two keys
 * or by one key under two names. So whoever started a rotation may be one of the two that it needs, and never both.
 */
export function standingOf(
  approvals: readonly Approval[],
  asked: ApprovalSubject,
  { required, approvers }: ApprovalPolicy,
  nowMs: number,
): ApprovalStanding {
  const counted: Approval[] = [];
  for (const approval of approvals) {
    const valid =
      isByApprover(approval, approvers) && approvalDifferences(asked, approval, nowMs).length === 0;
    if (valid && !counted.some((before) => isSamePerson(before, approval))) {
      counted.push(approval);
    }
  }
  return {
    counted,
    missing: Math.max(0, people[required] - counted.length),
    claimed: counted.some(({ key }) => key === null),
  };
}

function isSamePerson(one: Approval, other: Approval): boolean {
  return one.who === other.who || (one.key !== null && one.key === other.key);
}

function isByApprover({ who, key }: Approval, approvers: readonly Approver[]): boolean {
  return approvers.length === 0
    ? key === null
    : approvers.some(({ name, fingerprints }) => name === who && key !== null && fingerprints.includes(key));
}
