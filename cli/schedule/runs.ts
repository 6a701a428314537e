import type { Client } from '@temporalio/client';
import { SCHEDULED_ROTATION } from '../../workflows/messages';
import type { ScheduledResult } from '../../workflows/model/scheduled';
import { innermost } from '../errors';

/** A run of a schedule, as Temporal remembers it. */
export interface ScheduleRun {
  readonly workflowId: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** `running`, an outcome of ours, or how Temporal says that it ended. */
  readonly outcome: string;
  readonly reason: string;
  /** Of a run that came to one of its own. */
  readonly result?: ScheduledResult;
}

/** The last runs of a schedule, the newest first; with no worker needed. */
export async function lastRuns(client: Client, scheduleId: string, most: number): Promise<ScheduleRun[]> {
  const query = `TemporalScheduledById = "${scheduleId}"`;
  const runs: ScheduleRun[] = [];
  for await (const { workflowId, runId, type, status, startTime, closeTime } of client.workflow.list({
    query,
    pageSize: most,
  })) {
    const times = { workflowId, startedAt: startTime, ...(closeTime && { endedAt: closeTime }) };
    const result: unknown = closeTime
      ? await client.workflow
          .getHandle(workflowId, runId)
          .result()
          .catch((error: unknown) => ({ outcome: status.name.toLowerCase(), reason: reasonOf(error) }))
      : { outcome: 'running', reason: '' };
    const { outcome, reason } = result as ScheduledResult;
    const ours = type === SCHEDULED_ROTATION && status.name === 'COMPLETED';
    runs.push({ ...times, outcome, reason, ...(ours && { result: result as ScheduledResult }) });
    if (runs.length === most) break;
  }
  return runs.sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime());
}

/** What a workflow failed with; the SDK says in general that it has. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? innermost(error).message : String(error);
}
