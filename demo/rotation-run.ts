import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ROTATE_LOG } from '../workflows/messages';
import type { RotationRequest } from '../workflows/model/request';
import type { RotationResult } from '../workflows/model/result';

/** One rotation, or its rehearsal, from start to result. */
export interface RotationRun {
  readonly result: RotationResult;
  /** Events in the histories of all its workflows. */
  readonly historyEvents: number;
  readonly wholeMs: number;
  /** When it was started; milliseconds since 1970. */
  readonly startedAt: number;
}

/** How long a cancelled rotation gets to take itself back before its lab is stopped under it. Milliseconds. */
const CANCEL_PATIENCE_MS = 30_000;

/**
 * Starts the workflow `rotateLog`, as a person does in Temporal's UI, and waits for its result.
 * At the signal the rotation is cancelled; when it has taken itself back, the signal's reason is thrown.
 */
export async function runRotation(
  client: Client,
  options: {
    readonly taskQueue: string;
    readonly log: string;
    readonly signal: AbortSignal;
    readonly rehearse?: boolean;
  },
): Promise<RotationRun> {
  const { taskQueue, log, signal, rehearse } = options;
  const request: RotationRequest = { log, ...(rehearse && { rehearse }) };
  const began = performance.now();
  const startedAt = Date.now();
  const workflowId = `rotate/${log}/${randomUUID()}`;
  const handle = await client.workflow.start(ROTATE_LOG, { workflowId, taskQueue, args: [request] });
  let giveUp: NodeJS.Timeout | undefined;
  const ended = new AbortController();
  const cancelled = new Promise<never>((_resolve, reject) => {
    const cancel = (): void => {
      const reason = signal.reason as Error;
      giveUp = setTimeout(reject, CANCEL_PATIENCE_MS, reason);
      handle.cancel().catch(() => undefined); // It may have ended meanwhile; the wait below says how.
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true, signal: ended.signal });
  });
  try {
    const result = (await Promise.race([handle.result(), cancelled])) as RotationResult;
    signal.throwIfAborted();
    const wholeMs = performance.now() - began;
    const historyEvents = await eventsOf(client, workflowId, handle.firstExecutionRunId);
    return { result, historyEvents, wholeMs, startedAt };
  } finally {
    ended.abort();
    clearTimeout(giveUp);
  }
}

/** Counts the events of one run and of every run of its children: each attempt at the critical section is one. */
async function eventsOf(client: Client, workflowId: string, runId: string): Promise<number> {
  const events = (await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? [];
  let count = events.length;
  for (const { childWorkflowExecutionStartedEventAttributes: child } of events) {
    const { workflowId: childId, runId: childRun } = child?.workflowExecution ?? {};
    if (childId && childRun) count += await eventsOf(client, childId, childRun);
  }
  return count;
}
