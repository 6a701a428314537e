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

/** Which try of which activity it is; whoever has it may end that. */
export interface TaskToken {
  readonly runId: string;
  readonly seq: number;
  readonly attempt: number;
}

function formatTaskToken({ execution: { runId }, command: { seq }, attempt }: TaskView): string {
  return JSON.stringify({ runId, seq: seq ?? 0, attempt } satisfies TaskToken);
}

/** Reads the token of a simulated task. */
export function readTaskToken(token: Uint8Array): TaskToken {
  return JSON.parse(Buffer.from(token).toString('utf8')) as TaskToken;
}

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
  const tokenText = formatTaskToken(task);
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
    taskToken: Buffer.from(tokenText, 'utf8'),
    base64TaskToken: Buffer.from(tokenText, 'utf8').toString('base64'),
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
