import type { Approval, ApprovalPolicy, ApprovalSubject } from './approval';
import type { Plan } from './plan';

/** What a rotation waits for although nothing has failed; trying again after a failure is no waiting. */
export interface Waiting {
  /** `time`: its window; `pause`: between two attempts; `person`: somebody held it after a step. */
  readonly for: 'approvals' | 'time' | 'lull' | 'pause' | 'person';
  /** What for, why, and what happens at its end; whole sentences. */
  readonly text: string;
  /** ISO 8601. */
  readonly since: string;
  /** When it ends by itself, ISO 8601; null when only a person ends it. */
  readonly until: string | null;
  /** What a person may run in a shell, by what it is good for; none for most. */
  readonly commands: readonly { readonly title: string; readonly lines: readonly string[] }[];
  /** What people are asked to approve; absent while no approvals are waited for. */
  readonly asks?: ApprovalsAsked;
}

/** What people are asked to approve, and how far that is. */
export interface ApprovalsAsked {
  readonly subject: ApprovalSubject;
  /** The plan with the hash of the subject. */
  readonly plan: Plan;
  /** Who may approve; empty: anybody may claim to. */
  readonly approvers: ApprovalPolicy['approvers'];
  readonly counted: readonly Approval[];
  /** How many more people are needed. */
  readonly missing: number;
}

/** What is waited for, after "waits for". */
export const waitedFor: Readonly<Record<Waiting['for'], string>> = {
  approvals: 'approvals',
  time: 'its time',
  lull: 'a lull',
  pause: 'the end of a pause between two attempts',
  person: 'a person who holds it',
};
