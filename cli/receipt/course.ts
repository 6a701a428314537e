import type { Client } from '@temporalio/client';
import type { Course } from '../../receipt/making';
import type { EndedRotation } from '../ended';
import { startOf } from '../starters';

/** So many workflows lie between a rotation and what somebody started, at most: a schedule's run, `rotateLog`, the lock. */
const MOST_PARENTS = 4;

/** What Temporal still knows of a rotation that has ended. No worker is needed for it. */
export async function courseOf(client: Client, ended: EndedRotation): Promise<Omit<Course, 'version'>> {
  const { workflowId, runId, startedAt, endedAt } = ended;
  return {
    ...{ workflow: { workflowId, runId }, startedAt, endedAt },
    startedBy: await firstStart(client, { workflowId, runId }),
    temporal: await serverVersion(client),
  };
}

/** The workflow that a person or a schedule started; null where Temporal has forgotten one on the way to it. */
async function firstStart(
  client: Client,
  { workflowId, runId }: Course['workflow'],
): Promise<Course['startedBy']> {
  let execution = { workflowId, runId };
  for (let parents = 0; parents < MOST_PARENTS; parents += 1) {
    const start = await startOf(client, execution.workflowId, execution.runId).catch(() => undefined);
    if (!start) {
      return null;
    }
    const { parentWorkflowExecution: parent, workflowType, identity } = start;
    if (!parent) {
      return {
        ...{ workflowId: execution.workflowId, type: workflowType?.name ?? '', identity: identity ?? '' },
      };
    }
    execution = { workflowId: parent.workflowId ?? '', runId: parent.runId ?? '' };
  }
  return null;
}

/** A proxy of Temporal may not tell. */
async function serverVersion(client: Client): Promise<string | null> {
  try {
    return (await client.workflowService.getSystemInfo({})).serverVersion || null;
  } catch {
    return null;
  }
}
