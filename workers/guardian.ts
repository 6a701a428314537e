import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { errorReason } from '../activities/errors/error-reason';
import { guardId } from '../workflows/messages';
import type { GuardResult } from '../workflows/model/guarding';
import { refusal, type Refusal } from '../workflows/model/refusals';

/** A guardian that has ended no look for so many times the time between two is silent. */
const MISSED_LOOKS = 3;

/** What Temporal knows of a log's guardian; whoever wants to know how a log fares asks this, with or without a worker. */
export interface Guardian {
  readonly schedule: GuardianSchedule;
  /** The last look that ended with a result; null when Temporal remembers none. */
  readonly lastLook: LastLook | null;
  /** A look that ended without one, after that. */
  readonly failure: { readonly workflowId: string; readonly at: Date; readonly reason: string } | null;
}

export type GuardianSchedule =
  | { readonly state: 'missing' }
  | {
      readonly state: 'runs' | 'paused';
      /** Why it is paused, in the words of who did that; empty when they gave none. */
      readonly note: string;
      readonly madeAt: Date;
      /** Milliseconds between two looks. */
      readonly everyMs: number | undefined;
    };

export interface LastLook {
  readonly workflowId: string;
  readonly endedAt: Date;
  readonly result: GuardResult;
}

/**
 * Reads it. The looks are found by the schedule that Temporal notes on each of them, so that they are found also when the
 * schedule has stopped or was made anew.
 *
 * @param known an earlier answer; a look that it has is not fetched again.
 */
export async function readGuardian(client: Client, log: string, known?: Guardian): Promise<Guardian> {
  const [schedule, completed, failed] = await Promise.all([
    readSchedule(client, log),
    newest(client, log, '"Completed"'),
    newest(client, log, '"Failed", "TimedOut", "Terminated", "Canceled"'),
  ]);
  const lastLook = completed && (await readLook(client, completed, known?.lastLook ?? null));
  const failure = failed && (!lastLook || failed.endedAt > lastLook.endedAt) ? failed : null;
  return { schedule, lastLook, failure: failure && (await readFailure(client, failure)) };
}

/** Reads the schedule of a log's guardian. */
export async function readSchedule(client: Client, log: string): Promise<GuardianSchedule> {
  try {
    const { state, info, spec } = await client.schedule.getHandle(guardId(log)).describe();
    return {
      state: state.paused ? 'paused' : 'runs',
      note: state.note ?? '',
      madeAt: info.createdAt,
      everyMs: spec.intervals?.[0]?.every,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) {
      return { state: 'missing' };
    }
    throw error;
  }
}

interface EndedLook {
  readonly workflowId: string;
  readonly runId: string;
  readonly endedAt: Date;
}

/** The look that ended last in one of these ways: lists begin with what was closed last. */
async function newest(client: Client, log: string, statuses: string): Promise<EndedLook | null> {
  const query = `TemporalScheduledById = "${guardId(log)}" AND ExecutionStatus IN (${statuses})`;
  for await (const { workflowId, runId, closeTime } of client.workflow.list({ query, pageSize: 1 })) {
    return closeTime ? { workflowId, runId, endedAt: closeTime } : null;
  }
  return null;
}

async function readLook(
  client: Client,
  { workflowId, runId, endedAt }: EndedLook,
  known: LastLook | null,
): Promise<LastLook> {
  if (known?.workflowId === workflowId && known.endedAt.getTime() === endedAt.getTime()) {
    return known;
  }
  const result = (await client.workflow.getHandle(workflowId, runId).result()) as GuardResult;
  return { workflowId, endedAt, result };
}

async function readFailure(
  client: Client,
  { workflowId, runId, endedAt }: EndedLook,
): Promise<NonNullable<Guardian['failure']>> {
  const reason = await client.workflow
    .getHandle(workflowId, runId)
    .result()
    .then(() => 'it completed after all', errorReason);
  return { workflowId, at: endedAt, reason };
}

/** Whose looks are awaited, and since when. */
export interface Awaited {
  readonly log: string;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Since when somebody waits for a look; one that ended before counts as well. */
  readonly since: Date;
}

/** The alarm about a guardian that has not looked for too long; null while it looks as often as it should. */
export function silenceOf(guardian: Guardian, awaited: Awaited, now: Date): Refusal | null {
  const seen = Math.max(guardian.lastLook?.endedAt.getTime() ?? 0, awaited.since.getTime());
  return now.getTime() - seen > MISSED_LOOKS * awaited.everyMs ? silent(guardian, awaited, now) : null;
}

/** The same for somebody who asks once: a schedule that is paused or missing is told at once. */
export function absenceOf(guardian: Guardian, awaited: Awaited, now: Date): Refusal | null {
  return guardian.schedule.state === 'runs'
    ? silenceOf(guardian, awaited, now)
    : silent(guardian, awaited, now);
}

function silent({ schedule, lastLook }: Guardian, { log, everyMs }: Awaited, now: Date): Refusal {
  return refusal('GUARDIAN_SILENT', {
    log,
    schedule: schedule.state,
    note: schedule.state === 'missing' ? '' : schedule.note,
    silentForMs: lastLook && now.getTime() - lastLook.endedAt.getTime(),
    everyMs,
  });
}
