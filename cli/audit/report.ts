import type { Audit } from '../../audit/model/facts';
import { checklist } from '../../audit/model/checklist';
import { unseen } from '../../audit/model/limits';
import type { Reading } from '../../audit/model/chosen-leaves';

/** What an audit was asked for, and what it found; every form of output is made from this. */
export interface AuditReport {
  /** The name in the configuration; null when the log was named by URLs. */
  readonly log: string | null;
  readonly addresses: readonly string[];
  readonly reading: Reading;
  readonly hasCheckpoints: boolean;
  readonly hasKeys: boolean;
  readonly requests: number;
  readonly audit: Audit;
}

/** Addresses that should have answered and did not, or not to the end. */
export function unaskedOf({ audit }: AuditReport): Audit['unasked'] {
  return audit.unasked.filter(({ optional }) => !optional);
}

/** The kinds of fault that it cannot have seen. */
export function unseenBy({ reading, hasCheckpoints, hasKeys, audit }: AuditReport): string[] {
  const { searched, lengthsSignedAnew, rotatedMeanwhile } = audit;
  return unseen({
    ...{ reading, hasCheckpoints, hasKeys, rotatedMeanwhile },
    hasSearch: searched > 0,
    hasUnseenLengths: lengthsSignedAnew > 0,
  });
}

/** All of it for programs. */
export function auditForPrograms(report: AuditReport): object {
  const { log, addresses, reading, requests, audit } = report;
  return {
    ...{ log, addresses, reading },
    sound: audit.instances > 0 && audit.findings.faults === 0 && unaskedOf(report).length === 0,
    faults: audit.findings.faults,
    checks: checklist(audit),
    unasked: audit.unasked,
    shards: audit.shards.map(({ treeId, firstIndex, loaded, live, isActive }) => ({
      ...{ treeId, firstIndex, length: loaded, treeSize: live, isActive },
    })),
    entriesRead: audit.entriesRead,
    entriesByEveryPath: audit.entriesByEveryPath,
    consistencyProofs: audit.consistencyProofs,
    checkpointsProven: audit.checkpointsProven,
    lengthsSeen: audit.lengthsSeen,
    boundariesRead: audit.boundariesRead,
    rotatedMeanwhile: audit.rotatedMeanwhile,
    requests,
    unseen: unseenBy(report),
  };
}
