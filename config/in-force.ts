import { stringify } from 'yaml';
import type { Configuration } from './configuration';
import { formatDuration, formatSize } from './quantities';
import type { TemporalTarget } from './temporal-target';

/**
 * The configuration as it is in force, defaults and environment included, in the shape of the file. Of a secret it
 * says where it is kept; of Temporal's credentials, whether there are any.
 */
export function configurationInForce(configuration: Configuration, target: TemporalTarget): string {
  const { address, namespace, taskQueue, options } = target;
  const credentials = [
    ...(options.tls ? ['TLS'] : []),
    ...(options.apiKey ? ['an API key'] : []),
    ...(options.tls && options.tls !== true && options.tls.clientCertPair ? ['a client certificate'] : []),
  ];
  const { metrics, logs } = configuration;
  const shown = asWritten({
    temporal: { address, namespace, taskQueue },
    ...(metrics !== undefined && { metrics }),
    logs,
  });
  const from = credentials.length > 0 ? `# Temporal is spoken to with ${credentials.join(', ')}.\n` : '';
  return `# ${configuration.file}\n${from}${stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Undoes what programs are told besides: units in names, and names that the path says already. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(asWritten);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const isSecret = 'field' in value;
  const isLog = 'publicUrl' in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isSecret && key === 'field') && !(isLog && key === 'name'))
      .map(([key, inner]) => writtenEntry(key, inner)),
  );
}

function writtenEntry(key: string, value: unknown): [string, unknown] {
  if (key === 'caFile' && typeof value === 'object' && value !== null && 'file' in value) {
    return [key, value.file];
  }
  if (typeof value === 'number' && key.endsWith('Ms')) {
    return [key.slice(0, -'Ms'.length), formatDuration(value)];
  }
  if (typeof value === 'number' && key.endsWith('Bytes')) {
    return [key.slice(0, -'Bytes'.length), formatSize(value)];
  }
  return [key, asWritten(value)];
}
