import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from '../../../tools/binaries';
import { newGateToken } from '../../configuration';
import {
  createTrillianOnPostgresql,
  makeReaderOnPostgresql,
  postgresqlAnswers,
} from '../../database/postgresql-client';
import { newDatabasePassword } from '../../database/reader';
import { httpAnswers } from '../../readiness';
import { firstTree } from '../../slots';
import { untilSo, type ClusterApi } from '../api';
import type { ClusterFiles } from '../files';
import type { StaticImage } from '../image';
import type { ClusterLog } from '../record';
import { logImages } from './images';
import type { Installing } from './installing';
import { buildOwnImage, OWN_IMAGE } from './own-image';
import { installRekor } from './rekor';
import { installGate, installWorker, writeConfigurationOutside } from './rotation';
import { shapes, type ShapeName } from './shapes';
import { TEMPORAL, temporalManifests, temporalReady } from './temporal';
import { DATABASE_PORT, databaseManifests, trillianManifests } from './trillian';

/** Long, because the machine may build programs meanwhile. */
const PATIENCE_MS = 300_000;

/** What a cluster gives to whoever installs a log on it. */
export interface Target {
  readonly api: ClusterApi;
  readonly addImage: (image: StaticImage) => Promise<void>;
  readonly addArchive: (archive: string) => Promise<void>;
  readonly files: Pick<
    ClusterFiles,
    'images' | 'logs' | 'configuration' | 'gateToken' | 'databasePassword' | 'kubeconfig'
  >;
}

export interface LogOptions {
  readonly shape: ShapeName;
  readonly binaries: Binaries;
  readonly replicas?: number;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Installs a log in this shape, and returns when it serves its first tree through the gate and a worker waits for orders. */
export async function installLog(target: Target, options: LogOptions): Promise<ClusterLog> {
  const { api } = target;
  const { binaries, report, signal, replicas = 2 } = options;
  const shape = shapes[options.shape];
  await addImages(target, options);
  const namespaces = [...new Set([shape.trillian.namespace, shape.rekor.namespace, TEMPORAL.namespace])];
  await api.apply(
    namespaces.map((name) => ({
      ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } },
    })),
  );
  const until = (what: string, ask: () => Promise<boolean>): Promise<void> => {
    const why = async (): Promise<string> =>
      (await Promise.all(namespaces.map((name) => api.describeUnready(name)))).join('\n');
    return untilSo({ what, timeoutMs: PATIENCE_MS, signal, why }, ask);
  };
  await api.apply(temporalManifests);
  const installing: Installing = { api, shape, until };
  const secrets = { gateToken: newGateToken(), databasePassword: newDatabasePassword() };
  const trillian = await installTrillian(installing, binaries, secrets.databasePassword);
  report(`Trillian is ready at ${trillian}`);
  const treeId = await firstTree(trillian);
  const { url, instances } = await installRekor(installing, treeId, replicas);
  report(`Rekor is ready at ${url}`);
  const publicUrl = await installGate(installing, secrets);
  report(`the gate is ready at ${publicUrl}`);
  const { temporal, temporalUi } = await temporalReady(installing);
  report(`Temporal is ready at ${temporal}`);
  await installWorker(installing, temporal);
  report('the worker is ready');
  await writeConfigurationOutside(installing, target.files, secrets);
  return {
    shape: options.shape,
    namespace: shape.rekor.namespace,
    publicUrl,
    url,
    instances,
    trillian,
    firstTree: treeId,
    temporal,
    temporalUi,
    configuration: target.files.configuration,
  };
}

/** Those of other programs, while ours is built. */
async function addImages(target: Target, options: LogOptions): Promise<void> {
  const { addArchive, files } = target;
  const { report, signal } = options;
  const ended = new AbortController();
  const end = (): void => ended.abort(signal.reason);
  signal.addEventListener('abort', end);
  const logFile = join(files.logs, 'image.log');
  const own = buildOwnImage({ folder: files.images, logFile, report, signal: ended.signal });
  try {
    const [archive] = await Promise.all([own, addOthers(target, options)]);
    await addArchive(archive);
    await rm(archive);
    report(`image ${OWN_IMAGE} is in the cluster`);
  } catch (error) {
    end();
    await own.catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function addOthers({ addImage }: Target, { binaries, report, signal }: LogOptions): Promise<void> {
  for (const image of await logImages(binaries, report)) {
    signal.throwIfAborted();
    await addImage(image);
    report(`image ${image.name} is in the cluster`);
  }
}

/** The database with its schema and the user who reads it, the log server and the signer; returns the log server's address. */
async function installTrillian(
  { api, shape, until }: Installing,
  binaries: Binaries,
  readersPassword: string,
): Promise<string> {
  const place = shape.trillian;
  const { namespace } = place;
  const password = newDatabasePassword();
  await api.apply(databaseManifests(place, password));
  const host = await api.serviceAddress(namespace, place.database);
  const url = `postgresql://trillian:${password}@${host}:${DATABASE_PORT}/postgres?sslmode=disable`;
  await until('The database is not ready', () => postgresqlAnswers(url));
  await createTrillianOnPostgresql(url, binaries.trillianSchemaPostgresql);
  await makeReaderOnPostgresql(url, readersPassword);
  await api.apply(trillianManifests(place));
  for (const name of [place.logServer, place.signer]) {
    await until(`${name} is not ready`, () => api.isAvailable(namespace, name));
  }
  const logServer = await api.serviceAddress(namespace, place.logServer);
  await until('The Service of the log server does not answer', () =>
    httpAnswers(`http://${logServer}:${place.metrics}/healthz`, (status) => status === 200),
  );
  return `${logServer}:${place.calls}`;
}
