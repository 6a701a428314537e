import { allHandlersFinished, condition, uuid4, workflowInfo } from '@temporalio/workflow';
import { Approvals } from './approvals';
import { rotate } from './attempts';
import { BeginningWait } from './beginning-wait';
import { dryRun } from './dry-run';
import { failForInput } from './failure';
import { HoldAfter } from './hold-after';
import { Journal } from './journal';
import { lockId, ROTATE_UNDER_LOCK } from './messages';
import { expiryOf } from './model/approval-statement';
import { latestWait } from './model/beginning';
import { failedCheck, passedCheck } from './model/checks';
import { invalid } from './model/fields';
import type { Refusal } from './model/refusals';
import { readRotationRequest, type RotationRequest } from './model/request';
import { planned, refused, skipped, type RotationResult } from './model/result';
import { planOf } from './planning';
import { observations } from './real-run';
import type { RotationInput } from './rotate-under-lock';
import { ShownAttributes } from './shown-attributes';
import { untilItBegins } from './until-it-begins';
import { lockTaken, underLock } from './under-lock';

/**
 * What a person or a schedule starts: preflight and plan; then it waits, for approvals and until it may begin; all of that
 * without a lock. Then the rotation, as the one open workflow `log-<name>`. A dry run goes through the same steps here and
 * starts no other workflow. An input that is wrong fails at once.
 */
export async function rotateLog(input?: RotationRequest): Promise<RotationResult> {
  const rotationId = newRotationId();
  const log = typeof input?.log === 'string' ? input.log : '';
  const journal = Journal.answering('Where the rotation is and what Cancel would do', log, rotationId);
  const kind = input?.rehearse === true ? 'rehearsal' : 'rotation';
  const done = { kind, log, rotationId } as const;
  const refusedFor = (refusals: readonly Refusal[]): RotationResult => {
    const result = journal.concludes(refused({ ...done, ...journal.soFar }, refusals));
    failForInput(refusals);
    return result;
  };
  const ask = observations();
  journal.begins('preflight', false);
  const attributes = await ask.searchAttributes();
  journal.keepsIn(new ShownAttributes(attributes));
  // What was right when it was started is no wrong input because a worker came late to it.
  const asked = readRotationRequest(input, workflowInfo().startTime.getTime());
  if ('refusals' in asked) {
    return refusedFor(asked.refusals);
  }
  const { request } = asked;
  const approvals = new Approvals(journal, ask);
  const beginning = new BeginningWait(log, request.begin ?? {}, journal, ask);
  const holdAfter = new HoldAfter(journal);
  // What a running rotation has changed so far would look like faults of the log.
  const taken = await lockTaken(log);
  if (taken) {
    journal.checked([failedCheck('NO_ROTATION_RUNS', taken)]);
    return refusedFor([taken]);
  }
  const before = [passedCheck('NO_ROTATION_RUNS', { log })];
  const found = await planOf(request, before);
  journal.checked(found.checks);
  if ('refusals' in found) {
    return refusedFor(found.refusals);
  }
  journal.follows(found.plan);
  if (request.dryRun) {
    const { plan } = found;
    const { edited } = plan;
    const { steps } = await rotate(dryRun(plan, journal), plan, rotationId);
    return journal.concludes(planned({ ...done, plan, steps, ...(edited && { edited }) }));
  }
  const { notBefore, notAfter } = request.begin ?? {};
  const { approvals: policy } = found.plan;
  const expiresAt = expiryOf(policy, Date.now(), notAfter);
  if (
    policy.required !== 'none' &&
    notBefore !== undefined &&
    Date.parse(notBefore) > latestWait(expiresAt)
  ) {
    const allowed = `a minute before approvals expire, at ${expiresAt}, or sooner; begin.notAfter can say another end`;
    return refusedFor([invalid('begin.notBefore', notBefore, allowed)]);
  }
  // Whoever rotates it meanwhile makes this one needless.
  const currentTree = found.plan.currentTree.treeId;
  const begun = await untilItBegins(
    { request: { ...request, currentTree }, rotationId, expiresAt, before },
    { journal, approvals, beginning },
    found.plan,
  );
  if ('refused' in begun) {
    return refusedFor(begun.refused);
  }
  if ('skipped' in begun) {
    return journal.concludes(skipped({ ...done, ...journal.soFar }, begun.skipped));
  }
  beginning.close();
  holdAfter.close();
  journal.begins('rotation', false);
  journal.handsOverTo(lockId(log));
  await condition(allHandlersFinished);
  const result = await underLock(log, {
    type: ROTATE_UNDER_LOCK,
    args: [
      {
        request: {
          log,
          currentTree,
          planHash: begun.plan.hash,
          ...(request.waitForApproval && { waitForApproval: true }),
          ...(request.planFile && { planFile: request.planFile }),
          ...(request.rehearse && { rehearse: true }),
        },
        rotationId,
        attributes,
        expiresAt,
        ...(begun.notAfter !== undefined && { notAfter: begun.notAfter }),
        given: approvals.given,
        interventions: journal.soFar.interventions,
        holdAfter: holdAfter.asked,
      } satisfies RotationInput,
    ],
    rotationId,
    step: 'rotation',
    summary: `${request.rehearse ? 'Rehearsal' : 'Rotation'} ${rotationId} of ${log}`,
  });
  return 'outcome' in result ? journal.concludes(result) : refusedFor(result.refusals);
}

/** Names a rotation for people and marks: when it began, and six hex digits against two in one second. */
function newRotationId(): string {
  const began = workflowInfo()
    .startTime.toISOString()
    .replace(/[-:]|\.\d+/g, '');
  return `${began}-${uuid4().slice(0, 6)}`;
}
