import { log as workerLog, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { wrongInput } from './failure';
import { RECOVER_LOG } from './messages';
import { judge, type GuardResult } from './model/guarding';
import { readRequest, type GuardRequest } from './model/request';
import { observations } from './real-run';
import type { recoverLog } from './recover-log';

/**
 * One look of a log's guardian: does a rotation that nobody carries on any more hold the log, and does what is served
 * still agree with what the trees say of themselves (H10, H23)? It raises alarms, and recovers the log unless the policy
 * says no. Started each minute by a schedule, and by each worker when it starts.
 */
export async function guardLog(input?: GuardRequest): Promise<GuardResult> {
  const asked = readRequest<GuardRequest>(input, ['log']);
  if ('refusals' in asked) {
    throw wrongInput(asked.refusals);
  }
  const { log } = asked.request;
  const facts = await observations().guard({ log });
  const verdict = judge(facts);
  for (const alarm of verdict.alarms) {
    workerLog.error(`ALARM: ${alarm.message} ${alarm.remedy}`, { log, code: alarm.code });
  }
  return {
    log,
    ...verdict,
    ...(facts.serves && { serves: facts.serves }),
    ...(verdict.recover && (await startRecovery(log))),
  };
}

async function startRecovery(log: string): Promise<{ readonly recovery?: string }> {
  try {
    const { workflowId } = await startChild<typeof recoverLog>(RECOVER_LOG, {
      workflowId: `recover-${log}-${workflowInfo().startTime.toISOString()}`,
      args: [{ log }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Recovery of ${log}, started by its guardian`,
    });
    return { recovery: workflowId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      return {};
    }
    throw error;
  }
}
