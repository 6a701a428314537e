import type { Logger } from 'pino';
import type { TemporalTarget } from '../config/temporal-target';
import { dangersOf, logOf } from '../schedules/dangers';
import { readSchedules } from './schedules';
import { whileNotAborted, withTemporal } from './temporal-connection';

/** How long Temporal may take to tell of its schedules, in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Warns once of schedules of this task queue that are set dangerously: a person may have made them in Temporal's UI, which
 * cannot set most of it. Throws nothing: what a schedule starts judges by itself, too.
 */
export async function warnOfSchedules(
  target: TemporalTarget,
  known: readonly string[],
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const schedules = await withTemporal(target, ({ client, connection }) =>
      connection.withDeadline(Date.now() + ANSWER_MS, () =>
        whileNotAborted(connection, signal, () => readSchedules(client, target.taskQueue)),
      ),
    );
    for (const schedule of schedules) {
      for (const danger of dangersOf(schedule, schedules, known)) {
        const { scheduleId } = schedule;
        logger.warn(
          { schedule: scheduleId, log: logOf(schedule) },
          `the schedule ${scheduleId} is set dangerously: ${danger}`,
        );
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      logger.warn({ error }, 'the schedules that rotate logs could not be looked at');
    }
  }
}
