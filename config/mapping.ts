import { dirname, resolve } from 'node:path';
import type { Configuration, LogConfiguration } from './configuration';
import { chosenKind, type Kind, type Place } from './kind';
import type { Kinds } from './kinds';
import type { ConfigFile } from './schema';

/** Gives each number its unit's name and makes every path absolute, from the folder of the file. */
export function configurationOf(valid: ConfigFile, file: string, kinds: Kinds): Configuration {
  const absolute = (path: string): string => resolve(dirname(file), path);
  const logs = Object.entries(valid.logs).map(
    ([name, log]) => [name, logOf(name, log, kinds, absolute)] as const,
  );
  const { temporal, metrics } = valid;
  return { file, temporal, ...(metrics !== undefined && { metrics }), logs: Object.fromEntries(logs) };
}

function logOf(
  name: string,
  log: ConfigFile['logs'][string],
  kinds: Kinds,
  absolute: Place['absolute'],
): LogConfiguration {
  const placeOf = (section: string): Place => ({
    absolute,
    secret: (key, source) => ({
      field: `logs.${name}.${section}.${key}`,
      ...('file' in source ? { file: absolute(source.file) } : source),
    }),
  });
  const { publicUrl, hostname, trillian, gate, rotation, guard } = log;
  const { address, logServerMetrics, signerMetrics } = trillian;
  const { listen, admin } = gate;
  const { attempts, sampleEntries, ifNextFails } = rotation;
  return {
    name,
    publicUrl,
    ...(hostname !== undefined && { hostname }),
    ...(log.tls && { authorities: { field: `logs.${name}.tls.caFile`, file: absolute(log.tls.caFile) } }),
    trillian: {
      ...{ address, logServerMetrics, signerMetrics },
      ...(trillian.tls && {
        tls: {
          ...trillian.tls,
          ...(trillian.tls.caFile && { caFile: absolute(trillian.tls.caFile) }),
          ...(trillian.tls.certificateFile && { certificateFile: absolute(trillian.tls.certificateFile) }),
          ...(trillian.tls.keyFile && { keyFile: absolute(trillian.tls.keyFile) }),
        },
      }),
      signerIntervalMs: trillian.signerInterval,
      guardWindowMs: trillian.guardWindow,
      clockDifferenceMs: trillian.clockDifference,
      ...(trillian.database && {
        database: configured(kinds.database, trillian.database, placeOf('trillian.database')),
      }),
    },
    gate: {
      ...{ listen, admin },
      token: placeOf('gate').secret('token', gate.token),
      stateFile: absolute(gate.stateFile),
      spoolDirectory: absolute(gate.spoolDirectory),
      maxWaitMs: gate.maxWait,
      bodyInMemoryBytes: gate.bodyInMemory,
      bodyMemoryBytes: gate.bodyMemory,
      spoolSizeBytes: gate.spoolSize,
      bodyLimitBytes: gate.bodyLimit,
    },
    installation: configured(kinds.installation, log.installation, placeOf('installation')),
    rotation: {
      ...{ attempts, sampleEntries, ifNextFails },
      pauseBetweenAttemptsMs: rotation.pauseBetweenAttempts,
      criticalSectionMs: rotation.criticalSection,
      soakMs: rotation.soak,
      stopCurrentAfterMs: rotation.stopCurrentAfter,
    },
    guard: { everyMs: guard.every, recover: guard.recover },
  };
}

function configured<Configured extends { readonly kind: string }>(
  kinds: readonly Kind<Configured>[],
  valid: { readonly kind: string },
  place: Place,
): Configured {
  const kind = chosenKind(kinds, valid);
  if (!kind) {
    throw new Error(`The schema let the kind ${valid.kind} through, which nothing maps.`);
  }
  return kind.configured(valid, place);
}
