import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { setTimeout as rest } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GUARD_LOG, guardId } from '../workflows/messages';
import type { LogConfiguration } from '../config/configuration';
import type { TemporalTarget } from '../config/temporal-target';
import { readSchedule } from './guardian';
import { changeSchedule } from './schedule-change';
import { whileNotAborted, withTemporal } from './temporal-connection';

/** A look that was missed by more than this is not made up for: the next one sees the same. */
const CATCH_UP_MS = 60_000;

/**
 * A look takes seconds. One that no worker can carry on, for example of another version, must not keep the next ones
 * from being made; it has nothing to take back, so it may be ended from outside.
 */
const LOOK_MS = 300_000;

/** How long Temporal may take over the calls for one schedule, in milliseconds. */
const CALLS_MS = 10_000;

/** Temporal's scheduler takes a change up some moments later; so long it is looked for, and so often. Milliseconds. */
const TAKEN_UP_MS = 2_000;
const LOOK_AGAIN_MS = 100;

/** Pauses between two tries to make a schedule; each is twice the one before. Milliseconds. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** How often it is looked whether the schedules are still there, in milliseconds. */
const LOOK_EVERY_MS = 60_000;

/** A log that is guarded. */
export type GuardedLog = Pick<LogConfiguration, 'name' | 'guard'>;

/** What became of a log's schedule. */
export type GuardState = 'made' | 'changed' | 'as it was' | 'paused';

export interface GuardRun {
  readonly logger: Logger;
  /** Ends the trying when aborted. */
  readonly signal: AbortSignal;
  /** How long to wait after the first failure, in milliseconds. */
  readonly firstPauseMs?: number;
}

/**
 * Makes sure that every log has its guardian, and lets each look at once. Goes on trying until that has succeeded, and
 * throws nothing: a worker without a guardian still rotates.
 */
export async function guardLogs(
  target: TemporalTarget,
  logs: readonly GuardedLog[],
  run: GuardRun,
): Promise<void> {
  const { signal } = run;
  let left = logs;
  let pauseMs = run.firstPauseMs ?? FIRST_PAUSE_MS;
  while (left.length > 0 && !signal.aborted) {
    left = await guardThose(target, left, run);
    if (left.length > 0) {
      await rest(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}

/**
 * Guards every log for as long as the worker runs: a schedule that is gone, with a Temporal database that was lost for
 * example, is made again (H23). Ends when the signal is aborted.
 */
export async function keepGuarded(
  target: TemporalTarget,
  logs: readonly GuardedLog[],
  run: GuardRun & { readonly lookEveryMs?: number },
): Promise<void> {
  for (let unguarded = logs; !run.signal.aborted; unguarded = await unguardedOf(target, logs)) {
    await guardLogs(target, unguarded, run);
    await rest(run.lookEveryMs ?? LOOK_EVERY_MS, undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** The logs whose schedule Temporal does not know; none while it cannot be asked. */
async function unguardedOf(
  target: TemporalTarget,
  logs: readonly GuardedLog[],
): Promise<readonly GuardedLog[]> {
  const asking = withTemporal(target, ({ client }) =>
    Promise.all(logs.map(({ name }) => readSchedule(client, name))),
  );
  // Whoever rotates hears of a Temporal that is away; this asks again.
  const found = await asking.catch(() => []);
  return logs.filter((_, position) => found[position]?.state === 'missing');
}

/** Tries it once for each log; returns those for which it failed. */
async function guardThose(
  target: TemporalTarget,
  logs: readonly GuardedLog[],
  run: GuardRun,
): Promise<readonly GuardedLog[]> {
  const guarding = withTemporal(target, async ({ client, connection }) => {
    const failed: GuardedLog[] = [];
    for (const log of logs) {
      try {
        const state = await connection.withDeadline(Date.now() + CALLS_MS, () =>
          whileNotAborted(connection, run.signal, () => guardLog(client, log, target.taskQueue)),
        );
        tell(state, log, run.logger);
      } catch (error) {
        failed.push(log);
        warn(error, [log], run);
      }
    }
    return failed;
  });
  return await guarding.catch((error: unknown) => {
    warn(error, logs, run);
    return logs;
  });
}

/**
 * Makes the schedule of a log's guardian what the configuration says, and lets it look at once. One that a person has
 * paused stays so, and does not look.
 *
 * @throws when somebody else has changed it meanwhile.
 */
export async function guardLog(client: Client, log: GuardedLog, taskQueue: string): Promise<GuardState> {
  const options = scheduleOf(log, taskQueue);
  let state: GuardState = 'made';
  let schedule: ScheduleHandle;
  try {
    schedule = await client.schedule.create({ scheduleId: guardId(log.name), ...options });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) {
      throw error;
    }
    schedule = client.schedule.getHandle(guardId(log.name));
    const found = await schedule.describe();
    const differs = decided(found) !== decided(options);
    if (differs) {
      await replace(client, found, options);
    }
    if (found.state.paused) {
      return 'paused';
    }
    state = differs ? 'changed' : 'as it was';
  }
  // Without a policy of its own a trigger would start a second look beside a running one.
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  return state;
}

/**
 * Changes what a schedule decides, and not whether it is paused.
 *
 * @throws when somebody else has changed it meanwhile.
 */
async function replace(
  client: Client,
  found: ScheduleDescription,
  { spec, policies, action }: ReturnType<typeof scheduleOf>,
): Promise<void> {
  const { scheduleId } = found;
  const { workflowId, workflowType, taskQueue, workflowExecutionTimeout, args } = action;
  await changeSchedule(client, found, {
    spec: { interval: spec.intervals.map(({ every }) => ({ interval: msToTs(every) })) },
    catchUpMs: policies.catchupWindow,
    startWorkflow: {
      workflowId,
      workflowType: { name: workflowType },
      taskQueue: { name: taskQueue },
      workflowExecutionTimeout: msToTs(workflowExecutionTimeout),
    },
    input: args[0],
  });
  const wanted = decided({ spec, policies, action });
  const ends = performance.now() + TAKEN_UP_MS;
  while (decided(await client.schedule.getHandle(scheduleId).describe()) !== wanted) {
    if (performance.now() > ends) {
      throw new Error('somebody else has changed the schedule meanwhile');
    }
    await rest(LOOK_AGAIN_MS);
  }
}

function scheduleOf({ name, guard }: GuardedLog, taskQueue: string) {
  return {
    spec: { intervals: [{ every: guard.everyMs }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_MS },
    action: {
      type: 'startWorkflow' as const,
      workflowType: GUARD_LOG,
      workflowId: `guard-${name}`,
      args: [{ log: name }],
      taskQueue,
      workflowExecutionTimeout: LOOK_MS,
      staticSummary: `Guardian of ${name}`,
    },
  };
}

/** What a schedule decides, to be compared; the server adds defaults of its own to the rest. */
function decided({ spec, policies, action }: Decides): string {
  const { workflowType, workflowId, taskQueue, args, workflowExecutionTimeout } = action;
  const every = spec.intervals?.map((interval) => interval.every);
  const { overlap, catchupWindow } = policies;
  return JSON.stringify([
    ...[every, overlap, catchupWindow],
    ...[workflowType, workflowId, taskQueue, args, workflowExecutionTimeout],
  ]);
}

/** A schedule as it is asked for, or as the server describes it. */
interface Decides {
  readonly spec: { readonly intervals?: readonly { readonly every: unknown }[] };
  readonly policies: { readonly overlap: unknown; readonly catchupWindow: unknown };
  readonly action: Readonly<Partial<Record<ActionField, unknown>>>;
}

type ActionField = 'workflowType' | 'workflowId' | 'taskQueue' | 'args' | 'workflowExecutionTimeout';

function tell(state: GuardState, { name, guard }: GuardedLog, logger: Logger): void {
  const facts = { log: name, schedule: guardId(name), everyMs: guard.everyMs, recover: guard.recover };
  if (state === 'paused') {
    logger.warn(
      facts,
      `nobody guards ${name}: its schedule is paused; unpause it in Temporal when that is over`,
    );
  } else {
    logger.info(facts, `the guardian of ${name} looks: its schedule is ${state}`);
  }
}

function warn(error: unknown, logs: readonly GuardedLog[], { logger, signal }: GuardRun): void {
  if (signal.aborted) {
    return;
  }
  const names = logs.map(({ name }) => name).join(', ');
  logger.warn(
    { error, logs: logs.map(({ name }) => name) },
    `nobody guards ${names}: the schedule could not be made (${reasonOf(error)}); trying again later. Rotations work without it, but an interrupted one is not noticed`,
  );
}

/** The SDK says in general what failed; what Temporal answered is the cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}
