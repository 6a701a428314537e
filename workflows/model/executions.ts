/** Which workflow executions are open, as Temporal describes them: whoever asks whether something runs asks here. */

/** How an execution can have ended, as the SDK names it, and as visibility queries do. */
const closed = {
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Canceled',
  TERMINATED: 'Terminated',
  CONTINUED_AS_NEW: 'ContinuedAsNew',
  TIMED_OUT: 'TimedOut',
} as const;

const closedStatuses = Object.values(closed)
  .map((status) => `"${status}"`)
  .join(', ');

/** A visibility query for what is open. It does not name "Paused", which servers before 1.30 refuse. */
export const OPEN_EXECUTIONS = `ExecutionStatus NOT IN (${closedStatuses})`;

/** A visibility query for what has ended. */
export const CLOSED_EXECUTIONS = `ExecutionStatus IN (${closedStatuses})`;

/**
 * Whether an execution is open. A paused one is: it holds its workflow id and goes on once it is unpaused. A status that
 * nobody knows yet counts as open too, since to act beside an open rotation is the worse mistake.
 */
export function isOpen({ status }: { readonly status: { readonly name: string } }): boolean {
  return !Object.hasOwn(closed, status.name);
}

/** A person has paused an execution (Temporal servers from 1.30): nothing goes on in it until it is unpaused. */
export interface Pause {
  readonly workflowId: string;
  /** ISO 8601; null when Temporal does not say. */
  readonly since: string | null;
  /** Who paused it, as their client named itself; empty when Temporal does not say. */
  readonly by: string;
  /** In their words; empty when they gave none. */
  readonly reason: string;
}

/** As much as is needed of what the SDK's `describe()` gives. */
interface Described {
  readonly workflowId: string;
  readonly status: { readonly name: string };
  readonly raw: {
    readonly workflowExtendedInfo?: {
      readonly pauseInfo?: {
        readonly identity?: string | null;
        readonly reason?: string | null;
        readonly pausedTime?: { readonly seconds?: unknown } | null;
      } | null;
    } | null;
  };
}

/** Who paused an execution, when, and why; null for one that is not paused. */
export function pauseOf({ workflowId, status, raw }: Described): Pause | null {
  if (status.name !== 'PAUSED') {
    return null;
  }
  const { identity, reason, pausedTime } = raw.workflowExtendedInfo?.pauseInfo ?? {};
  const seconds = Number(pausedTime?.seconds ?? 0);
  return {
    workflowId,
    since: seconds > 0 ? new Date(seconds * 1000).toISOString() : null,
    by: identity ?? '',
    reason: reason ?? '',
  };
}

/** Any of these that is paused. */
export function pausedAmong(executions: readonly Described[]): Pause | null {
  return executions.map(pauseOf).find((pause) => pause !== null) ?? null;
}
