import type { Configuration } from '../config/configuration';
import { loadConfiguration, logNamed } from '../config/load';
import { RotationClient } from './rotation-client';

/**
 * Connects to Temporal as configured, for as long as a command needs it.
 *
 * @param log what the command is about; undefined for all logs.
 */
export async function withClient(
  log: string | undefined,
  options: { readonly config?: string },
  use: (client: RotationClient, configuration: Configuration) => Promise<number>,
): Promise<number> {
  const configuration = loadConfiguration(options.config);
  const client = await connectedFor(log, configuration, () => RotationClient.connect(configuration));
  try {
    return await use(client, configuration);
  } finally {
    await client.close();
  }
}

/**
 * Connects for a command about a log. One that the configuration does not have any more may still have run, which only Temporal
 * knows. Where that cannot be asked, the name is what is wrong first: it is refused with those that there are.
 *
 * @throws whatever connecting throws; UNKNOWN_LOG before that where there is no such log.
 */
export async function connectedFor<Connected>(
  log: string | undefined,
  configuration: Configuration,
  connect: () => Promise<Connected>,
): Promise<Connected> {
  try {
    return await connect();
  } catch (error) {
    if (log !== undefined) {
      logNamed(configuration, log);
    }
    throw error;
  }
}
