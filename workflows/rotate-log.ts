import {
  CancellationScope,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  defineQuery,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { withResult } from './with-result';
import { criticalSectionSteps, type CriticalSectionResult } from './critical-section';
import { dryRun } from './dry-run';
import { failed, reasonOf } from './failure';
import { fewRetries, RetryAndHold } from './retry-and-hold';
import { Journal } from './journal';
import type { CriticalSectionInput } from './model/actions';
import { lockId, PROGRESS, ROTATE_UNDER_LOCK, type Progress } from './messages';
import { failedCheck, passedCheck, type Check } from './model/checks';
import { planRotation, type Planned } from './model/plan';
import { refusal } from './model/refusals';
import { requestProblems } from './model/request';
import { planned, refused } from './model/result';
import type { RotationRequest, RotationResult } from './model/rotation';
import { observations, realActions, realRun } from './real-run';
import { rotate } from './rotation';

const progressQuery = defineQuery<Progress>(PROGRESS);

/**
 * What a person or a schedule starts: preflight and plan, without a lock; then the rotation, as the one open workflow
 * `log-<name>`. A dry run goes through the same steps here and starts no other workflow.
 */
export async function rotateLog(request?: RotationRequest): Promise<RotationResult> {
  const rotationId = rotationName();
  const asked = request ?? { log: '' };
  const journal = new Journal(asked.log, rotationId);
  setHandler(progressQuery, () => journal.progress, {
    description: 'Where the rotation is and what Cancel would do',
  });
  const invalid = requestProblems(request);
  if (invalid.length > 0) {
    return journal.concludes(refused({ log: asked.log, rotationId }, invalid));
  }
  const found = await planOf(asked, journal, { lookForHolder: true });
  if ('refusals' in found) {
    return journal.concludes(refused({ log: asked.log, rotationId }, found.refusals));
  }
  if (asked.dryRun) {
    const result = await rotate(dryRun(found.plan), found.plan, rotationId, journal);
    return journal.concludes(planned(found.plan, rotationId, result.steps));
  }
  return journal.concludes(
    await startUnderLock({ ...asked, planHash: found.plan.hash }, rotationId, journal),
  );
}

/** What `rotateLog` hands to the rotation. */
export interface RotationInput {
  readonly request: RotationRequest;
  readonly rotation: string;
}

/** The rotation, under the lock. Looks again first: what was planned before the lock may have changed (H27). */
export async function rotateUnderLock(input: RotationInput): Promise<RotationResult> {
  const journal = new Journal(input.request.log, input.rotation);
  setHandler(progressQuery, () => journal.progress, {
    description: 'Where the rotation is and what Cancel would do',
  });
  const retrying = new RetryAndHold(journal, observations());
  const found = await planOf(input.request, journal, { lookForHolder: false });
  if ('refusals' in found) {
    return journal.concludes(refused({ log: input.request.log, rotationId: input.rotation }, found.refusals));
  }
  const { log } = found.plan;
  return await withResult({ log, rotationId: input.rotation, plan: found.plan }, journal, retrying, () =>
    rotate(realRun(retrying), found.plan, input.rotation, journal),
  );
}

/** The critical section as a workflow of its own. */
export async function criticalSection(input: CriticalSectionInput): Promise<CriticalSectionResult> {
  const journal = new Journal(input.identity.log, input.identity.rotationId);
  setHandler(progressQuery, () => journal.progress, {
    description: 'Which step of the critical section runs',
  });
  const result = await criticalSectionSteps(realActions(), input, journal, () => undefined, fewRetries);
  journal.endsSection(sectionEnds[result.end]);
  return result;
}

const sectionEnds: Readonly<Record<CriticalSectionResult['end'], string>> = {
  exposed: 'the next tree serves',
  undone: 'undone, the current tree serves',
  stuck: 'the next tree holds entries of clients and cannot serve',
  unfinished: 'an undo did not succeed, the rotation goes on with it',
};

/** Names a rotation for people and marks: when it began, and six hex digits against two in one second. */
function rotationName(): string {
  const began = workflowInfo()
    .startTime.toISOString()
    .replace(/[-:]|\.\d+/g, '');
  return `${began}-${uuid4().slice(0, 6)}`;
}

/**
 * Looks, and plans; whatever keeps it from looking is a refusal too. What a running rotation has changed so far would
 * look like faults of the log, so that is looked for first, by everyone but the rotation itself.
 */
async function planOf(
  request: RotationRequest,
  journal: Journal,
  { lookForHolder }: { readonly lookForHolder: boolean },
): Promise<Planned> {
  journal.begins('preflight', false);
  const planned = await lookAndPlan(request, lookForHolder);
  journal.checked(planned.checks);
  return planned;
}

async function lookAndPlan(request: RotationRequest, lookForHolder: boolean): Promise<Planned> {
  const { log } = request;
  const checks: Check[] = [];
  try {
    if (lookForHolder) {
      const holder = await observations().lockHolder(log);
      if (holder) {
        const runs = refusal('ROTATION_IN_PROGRESS', { log, ...holder });
        return { checks: [failedCheck('NO_ROTATION_RUNS', runs)], refusals: [runs] };
      }
      checks.push(passedCheck('NO_ROTATION_RUNS', { log }));
    }
    const facts = await observations().preflight(request);
    return planRotation(request, { ...facts, checks: [...checks, ...facts.checks] });
  } catch (error) {
    return { checks, refusals: [reasonOf(error, 'preflight')] };
  }
}

/** Starts the rotation as the log's lock; a second one is refused with the first one's name. */
async function startUnderLock(
  request: RotationRequest,
  name: string,
  journal: Journal,
): Promise<RotationResult> {
  const workflowId = lockId(request.log);
  journal.begins('rotation', false);
  journal.handsOverTo(workflowId);
  try {
    return await executeChild<typeof rotateUnderLock>(ROTATE_UNDER_LOCK, {
      workflowId,
      args: [{ request, rotation: name }],
      memo: { rotation: name, startedBy: workflowInfo().workflowId },
      // Terminating the one that a person started must not cut the rotation in half (H22).
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Rotation ${name} of ${request.log}`,
    });
  } catch (error) {
    if (isCancellation(error)) {
      return refused({ log: request.log, rotationId: name }, [refusal('CANCELLED', { step: 'rotation' })]);
    }
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      throw failed(reasonOf(error, 'rotation'));
    }
  }
  try {
    const holder = await CancellationScope.nonCancellable(() => observations().lockHolder(request.log));
    const gone = { rotation: 'that has just ended', startedBy: workflowId };
    return refused({ log: request.log, rotationId: name }, [
      refusal('ROTATION_IN_PROGRESS', { log: request.log, ...(holder ?? gone) }),
    ]);
  } catch (error) {
    return refused({ log: request.log, rotationId: name }, [reasonOf(error, 'rotation')]);
  }
}
