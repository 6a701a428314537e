import type { Client } from '@temporalio/client';
import type { Configuration } from '../../config/configuration';
import { loadConfiguration } from '../../config/load';
import { temporalTarget } from '../../config/temporal-target';
import { logOf } from '../../schedules/dangers';
import { readSchedule, readSchedules, type FoundSchedule } from '../../workers/schedules';
import { connectClient } from '../../workers/temporal-connection';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { logGiven } from '../usage';
import { connectedFor } from '../with-client';
import { scheduleIdOf } from './making';

/** Which schedule a command is about. */
export interface ScheduleOptions {
  readonly config?: string;
  /** The name that `schedule create` was given. */
  readonly name?: string;
  /** The id of a schedule that was made otherwise. */
  readonly id?: string;
}

/**
 * Connects to Temporal as configured, for as long as a command needs it.
 *
 * @param log what the command is about; undefined for all logs. A schedule that is named by its id may be of any log.
 */
export async function withSchedules(
  log: string | undefined,
  options: ScheduleOptions,
  use: (client: Client, configuration: Configuration) => Promise<number>,
): Promise<number> {
  const configuration = loadConfiguration(options.config);
  const temporal = await connectedFor(options.id === undefined ? log : undefined, configuration, async () =>
    connectClient(await temporalTarget(configuration.temporal)),
  );
  try {
    return await use(temporal.client, configuration);
  } finally {
    await temporal.close();
  }
}

/** The schedule that a command names: by its log, by its name, or by its id. */
export async function chosenSchedule(
  client: Client,
  log: string | undefined,
  { config, name, id }: ScheduleOptions,
): Promise<FoundSchedule> {
  const scheduleId = id ?? scheduleIdOf(logGiven(log, { ...(config !== undefined && { config }) }), name);
  const found = await readSchedule(client, scheduleId);
  if (found) {
    return found;
  }
  const all = await readSchedules(client);
  const ofLog = all.filter((one) => log === undefined || logOf(one) === log).map((one) => one.scheduleId);
  const others =
    ofLog.length === 0
      ? 'No schedule rotates it; `rekor-rotate schedule create` makes one.'
      : `There is ${ofLog.join(', ')}: name it with --id.`;
  throw new CommandError(`There is no schedule ${scheduleId}. ${others}`, exitCodes.refused);
}
