import type { Client } from '@temporalio/client';
import { foundOrRefused } from '../activities/errors/refusal-error';
import { lockHolder } from '../activities/steps/lock';
import { registeredAttributes } from '../activities/steps/search-attributes';
import type { LogConfiguration } from '../config/configuration';
import type { TemporalTarget } from '../config/temporal-target';
import { dangersOf, logOf } from '../schedules/dangers';
import { lockId, ROTATE_UNDER_LOCK } from '../workflows/messages';
import { checked, failedCheck, passedCheck, type Check } from '../workflows/model/checks';
import { CLOSED_EXECUTIONS } from '../workflows/model/executions';
import { refusal } from '../workflows/model/refusals';
import type { RotationResult } from '../workflows/model/result';
import { searchAttributeNames } from '../workflows/model/search-attributes';
import { absenceOf, readGuardian } from './guardian';
import { pollersOf } from '../activities/clients/pollers';
import { readSchedules } from './schedules';
import { attributesByHand } from './search-attributes';
import { connectClient, temporalRefusal, whileNotAborted, type TemporalClient } from './temporal-connection';

/** How long Temporal may take over all that it is asked, in milliseconds. */
const ANSWERS_MS = 10_000;

/** So many rotations that ended are looked through for one that completed. */
const MOST_LOOKED_AT = 5;

/** What Temporal says of a log. */
export interface TemporalFindings {
  readonly checks: readonly Check[];
  /** A rotation or recovery holds the log: what it has changed so far would look like faults. */
  readonly isTaken: boolean;
  /** The last rotation that completed; null when Temporal remembers none. */
  readonly lastRotation: RotationResult | null;
}

/** What a rotation needs of Temporal. Changes nothing. Throws what none of the checks is about. */
export async function examineTemporal(
  target: TemporalTarget,
  log: Pick<LogConfiguration, 'name' | 'guard'>,
  signal: AbortSignal,
): Promise<TemporalFindings> {
  const { found: temporal, refusal: refused } = await foundOrRefused(() => connectClient(target));
  if (!temporal) {
    return { checks: [failedCheck('TEMPORAL_ANSWERS', refused)], isTaken: false, lastRotation: null };
  }
  const { connection } = temporal;
  try {
    return await connection.withDeadline(Date.now() + ANSWERS_MS, () =>
      whileNotAborted(connection, signal, () => examine(temporal, target, log)),
    );
  } catch (error) {
    signal.throwIfAborted();
    const said = temporalRefusal(error, target);
    if (!said) throw error;
    return { checks: [failedCheck('TEMPORAL_ANSWERS', said.refusal)], isTaken: false, lastRotation: null };
  } finally {
    await temporal.close();
  }
}

async function examine(
  temporal: TemporalClient,
  target: TemporalTarget,
  log: Pick<LogConfiguration, 'name' | 'guard'>,
): Promise<TemporalFindings> {
  const { client } = temporal;
  const { address, namespace } = target;
  const [version, taken, lastRotation, ...checks] = await Promise.all([
    versionOf(temporal),
    foundOrRefused(() => lockHolder(client, log.name)),
    lastCompleted(client, log.name),
    workerPolls(temporal, target),
    attributesRegistered(client, namespace),
    guardianLooks(client, log),
    schedulesSafe(client, target, log.name),
  ]);
  const against = taken.found
    ? refusal('ROTATION_IN_PROGRESS', { log: log.name, ...taken.found })
    : taken.refusal;
  return {
    checks: [
      passedCheck('TEMPORAL_ANSWERS', { address, namespace, version }),
      ...checked('NO_ROTATION_RUNS', { log: log.name }, against ? [against] : []),
      ...checks.flat(),
    ],
    isTaken: against !== null,
    lastRotation,
  };
}

async function versionOf({ connection }: TemporalClient): Promise<string> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  return serverVersion;
}

/** Workflows and activities have pollers of their own: a worker that was started without one of them rotates nothing. */
async function workerPolls(
  { connection }: TemporalClient,
  { address, namespace, taskQueue }: TemporalTarget,
): Promise<Check[]> {
  const nowMs = Date.now();
  const polling = await Promise.all(
    (['workflows', 'activities'] as const).map(
      async (kind) => (await pollersOf(connection, { namespace, taskQueue }, kind, nowMs)).polling,
    ),
  );
  const workers = [...new Set(polling.flat())].filter((one) => polling.every((those) => those.includes(one)));
  return checked(
    'WORKER_POLLS',
    { taskQueue, workers },
    workers.length === 0 ? [refusal('NO_WORKER', { taskQueue, namespace, address })] : [],
  );
}

async function attributesRegistered(client: Client, namespace: string): Promise<Check[]> {
  const registered = await registeredAttributes(client);
  const missing = searchAttributeNames.filter((name) => !registered.includes(name));
  if (missing.length === 0) {
    return [passedCheck('ATTRIBUTES_REGISTERED', { namespace })];
  }
  const found = { namespace, missing, command: attributesByHand(namespace, missing) };
  return [failedCheck('ATTRIBUTES_REGISTERED', refusal('SEARCH_ATTRIBUTES_MISSING', found), 'warning')];
}

/** Who would notice an interrupted rotation, and what they have seen. */
async function guardianLooks(
  client: Client,
  { name, guard }: Pick<LogConfiguration, 'name' | 'guard'>,
): Promise<Check[]> {
  const now = new Date();
  const guardian = await readGuardian(client, name);
  const { schedule, lastLook } = guardian;
  const everyMs = (schedule.state === 'missing' ? undefined : schedule.everyMs) ?? guard.everyMs;
  const since = schedule.state === 'missing' ? new Date(0) : schedule.madeAt;
  const absence = absenceOf(guardian, { log: name, everyMs, since }, now);
  const agoSeconds = Math.max(Math.round((now.getTime() - (lastLook?.endedAt ?? since).getTime()) / 1000), 0);
  const alarms = absence ? [absence] : (lastLook?.result.alarms ?? []);
  if (alarms.length > 0) {
    const seen = absence ? '' : `${agoSeconds} s ago the guardian found: `;
    return alarms.map((alarm) =>
      failedCheck('GUARDIAN_LOOKS', { ...alarm, message: seen + alarm.message }, 'warning'),
    );
  }
  return [passedCheck('GUARDIAN_LOOKS', { log: name, agoSeconds })];
}

async function schedulesSafe(client: Client, { taskQueue }: TemporalTarget, log: string): Promise<Check[]> {
  const all = await readSchedules(client, taskQueue);
  const ofLog = all.filter((schedule) => logOf(schedule) === log);
  const dangerous = ofLog.flatMap((schedule) =>
    dangersOf(schedule, all).map((danger) => ({ schedule: schedule.scheduleId, danger })),
  );
  return dangerous.length === 0
    ? [passedCheck('SCHEDULES_SAFE', { log, schedules: ofLog.map(({ scheduleId }) => scheduleId) })]
    : dangerous.map((found) =>
        failedCheck('SCHEDULES_SAFE', refusal('SCHEDULE_DANGEROUS', found), 'warning'),
      );
}

/** The result of the last rotation that completed, as long as Temporal keeps it: how long things took there. */
async function lastCompleted(client: Client, log: string): Promise<RotationResult | null> {
  const query = `WorkflowId = "${lockId(log)}" AND WorkflowType = "${ROTATE_UNDER_LOCK}" AND ${CLOSED_EXECUTIONS}`;
  let looked = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: MOST_LOOKED_AT })) {
    const result = await client.workflow
      .getHandle<() => Promise<RotationResult>>(workflowId, runId, { followRuns: false })
      .result()
      .catch(() => null);
    if (result?.outcome === 'completed') return result;
    looked += 1;
    if (looked === MOST_LOOKED_AT) break;
  }
  return null;
}
