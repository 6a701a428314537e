import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { errorReason } from '../activities/errors/error-reason';
import { OwnWords } from '../activities/errors/own-words';
import { refuse } from '../activities/errors/refusal-error';
import { checkDocument } from './check';
import type { Configuration, LogConfiguration, SecretReference, SlotConfiguration } from './configuration';
import { readDocument } from './document';
import type { Environment } from './environment';
import { ConfigurationError } from './problems';
import type { ConfigFile } from './schema';

const DEFAULT_FILE = 'rekor-rotate.yaml';

/**
 * Reads and validates the configuration: the given file, else the one that REKOR_ROTATE_CONFIG names, else
 * `rekor-rotate.yaml` in the working folder. Secrets are not read.
 *
 * @throws ConfigurationError with every problem at once.
 */
export function loadConfiguration(path?: string, environment: Environment = process.env): Configuration {
  const named = path ?? (environment['REKOR_ROTATE_CONFIG'] || undefined);
  const file = resolve(named ?? DEFAULT_FILE);
  const document = readDocument(contentOf(file, path, environment));
  const checked = checkDocument(document);
  if ('problems' in checked) {
    throw new ConfigurationError(file, checked.problems);
  }
  return configurationOf(checked.valid, file);
}

/** The configuration of one log; refuses UNKNOWN_LOG with the nearest name. */
export function logNamed(configuration: Configuration, name: string): LogConfiguration {
  const log = Object.hasOwn(configuration.logs, name) ? configuration.logs[name] : undefined;
  if (log) {
    return log;
  }
  const known = Object.keys(configuration.logs);
  throw refuse('UNKNOWN_LOG', { log: name, known, nearest: closest(name, known) });
}

function contentOf(file: string, asked: string | undefined, environment: Environment): string {
  try {
    if (statSync(file).isDirectory()) {
      throw new OwnWords('it is a directory');
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const tried = asked
      ? 'it was named with --config'
      : environment['REKOR_ROTATE_CONFIG']
        ? 'REKOR_ROTATE_CONFIG names it'
        : `tried were --config (not given), REKOR_ROTATE_CONFIG (not set) and ${DEFAULT_FILE} in the working folder`;
    const found = `a file that cannot be read (${errorReason(error)})`;
    throw new ConfigurationError(file, [{ path: '', found, allowed: `a readable file; ${tried}` }], {
      cause: error,
    });
  }
}

/** Gives each number its unit's name and makes every path absolute, from the folder of the file. */
function configurationOf(valid: ConfigFile, file: string): Configuration {
  const absolute = (path: string): string => resolve(dirname(file), path);
  const logs = Object.entries(valid.logs).map(([name, log]) => [name, logOf(name, log, absolute)] as const);
  const { temporal, metrics } = valid;
  return { file, temporal, ...(metrics !== undefined && { metrics }), logs: Object.fromEntries(logs) };
}

function logOf(
  name: string,
  log: ConfigFile['logs'][string],
  absolute: (path: string) => string,
): LogConfiguration {
  const secretOf = (field: string, found: { file: string } | { environment: string }): SecretReference => ({
    field: `logs.${name}.${field}`,
    ...('file' in found ? { file: absolute(found.file) } : found),
  });
  const slots = Object.entries(log.installation.slots).map(
    ([slot, { environmentFile, shardingFile, ...rest }]) => {
      const files = { environmentFile: absolute(environmentFile), shardingFile: absolute(shardingFile) };
      return [slot, { ...rest, ...files } satisfies SlotConfiguration] as const;
    },
  );
  const { trillian, gate, rotation, guard } = log;
  return {
    name,
    publicUrl: log.publicUrl,
    ...(log.hostname !== undefined && { hostname: log.hostname }),
    ...(log.tls && { authorities: { field: `logs.${name}.tls.caFile`, file: absolute(log.tls.caFile) } }),
    trillian: {
      address: trillian.address,
      ...(trillian.tls && {
        tls: {
          ...trillian.tls,
          ...(trillian.tls.caFile && { caFile: absolute(trillian.tls.caFile) }),
          ...(trillian.tls.certificateFile && { certificateFile: absolute(trillian.tls.certificateFile) }),
          ...(trillian.tls.keyFile && { keyFile: absolute(trillian.tls.keyFile) }),
        },
      }),
      logServerMetrics: trillian.logServerMetrics,
      signerMetrics: trillian.signerMetrics,
      signerIntervalMs: trillian.signerInterval,
      guardWindowMs: trillian.guardWindow,
      clockDifferenceMs: trillian.clockDifference,
      ...(trillian.database && {
        database: { url: secretOf('trillian.database.url', trillian.database.url) },
      }),
    },
    gate: {
      listen: gate.listen,
      admin: gate.admin,
      token: secretOf('gate.token', gate.token),
      stateFile: absolute(gate.stateFile),
      spoolDirectory: absolute(gate.spoolDirectory),
      maxWaitMs: gate.maxWait,
      bodyInMemoryBytes: gate.bodyInMemory,
      bodyMemoryBytes: gate.bodyMemory,
      spoolSizeBytes: gate.spoolSize,
      bodyLimitBytes: gate.bodyLimit,
    },
    installation: { ...log.installation, slots: Object.fromEntries(slots) },
    rotation: {
      attempts: rotation.attempts,
      pauseBetweenAttemptsMs: rotation.pauseBetweenAttempts,
      criticalSectionMs: rotation.criticalSection,
      soakMs: rotation.soak,
      stopCurrentAfterMs: rotation.stopCurrentAfter,
      sampleEntries: rotation.sampleEntries,
      ifNextFails: rotation.ifNextFails,
    },
    guard: { everyMs: guard.every, recover: guard.recover },
  };
}
