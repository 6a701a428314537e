import { writeFile } from 'node:fs/promises';
import { taskQueue } from '../../configuration';
import { workerPolls } from '../../readiness';
import type { ClusterFiles } from '../files';
import { configurationText } from './configuration';
import { gateManifests } from './gate';
import { untilServed, type Installing } from './installing';
import { hostsOutside, servicesOf } from './services';
import { rotationSettings, type RotationSecrets } from './settings';
import { WORKER, workerManifests } from './worker';

/** What rotates a log, beside it in the cluster: the write gate, the worker, and what both are told. */

/** Rekor must answer at its Service. Returns the URL of the gate's, at which this machine reaches the log like any client. */
export async function installGate(installing: Installing, secrets: RotationSecrets): Promise<string> {
  const { api, shape, until } = installing;
  await api.apply([...rotationSettings(shape, secrets), ...gateManifests(shape)]);
  const { namespace, name } = servicesOf(shape).gate;
  await until('The gate is not ready', () => api.isAvailable(namespace, name));
  const url = `http://${await api.serviceAddress(namespace, name)}`;
  await untilServed(installing, 'The Service of the gate', url);
  return url;
}

/** Needs what `installGate` has made. Returns when the worker takes tasks from Temporal at this address, `HOST:PORT`. */
export async function installWorker({ api, shape, until }: Installing, temporal: string): Promise<void> {
  const startedAt = Date.now();
  await api.apply(workerManifests(shape));
  await until('The worker is not ready', () => api.isAvailable(shape.rekor.namespace, WORKER));
  await until('The worker polls no task queue', () => workerPolls(temporal, taskQueue, startedAt));
}

/** Writes the configuration with which commands on this machine reach the log, and the secrets that it names. */
export async function writeConfigurationOutside(
  { api, shape }: Pick<Installing, 'api' | 'shape'>,
  files: Pick<ClusterFiles, 'configuration' | 'gateToken' | 'databasePassword' | 'kubeconfig'>,
  secrets: RotationSecrets,
): Promise<void> {
  const { configuration, gateToken, databasePassword, kubeconfig } = files;
  await writeFile(gateToken, `${secrets.gateToken}\n`, { mode: 0o600 });
  await writeFile(databasePassword, `${secrets.databasePassword}\n`, { mode: 0o600 });
  const hosts = await hostsOutside(api, shape);
  const text = configurationText(shape, { hosts, gateToken, databasePassword, kubeconfig });
  await writeFile(
    configuration,
    `# Written by \`rekor-rotate lab up\`, for commands on this machine.\n${text}`,
  );
}
