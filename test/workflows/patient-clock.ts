import { msToNumber } from '@temporalio/common/lib/time';
import type { ActivityOptions, WorkflowInterceptors } from '@temporalio/workflow';
import type { CriticalSectionInput } from '../../workflows/model/actions';

/**
 * The clock of the workflows in these tests, so that no verdict depends on how fast the machine is: Temporal waits so many
 * times longer before it gives an activity or a task of the critical section up, and a timer of a workflow so many times shorter. The critical section's own
 * time is the world's to say (world.ts), and as generous: what is left of it is waited for by a timer.
 */
const FACTOR = 20;

/** The log whose freeze is given up as soon as in production: by the heartbeats that do not come. */
export const IMPATIENT = 'impatient';

/** Loaded into the workflows' bundle; Temporal looks for this name. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        const [order] = input.args as readonly (Partial<CriticalSectionInput> | undefined)[];
        const asInProduction = input.activityType === 'holdAndFreeze' && order?.identity?.log === IMPATIENT;
        return next(asInProduction ? input : { ...input, options: patient(input.options) });
      },
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
