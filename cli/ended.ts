import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import {
  lockId,
  RECOVER_LOG,
  RECOVER_UNDER_LOCK,
  ROTATE_LOG,
  ROTATE_UNDER_LOCK,
} from '../workflows/messages';
import { CLOSED_EXECUTIONS } from '../workflows/model/executions';
import type { RotationResult } from '../workflows/model/result';
import { searchAttributes } from '../workflows/model/search-attributes';
import { innermost } from './errors';
import { inputOf } from './starters';

/** What Temporal still knows of the rotations and recoveries of a log that have ended. No worker is needed for it. */

/** So many workflows that ended, of all logs, are looked through for those of one log. */
const MOST_LOOKED_AT = 1_000;

/** So many are read at a time. */
const AT_A_TIME = 10;

/** A rotation or recovery that has ended. Times are ISO 8601. */
export interface EndedRotation {
  readonly what: 'rotation' | 'recovery';
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Null when it ended without one. */
  readonly result: RotationResult | null;
  /** Why it ended without a result; null when it has one. */
  readonly problem: string | null;
}

export interface Ended {
  /** Newest first. */
  readonly ended: readonly EndedRotation[];
  /** There may be more than these. */
  readonly more: boolean;
  /** So long Temporal keeps what has ended; null when it does not say. Milliseconds. */
  readonly keptForMs: number | null;
}

/** An execution that has ended. */
type Closed = WorkflowExecutionInfo & { readonly closeTime: Date };

/**
 * The rotations and recoveries of a log that have ended. Those that got to the lock are found by its workflow id, whatever
 * became of the workflow that was started. The others are those that were started, and no dry runs.
 */
export async function endedOf(client: Client, log: string, limit: number): Promise<Ended> {
  const underLock = await closedOf(
    client,
    `WorkflowId = "${lockId(log)}" AND WorkflowType IN ("${ROTATE_UNDER_LOCK}", "${RECOVER_UNDER_LOCK}")`,
    limit + AT_A_TIME,
  );
  const started = await startedOf(client, log);
  const others = await firstOf(
    started.filter((one) => !underLock.some((lock) => hasStarted(one, lock))),
    limit + 1,
    async ({ workflowId, runId }) => {
      const input = await inputOf(client, workflowId, runId).catch(() => undefined);
      return input?.log === log && input.dryRun !== true;
    },
  );
  const all = [...underLock, ...others].sort(
    (one, other) => other.closeTime.getTime() - one.closeTime.getTime(),
  );
  return {
    ended: await Promise.all(all.slice(0, limit).map((one) => endedRotation(client, one))),
    more: all.length > limit || started.length === MOST_LOOKED_AT,
    keptForMs: await keptFor(client),
  };
}

/** A workflow id can be used again: the later run of it has not started an earlier lock. */
function hasStarted({ workflowId, startTime }: Closed, { memo, startTime: lockedAt }: Closed): boolean {
  return memo?.['startedBy'] === workflowId && startTime <= lockedAt;
}

/** What has ended of a kind, newest first, as Temporal lists it. */
async function closedOf(client: Client, query: string, most: number): Promise<Closed[]> {
  const found: Closed[] = [];
  for await (const one of client.workflow.list({ query: `${query} AND ${CLOSED_EXECUTIONS}` })) {
    const { closeTime } = one;
    if (closeTime) {
      found.push({ ...one, closeTime });
    }
    if (found.length === most) {
      break;
    }
  }
  return found;
}

/** The first so many that a look at each says yes to. */
async function firstOf<One>(
  list: readonly One[],
  most: number,
  look: (one: One) => Promise<boolean>,
): Promise<One[]> {
  const found: One[] = [];
  for (let from = 0; from < list.length && found.length < most; from += AT_A_TIME) {
    const some = list.slice(from, from + AT_A_TIME);
    const wanted = await Promise.all(some.map(look));
    found.push(...some.filter((_, index) => wanted[index]));
  }
  return found.slice(0, most);
}

async function endedRotation(client: Client, execution: Closed): Promise<EndedRotation> {
  const { workflowId, runId, type, startTime, closeTime, status } = execution;
  const about = {
    what: type === RECOVER_LOG || type === RECOVER_UNDER_LOCK ? ('recovery' as const) : ('rotation' as const),
    workflowId,
    runId,
    startedAt: startTime.toISOString(),
    endedAt: closeTime.toISOString(),
  };
  try {
    // Another run of this id is another rotation.
    const options = { followRuns: false };
    const rotation = client.workflow.getHandle<() => Promise<RotationResult>>(workflowId, runId, options);
    const result = await rotation.result();
    return { ...about, result, problem: null };
  } catch (error) {
    const why = error instanceof Error ? innermost(error).message : String(error);
    return { ...about, result: null, problem: `${status.name}: ${why}` };
  }
}

/**
 * The rotations and recoveries that were started, and perhaps some of other logs. The search attribute tells which are whose;
 * a namespace without it refuses the question, and what was started before it was there does not have it.
 */
async function startedOf(client: Client, log: string): Promise<Closed[]> {
  const all = `WorkflowType IN ("${ROTATE_LOG}", "${RECOVER_LOG}")`;
  const { log: name } = searchAttributes;
  return await closedOf(client, `${all} AND (${name} = "${log}" OR ${name} IS NULL)`, MOST_LOOKED_AT).catch(
    () => closedOf(client, all, MOST_LOOKED_AT),
  );
}

/** A proxy of Temporal may not tell. */
async function keptFor(client: Client): Promise<number | null> {
  try {
    const { config } = await client.workflowService.describeNamespace({
      namespace: client.options.namespace,
    });
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    return seconds > 0 ? seconds * 1000 : null;
  } catch {
    return null;
  }
}
