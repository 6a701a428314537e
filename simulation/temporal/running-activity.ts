import { AsyncLocalStorage } from 'node:async_hooks';
import type { Process } from '../virtual-time';
import type { TaskView } from './activity-context';
import type { SimulatedWorker } from './worker';

/** Which activity the running code belongs to, for the faults that are aimed at it. */
export interface RunningActivity {
  readonly type: string;
  readonly worker: SimulatedWorker;
  readonly process: Process;
  readonly args: readonly unknown[];
  /** When Temporal gives this attempt up, in milliseconds since the epoch. */
  readonly endsAt: number;
  readonly task: TaskView;
}

/** The activity whose code runs; none while a model or a workflow does. */
export const runningActivity = new AsyncLocalStorage<RunningActivity>();
