import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CALL_LANDS_MS } from '../../workflows/model/deadlines';
import { refusal } from '../../workflows/model/refusals';
import type { StepsOfFailure } from '../../workflows/model/steps';
import { pause } from '../bounds/waiting';
import type { KeptSection } from './intents';

/**
 * Says for a worker that has ended how its critical section failed: as it would have said itself, once no call of it can land any
 * more (H8). The workflow takes the section back then, and waits for nothing else.
 *
 * @throws ActivityNotFoundError where Temporal has given the section up, or it has ended; or another error of its client.
 */
export async function failForFormerWorker(
  client: Client,
  { taskToken, workflowId, runId, began, mayLandUntil, commandRuns }: KeptSection,
  signal: AbortSignal,
): Promise<void> {
  const restMs = mayLandUntil + CALL_LANDS_MS - Date.now();
  if (restMs > 0) {
    await pause(restMs, signal);
  }
  const { namespace } = client.options;
  // Its next task would go to the worker that has ended, and wait there; where this is refused, it does.
  await client.workflowService
    .resetStickyTaskQueue({ namespace, execution: { workflowId, runId } })
    .catch(() => undefined);
  const reason = refusal('WORKER_ENDED', { step: began.at(-1) ?? 'critical section' });
  const steps: StepsOfFailure = { times: {}, began, ...(commandRuns && { commandRuns }) };
  await client.activity.fail(
    Buffer.from(taskToken, 'base64'),
    ApplicationFailure.nonRetryable(reason.message, reason.code, reason, steps),
  );
}
