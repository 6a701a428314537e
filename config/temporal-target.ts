import type { NativeConnectionOptions } from '@temporalio/worker';
import { errorReason } from '../activities/errors/error-reason';
import { refuse } from '../activities/errors/refusal-error';
import { withoutCredentials } from '../workflows/model/without-credentials';
import type { TemporalSettings } from './configuration';
import type { Environment } from './environment';

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const DEFAULT_NAMESPACE = 'default';

/** Variables that switch something, and what they may be: @temporalio/envconfig takes any other word for false, silently. */
const SWITCHES = ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'] as const;
const SWITCHED: ReadonlySet<string> = new Set(['true', 'false', '1', '0']);

/** Where Temporal is and how to speak to it; `options` may hold keys and is not for printing. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly options: NativeConnectionOptions;
}

/**
 * TEMPORAL_* of the environment and the profile of Temporal's own configuration file, then the configuration, then
 * Temporal's defaults. Refuses TEMPORAL_SETTINGS_INVALID.
 */
export async function temporalTarget(
  settings: TemporalSettings,
  environment: Environment = process.env,
): Promise<TemporalTarget> {
  for (const name of SWITCHES) {
    const value = environment[name];
    if (value !== undefined && !SWITCHED.has(value)) {
      const reason = `${name} is ${JSON.stringify(withoutCredentials(value))}, and not true, false, 1 or 0`;
      throw refuse('TEMPORAL_SETTINGS_INVALID', { reason });
    }
  }
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set),
    });
    const address = connectionOptions.address ?? settings.address ?? DEFAULT_ADDRESS;
    return {
      address,
      namespace: namespace ?? settings.namespace ?? DEFAULT_NAMESPACE,
      taskQueue: settings.taskQueue,
      options: { ...connectionOptions, address },
    };
  } catch (error) {
    throw refuse('TEMPORAL_SETTINGS_INVALID', { reason: errorReason(error) }, error);
  }
}
