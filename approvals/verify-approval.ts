import type { Approval, ApprovalPolicy, ApprovalSubject } from '../workflows/model/approval';
import {
  readApproval,
  takenApproval,
  type ApprovalsToVerify,
  type VerifiedApprovals,
} from '../workflows/model/approval-input';
import { APPROVAL_NAMESPACE, statementOf } from '../workflows/model/approval-statement';
import { refusal, type Refusal } from '../workflows/model/refusals';
import { problemOf, readSignature, type SshSignature } from './signature';

/** Whose key has signed an approval. */
interface Signer {
  readonly who: string;
  /** Its fingerprint. */
  readonly key: string;
}

/** Verifies approvals as they were sent, by the keys of now. Throws nothing. */
export function verifyApprovals(
  { asked, given }: ApprovalsToVerify,
  policy: Pick<ApprovalPolicy, 'approvers'>,
  nowMs: number,
): VerifiedApprovals {
  const verified = given.map((one) => verifyApproval(one, asked, policy, nowMs));
  return {
    approvals: verified.flatMap((one) => ('approval' in one ? [one.approval] : [])),
    refusals: verified.flatMap((one) => ('refusals' in one ? one.refusals : [])),
  };
}

/**
 * Takes an `approve` as it came, or says everything that stands against it. Where approvers are configured, one of their
 * keys must have signed it. Without them it is a claim, and its `key` is null. Throws nothing.
 */
export function verifyApproval(
  { input, takenAt }: { readonly input: unknown; readonly takenAt: string },
  asked: ApprovalSubject,
  policy: Pick<ApprovalPolicy, 'approvers'>,
  nowMs: number,
): { readonly approval: Approval } | { readonly refusals: readonly [Refusal, ...Refusal[]] } {
  const read = readApproval(input, asked, policy, nowMs);
  if ('refusals' in read) {
    return read;
  }
  if (policy.approvers.length === 0) {
    return { approval: takenApproval(read, null, takenAt) };
  }
  const signer = signerOf(read.input.signature ?? '', read.approves, policy);
  return 'code' in signer ? { refusals: [signer] } : { approval: takenApproval(read, signer, takenAt) };
}

function signerOf(
  text: string,
  approves: ApprovalSubject,
  { approvers }: Pick<ApprovalPolicy, 'approvers'>,
): Signer | Refusal {
  const { log } = approves;
  const read = readSignature(text);
  if ('fault' in read) {
    return refusal('APPROVAL_SIGNATURE_UNREADABLE', { log, fault: read.fault });
  }
  const { namespace, key } = read.signature;
  if (namespace !== APPROVAL_NAMESPACE) {
    return refusal('APPROVAL_OF_ANOTHER_NAMESPACE', {
      log,
      found: namespace.slice(0, 60),
      expected: APPROVAL_NAMESPACE,
    });
  }
  const approver = approvers.find(({ fingerprints }) => fingerprints.includes(key.fingerprint));
  if (!approver) {
    return refusal('APPROVER_UNKNOWN', { log, key: key.fingerprint });
  }
  const problem = problemOfApproval(read.signature, approves);
  return problem === null
    ? { who: approver.name, key: key.fingerprint }
    : refusal('APPROVAL_SIGNATURE_WRONG', { log, who: approver.name, problem });
}

/** What is signed is the line and its end, as `echo` and editors write it. */
function problemOfApproval(signature: SshSignature, approves: ApprovalSubject): string | null {
  return problemOf(signature, Buffer.from(`${statementOf(approves)}\n`));
}
