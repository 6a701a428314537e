import type { ApprovalPolicy } from '../workflows/model/approval';
import { readPublicKey } from './public-key';

/** The approvals of a log as a valid configuration has them: its keys are lines of .pub files. */
interface ConfiguredApprovals extends Omit<ApprovalPolicy, 'approvers'> {
  readonly approvers: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

/** What workflows go by: whose fingerprints are whose. */
export function approvalPolicy({ required, expireMs, approvers }: ConfiguredApprovals): ApprovalPolicy {
  return {
    ...{ required, expireMs },
    approvers: approvers.map(({ name, keys }) => ({ name, fingerprints: keys.map(fingerprintOf) })),
  };
}

function fingerprintOf(line: string): string {
  const read = readPublicKey(line);
  if ('found' in read) {
    throw new Error(`The configuration let ${read.found} through, by which nobody can approve.`);
  }
  return read.key.fingerprint;
}
