import { approvalDifferences, type Approval, type ApprovalPolicy, type ApprovalSubject } from './approval';
import { readStatement, statementOf } from './approval-statement';
import { refusal, type Refusal } from './refusals';
import { shown } from './shown';

/** The argument of the Update `approve`. */
export interface ApprovalInput {
  /** The line of `statementOf`. */
  readonly approval: string;
  /** What `ssh-keygen -Y sign` made over that line and its end; its own line ends may be left out. */
  readonly signature?: string;
  /** Who approves. Where keys are configured, the key says it. */
  readonly who?: string;
  readonly why?: string;
}

/** An approval as it was sent, for whoever verifies it. */
export interface GivenApproval {
  readonly input: ApprovalInput;
  /** When it was taken first, ISO 8601. */
  readonly takenAt: string;
}

/** Approvals as they were sent, and what is asked for now. */
export interface ApprovalsToVerify {
  readonly log: string;
  readonly asked: ApprovalSubject;
  readonly given: readonly GivenApproval[];
}

export interface VerifiedApprovals {
  readonly approvals: readonly Approval[];
  /** Why others are none. */
  readonly refusals: readonly Refusal[];
}

/** So many characters a field of an Update has at most. All that is kept of it goes into the history. */
const MOST_CHARACTERS = { approval: 500, signature: 20_000, who: 100, why: 500 } as const;

type Field = keyof ApprovalInput;

/** What an approval says, held against what is asked for; its signature is not looked at yet. */
export type ReadApproval =
  | { readonly input: ApprovalInput; readonly approves: ApprovalSubject }
  | { readonly refusals: readonly [Refusal, ...Refusal[]] };

/** Reads an `approve` as it came. Says everything that stands against it, except what its signature says. */
export function readApproval(
  input: unknown,
  asked: ApprovalSubject,
  { approvers }: Pick<ApprovalPolicy, 'approvers'>,
  nowMs: number,
): ReadApproval {
  const problems = problemsOf(input, approvers.length > 0);
  if (problems.length > 0) {
    return { refusals: [refusal('APPROVAL_INVALID', { log: asked.log, problems })] };
  }
  const given = input as ApprovalInput;
  const approves = readStatement(given.approval);
  if (!approves) {
    const problem = `approval is ${shown(given.approval)}; it must be the line that is asked for: ${statementOf(asked)}`;
    return { refusals: [refusal('APPROVAL_INVALID', { log: asked.log, problems: [problem] })] };
  }
  const unsigned = approvers.length > 0 && given.signature === undefined;
  const [first, ...others] = [
    ...approvalDifferences(asked, approves, nowMs),
    ...(unsigned ? [refusal('APPROVAL_UNSIGNED', { log: asked.log })] : []),
  ];
  return first ? { refusals: [first, ...others] } : { input: given, approves };
}

function problemsOf(input: unknown, needsSignature: boolean): string[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [
      'approve takes one JSON object: {"approval": "rekor-rotate approval log=...", "signature": "..."}.',
    ];
  }
  const fields: readonly Field[] = ['approval', 'signature', 'who', 'why'];
  const needed: readonly Field[] = needsSignature ? ['approval'] : ['approval', 'who'];
  const unknown = Object.keys(input).filter((key) => !fields.some((field) => field === key));
  const values: Partial<Record<Field, unknown>> = input;
  return [
    ...(unknown.length === 0
      ? []
      : [`${shown(unknown.join(', '))}: no such field; the fields are ${fields.join(', ')}.`]),
    ...fields
      .filter((field) => values[field] !== undefined || needed.includes(field))
      .filter((field) => !isText(values[field], MOST_CHARACTERS[field]))
      .map(
        (field) =>
          `${field} is ${shown(values[field])}; it must be 1 to ${MOST_CHARACTERS[field]} characters.`,
      ),
  ];
}

function isText(value: unknown, most: number): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= most;
}

/** The approval in the name of a configured key, or of whoever claims to be somebody. */
export function takenApproval(
  { input, approves }: Extract<ReadApproval, { readonly input: ApprovalInput }>,
  by: { readonly who: string; readonly key: string } | null,
  takenAt: string,
): Approval {
  return {
    ...approves,
    who: by?.who ?? (input.who ?? '').trim(),
    key: by?.key ?? null,
    why: input.why?.trim() ?? null,
    takenAt,
  };
}
