import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { Approvals } from '../../workflows/approvals';
import { BeginningWait } from '../../workflows/beginning-wait';
import { Journal } from '../../workflows/journal';
import { lockId, type Progress } from '../../workflows/messages';
import type { Approver } from '../../workflows/model/approval';
import { readApproval, takenApproval, type ApprovalsToVerify } from '../../workflows/model/approval-input';
import { expiryOf } from '../../workflows/model/approval-statement';
import type { GuardResult } from '../../workflows/model/guarding';
import { resumeProblems, type Held, type ResumeInput } from '../../workflows/model/held';
import type { RecoveryRequest, RotationRequest, PruneRequest } from '../../workflows/model/request';
import { notNeeded, refused, skipped, type RotationResult } from '../../workflows/model/result';
import { refusal, type Refusal } from '../../workflows/model/refusals';

import type { ScheduledResult } from '../../workflows/model/scheduled';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';
import type { RetiredTree } from '../../workflows/model/retired';
import { HoldAfter } from '../../workflows/hold-after';
import { Steering } from '../../workflows/steering';

import type { PruneResult } from '../../workflows/prune-trees';
import {
  aCompletedResult,
  aHeld,
  aHeldResult,
  aPlan,
  aPlannedRecovery,
  aPlannedResult,
  aProgress,
  aRecoveredResult,
  aRefusedResult,
  aRolledBackResult,
  aServing,
} from './results';

/** Workflows with the names and answers of the real ones, which do nothing: they end when they are told. */

export const finish = defineSignal('finish');

/** Lets a rotation be held, with these choices. */
export const hold = defineSignal<[Held['choices']]>('hold');

/** Keeps the workflow that was asked for open when the lock has ended, until it is told to finish. */
export const stay = defineSignal('stay');

/** Brings a rotation to where no Cancel takes it back. */
export const settle = defineSignal('settle');

const progressQuery = defineQuery<Progress>('progress');
const resumeUpdate = defineUpdate<string, [ResumeInput]>('resume');

/** What a test may start besides: whose keys approve, an approval that is never answered, a result. */
export interface StandInRequest extends RotationRequest {
  readonly approvers?: readonly Approver[];
  readonly neverAnswers?: boolean;
  /** It ends at once, with this. */
  readonly result?: RotationResult;
}

export async function rotateLog(request: StandInRequest): Promise<RotationResult> {
  if (request.result) {
    const options = underLock(request.log);
    return await executeChild(rotateUnderLock, { ...options, args: [request.log, request.result] });
  }
  if (!request.dryRun && (request.begin || request.waitForApproval)) {
    return await waitsAndRotates(request);
  }
  setHandler(progressQuery, () => aProgress({ log: request.log, phase: 'rotation', steps: [] }));
  if (request.log !== 'production') {
    return aRefusedResult();
  }
  const { plan, edited } = aPlannedResult(request.planFile);
  if (request.dryRun) {
    return aPlannedResult(request.planFile);
  }
  if (request.planHash !== plan?.hash) {
    throw new Error('a rotation must carry the hash of the plan that was shown');
  }
  let stays = false;
  setHandler(stay, () => {
    stays = true;
  });
  setHandler(finish, () => {
    stays = false;
  });
  const result = await executeChild(rotateUnderLock, underLock(request.log));
  await condition(() => !stays);
  return { ...result, ...(edited && { edited }) };
}

/** A run of a schedule: it ends when it is told to, skipped. */
export async function scheduledRotation({ log }: SchedulePolicy): Promise<ScheduledResult> {
  let finished = false;
  setHandler(finish, () => {
    finished = true;
  });
  await condition(() => finished);
  const refusals = [refusal('NOT_DUE', { log, found: 'It is young.' })];
  const figures = { entries: 7, activeSince: '2026-11-01T02:00:00.000Z', ageDays: 1, databaseBytes: null };
  const due = { ...figures, unread: [], because: 'It is young.' };
  return { outcome: 'skipped', reason: 'A rotation is not due.', refusals, log, due, window: null };
}

/** Waits as a rotation does, by the parts of one, and then does nothing. Whose signature it is, is not looked at. */
async function waitsAndRotates(request: StandInRequest): Promise<RotationResult> {
  const { log, begin = {}, waitForApproval, approvers = [] } = request;
  const rotationId = `20260131T030000Z-${workflowInfo().runId.slice(-6)}`;
  const journal = Journal.answering('Where it is', log, rotationId);
  const approvals = new Approvals(journal, {
    verifyApprovals: async ({ asked, given }: ApprovalsToVerify) => {
      await condition(() => !request.neverAnswers);
      const read = readApproval(given[0]?.input, asked, { approvers }, Date.now());
      const [approver] = approvers;
      const by = approver ? { who: approver.name, key: approver.fingerprints[0] ?? '' } : null;
      return 'refusals' in read
        ? { approvals: [], refusals: read.refusals }
        : {
            approvals: [takenApproval(read, by, asked.expiresAt)],
            refusals: [],
          };
    },
  });
  const beginning = new BeginningWait(log, begin, journal, {
    watchWrites: async ({ forAtMostMs }) => {
      await sleep(forAtMostMs);
      const [from, to] = [new Date(Date.now() - forAtMostMs), new Date()].map((time) => time.toISOString());
      return {
        lull: false,
        writesPerMinute: 41,
        mostPerMinute: 30,
        countedBy: 'gate',
        unread: null,
        from: from ?? '',
        to: to ?? '',
      };
    },
  });
  const expireMs = 3_600_000;
  const policy = { required: waitForApproval ? 'one' : 'none', expireMs, approvers } as const;
  const plan = { ...aPlan(), approvals: policy };
  journal.plans(plan.hash);
  const done = { kind: 'rotation', log, rotationId } as const;
  const subject = { log, rotationId, planHash: plan.hash, expiresAt: expiryOf(policy, Date.now()) };
  const no = waitForApproval ? await approvals.wait(subject, plan) : null;
  const begun = no ? { refused: no } : await beginning.wait();
  if ('refused' in begun) {
    return journal.concludes(refused({ ...done, ...journal.soFar }, [begun.refused]));
  }
  if ('skipped' in begun) {
    return journal.concludes(skipped({ ...done, ...journal.soFar }, [begun.skipped]));
  }
  beginning.close();
  return journal.concludes({ ...aCompletedResult(), rotationId, ...journal.soFar });
}

export async function rotateUnderLock(log: string, result?: RotationResult): Promise<RotationResult> {
  if (result) {
    return result;
  }
  let finished = false;
  let held: Held | null = null;
  let ordered: ResumeInput | undefined;
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(hold, (choices) => {
    held = aHeld({ choices });
  });
  const take = (input: ResumeInput): string => {
    ordered = input;
    return input.choice;
  };
  setHandler(resumeUpdate, take, {
    validator: (order) => {
      const problems = resumeProblems(order, held, Date.now());
      if (problems.length > 0) {
        throw ApplicationFailure.nonRetryable(problems.join(' '));
      }
    },
  });
  setHandler(progressQuery, () => aProgress({ log, held }));
  const journal = new Journal(log, aProgress().rotationId);
  journal.plans(aPlan().hash);
  journal.begins('stage', false);
  const steering = new Steering(journal, new HoldAfter(journal));
  setHandler(settle, () => journal.begins('settle', false));
  try {
    await steering.run(() => condition(() => finished || ordered !== undefined));
    return ordered?.choice === 'giveUp' ? aHeldResult() : aCompletedResult();
  } catch (error) {
    if (isCancellation(error)) {
      return aRolledBackResult();
    }
    throw error;
  }
}

export async function recoverLog(request: RecoveryRequest): Promise<RotationResult> {
  const { log } = request;
  setHandler(progressQuery, () => aProgress({ log, rotationId: null, phase: 'preflight', steps: [] }));
  if (log !== 'production') {
    return notNeeded(log);
  }
  return request.dryRun ? aPlannedRecovery() : await executeChild(recoverUnderLock, underLock(log));
}

export async function recoverUnderLock(log: string): Promise<RotationResult> {
  let finished = false;
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(progressQuery, () => aProgress({ log, rotationId: null, phase: 'undo freeze' }));
  await condition(() => finished);
  return aRecoveredResult();
}

/** What a look of the guardian is to find, or that it fails. */
export interface LookOrder {
  readonly log: string;
  readonly alarms?: readonly Refusal[];
  readonly fails?: boolean;
}

export function guardLog({ log, alarms = [], fails }: LookOrder): Promise<GuardResult> {
  if (fails) {
    const reason = refusal('INTERNAL', { step: 'guard', reason: 'it could not look' });
    throw ApplicationFailure.nonRetryable(reason.message, reason.code, reason);
  }
  return Promise.resolve({ log, alarms, recover: false, serves: aServing() });
}

const retired: readonly RetiredTree[] = [
  { treeId: '301', size: 0, rootHash: '', rotationId: '20260131T030000Z-1f3a9c', attempt: 1 },
  { treeId: '302', size: 1, rootHash: '', rotationId: '20260131T030000Z-1f3a9c', attempt: 2 },
  { treeId: '303', size: 7, rootHash: '', rotationId: 'x', attempt: 1, keep: 'it holds entries of clients' },
];

/** Tree 302 cannot be deleted after all. */
export function pruneTrees({ log, deleteTrees = [] }: PruneRequest): Promise<PruneResult> {
  if (log !== 'production') {
    const unknown = refusal('UNKNOWN_LOG', { log, known: ['production'] });
    const cause = new Error('what the activity caught, as in real life');
    const { message, code: type } = unknown;
    throw ApplicationFailure.create({ message, type, nonRetryable: true, details: [unknown], cause });
  }
  const reason = 'the standing configuration names it now';
  return Promise.resolve({
    log,
    retired,
    deleted: deleteTrees.filter((tree) => tree !== '302'),
    refusals: deleteTrees.includes('302') ? [refusal('NOT_PRUNABLE', { tree: '302', reason })] : [],
  });
}

function underLock(log: string) {
  const memo = { startedBy: workflowInfo().workflowId };
  return { workflowId: lockId(log), args: [log], memo } as { workflowId: string; args: [string] };
}
