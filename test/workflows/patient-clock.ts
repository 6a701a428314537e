import { msToNumber } from '@temporalio/common/lib/time';
import type { ActivityOptions, WorkflowInterceptors } from '@temporalio/workflow';

/**
 * The clock of the workflows while their histories are recorded, so that none depends on how fast the machine is: Temporal
 * waits so many times longer before it gives an activity or a task of the critical section up, and a timer of a workflow is
 * so many times shorter.
 */
const FACTOR = 20;

/** Loaded into the workflows' bundle; Temporal looks for this name. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) => next({ ...input, options: patient(input.options) }),
      // With a second for each of its tasks, a section never gets on where every one of them takes longer.
      startChildWorkflowExecution: (input, next) => {
        const { options } = input;
        const taskMs = msToNumber(options.workflowTaskTimeout ?? '10 seconds') * FACTOR;
        return next({ ...input, options: { ...options, workflowTaskTimeout: taskMs } });
      },
      startTimer: (input, next) => next({ ...input, durationMs: Math.ceil(input.durationMs / FACTOR) }),
    },
  ],
});

const timeouts = ['heartbeatTimeout', 'startToCloseTimeout', 'scheduleToCloseTimeout'] as const;

function patient(options: ActivityOptions): ActivityOptions {
  const set = timeouts.filter((timeout) => options[timeout] !== undefined);
  const longer = set.map((timeout) => [timeout, msToNumber(options[timeout] ?? 0) * FACTOR] as const);
  return { ...options, ...Object.fromEntries(longer) };
}
