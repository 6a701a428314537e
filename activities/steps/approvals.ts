import { verifyApprovals } from '../../approvals/verify-approval';
import type { ApprovalsToVerify, VerifiedApprovals } from '../../workflows/model/approval-input';
import type { Act } from './act';

/** Verifies approvals by the keys that the configuration of this worker names. */
export const verifyGiven: Act<ApprovalsToVerify, VerifiedApprovals> = ({ approvals }, given) =>
  Promise.resolve(verifyApprovals(given, approvals, Date.now()));
