import { connectGate } from '../activities/gate';
import { hostInstallation, type HostOptions } from '../activities/installation/host';
import { connectPostgresql } from '../activities/tree-queue/postgresql';
import { connectRekor } from '../activities/clients/rekor';
import { connectMetrics } from '../activities/clients/metrics';
import type { LogSystems } from '../activities/systems';
import { connectTrillian } from '../activities/clients/trillian';
import { logVerifier } from '../activities/verification/verification';
import type { HostConfiguration, LogConfiguration, RotationConfiguration } from '../config/configuration';
import { readSecret } from '../config/secrets';

const MINUTE_MS = 60_000;

/** Connects the systems of one log as configured: the one place that knows every adapter. */
export function connectSystems(configuration: LogConfiguration): LogSystems {
  const { name: log, trillian, gate, installation, rotation, guard, publicUrl, hostname } = configuration;
  const { authorities } = configuration;
  const { database } = trillian;
  return {
    log,
    publicUrl,
    ...(hostname !== undefined && { hostname }),
    trillian: connectTrillian({ log, address: trillian.address, ...(trillian.tls && { tls: trillian.tls }) }),
    metrics: connectMetrics({
      ...{ log, authorities },
      ...{ logServers: trillian.logServerMetrics, signers: trillian.signerMetrics },
    }),
    ...(database && { queue: connectPostgresql({ log, url: () => readSecret(database.url) }) }),
    rekor: connectRekor({ log, authorities }),
    gate: connectGate({ log, url: `http://${gate.admin}`, token: () => readSecret(gate.token) }),
    installation: hostInstallation({
      log,
      treeIdVariable: installation.treeIdVariable,
      slots: slotsOf(installation),
    }),
    verifier: logVerifier({ log, authorities, clockDifferenceMs: trillian.clockDifferenceMs }),
    timing: rotation,
    drain: trillian,
    sampleEntries: rotation.sampleEntries,
    guard: { recover: guard.recover, stuckAfterMs: stuckAfterMs(rotation) },
    addresses: { trillian: trillian.address, gateAdmin: gate.admin },
  };
}

/** A rotation's history stands still while it soaks, pauses or lets the current slot serve on; well above that it is stuck. */
function stuckAfterMs({ soakMs, pauseBetweenAttemptsMs, stopCurrentAfterMs }: RotationConfiguration): number {
  return 5 * MINUTE_MS + Math.max(5 * MINUTE_MS, 2 * soakMs, pauseBetweenAttemptsMs, stopCurrentAfterMs);
}

function slotsOf({ slots }: HostConfiguration): HostOptions['slots'] {
  return Object.fromEntries(
    Object.entries(slots).map(([name, { url, environmentFile, shardingFile, ...commands }]) => [
      name,
      { url, environmentFile, shardingFile, commands },
    ]),
  );
}
