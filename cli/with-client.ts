import type { Configuration } from '../config/configuration';
import { loadConfiguration } from '../config/load';
import { RotationClient } from './rotation-client';

/** Connects to Temporal as configured, for as long as a command needs it. */
export async function withClient(
  options: { readonly config?: string },
  use: (client: RotationClient, configuration: Configuration) => Promise<number>,
): Promise<number> {
  const configuration = loadConfiguration(options.config);
  const client = await RotationClient.connect(configuration);
  try {
    return await use(client, configuration);
  } finally {
    await client.close();
  }
}
