import { writeFile } from 'node:fs/promises';
import { taskQueue } from '../../configuration';
import { workerPolls } from '../../readiness';
import type { ClusterFiles } from '../files';
import { configurationText } from './configuration';
import { gateManifests } from './gate';
import { untilServed, type Installing } from './installing';
import { OWN_IMAGE } from './own-image';
import { GATE_PORT, servicesOf, waysFromHere } from './services';
import { rotationSettings, type RotationSecrets } from './settings';
import { httpAt } from './ways';
import { WORKER, workerManifests } from './worker';

/** What rotates a log, beside it in the cluster: the write gate, the worker, and what both are told. */

/** Rekor must answer at its Service. Returns the URL of the gate's, at which this machine reaches the log like any client. */
export async function installGate(installing: Installing, secrets: RotationSecrets): Promise<string> {
  const { api, ways, shape, until } = installing;
  await api.apply([...rotationSettings(shape, secrets), ...gateManifests(shape)]);
  const { namespace, name } = servicesOf(shape).gate;
  await until('The gate is not ready', () => api.isAvailable(namespace, name));
  const url = httpAt(await ways.service({ namespace, name, port: GATE_PORT }));
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

/** What is known of a cluster outside of it. */
export interface Outside {
  readonly files: Pick<ClusterFiles, 'configuration' | 'gateToken' | 'databasePassword'>;
  /** How its administrator reaches it. */
  readonly access: { readonly kubeconfig: string; readonly context?: string };
  /** What an image of the lab is called there. */
  readonly imageName: (name: string) => string;
}

/** Writes the configuration with which commands on this machine reach the log, and the secrets that it names. */
export async function writeConfigurationOutside(
  { ways, shape }: Pick<Installing, 'ways' | 'shape'>,
  { files, access, imageName }: Outside,
  secrets: RotationSecrets,
): Promise<void> {
  const { configuration, gateToken, databasePassword } = files;
  await writeFile(gateToken, `${secrets.gateToken}\n`, { mode: 0o600 });
  await writeFile(databasePassword, `${secrets.databasePassword}\n`, { mode: 0o600 });
  const at = await waysFromHere(ways, shape);
  const launcherImage = imageName(OWN_IMAGE);
  const text = configurationText(shape, { at, gateToken, databasePassword, access, launcherImage });
  await writeFile(
    configuration,
    `# Written by \`rekor-rotate lab up\`, for commands on this machine.\n${text}`,
  );
}
