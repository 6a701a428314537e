import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { RotationResult } from '../../workflows/model/result';
import { until } from '../patience';
import { saidBy } from './recording-terminal';
import type { StandIn } from './stand-in-server';
import type { StandInRequest } from './stand-in-workflows';

/** A rotation that waits for one approval, and can be approved by now. It waits until somebody answers it. */
export async function askingRotation(
  server: StandIn & { readonly config: string },
  request: Partial<StandInRequest> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId<() => Promise<RotationResult>>> {
  const handle = await server.temporal.workflow.start<() => Promise<RotationResult>>('rotateLog', {
    workflowId: `asks-${randomUUID()}`,
    taskQueue: 'stand-in',
    args: [{ log: 'production', waitForApproval: true, ...request }] as unknown as [],
  });
  const shown = ['approve', 'production', '--show', '-c', server.config];
  await until(async () => (await saidBy(shown)).code === 0);
  return handle;
}
