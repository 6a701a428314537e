import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type Command, milliseconds } from './conversion';
import type { Execution } from './execution';
import { TASK_QUEUE } from './worker';

const noMeter = {
  createCounter: () => noInstrument,
  createHistogram: () => noInstrument,
  createGauge: () => noInstrument,
  createUpDownCounter: () => noInstrument,
  withTags: () => noMeter,
};
const noInstrument = {
  add: () => undefined,
  record: () => undefined,
  set: () => undefined,
  withTags: () => noInstrument,
};
const noLog = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  log: () => undefined,
};

/** What an attempt knows of its task. */
export interface TaskView {
  readonly type: string;
  readonly execution: Execution;
  readonly command: NonNullable<Command['scheduleActivity']>;
  readonly attempt: number;
  readonly scheduledAt: number;
  /** What came with the last sign of life of an earlier attempt. */
  readonly heartbeatDetails: unknown;
}

/** What an attempt has for the SDK beside what its task knows. */
export interface AttemptContext {
  readonly begunAt: number;
  readonly startToCloseTimeoutMs: number;
  /** Aborted when the attempt hears that it is cancelled, or that nobody waits for it any more. */
  readonly signal: AbortSignal;
  readonly client: Client;
  signOfLife(details: unknown): void;
}

/** What the SDK shows to the code of an activity; its log and its metrics go nowhere. */
export function activityContext(task: TaskView, attempt: AttemptContext): Context {
  const { signal } = attempt;
  const { execution, command } = task;
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  cancelled.catch(() => undefined);
  const info = {
    activityId: command.activityId ?? '',
    activityType: task.type,
    attempt: task.attempt,
    isLocal: false,
    workflowExecution: { workflowId: execution.workflowId, runId: execution.runId },
    workflowType: execution.options.type,
    workflowNamespace: 'default',
    activityNamespace: 'default',
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    scheduledTimestampMs: task.scheduledAt,
    currentAttemptScheduledTimestampMs: attempt.begunAt,
    scheduleToCloseTimeoutMs: milliseconds(command.scheduleToCloseTimeout) ?? 0,
    startToCloseTimeoutMs: attempt.startToCloseTimeoutMs,
    heartbeatTimeoutMs: milliseconds(command.heartbeatTimeout) ?? 0,
    heartbeatDetails: task.heartbeatDetails,
    inWorkflow: true,
    taskToken: new Uint8Array(),
    base64TaskToken: '',
  };
  return new Context(
    info,
    cancelled,
    signal,
    (details: unknown) => attempt.signOfLife(details),
    attempt.client,
    noLog,
    noMeter as never,
    {},
  );
}
