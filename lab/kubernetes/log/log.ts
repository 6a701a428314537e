import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from '../../../tools/binaries';
import { createTrillianOnPostgresql, postgresqlAnswers } from '../../database/postgresql-client';
import { httpAnswers, temporalAnswers } from '../../readiness';
import { firstTree } from '../../slots';
import { untilSo, type ClusterApi } from '../api';
import type { ClusterFiles } from '../files';
import type { StaticImage } from '../image';
import type { ClusterLog } from '../record';
import { logImages } from './images';
import { buildOwnImage, OWN_IMAGE } from './own-image';
import type { LogShape } from './shape';
import { shapes, type ShapeName } from './shapes';
import { TEMPORAL, temporalManifests } from './temporal';
import { DATABASE_PORT, databaseManifests, trillianManifests } from './trillian';

/** Long, because the machine may build programs meanwhile. */
const PATIENCE_MS = 300_000;

/** What a cluster gives to whoever installs a log on it. */
export interface Target {
  readonly api: ClusterApi;
  readonly addImage: (image: StaticImage) => Promise<void>;
  readonly addArchive: (archive: string) => Promise<void>;
  readonly files: Pick<ClusterFiles, 'images' | 'logs'>;
}

export interface LogOptions {
  readonly shape: ShapeName;
  readonly binaries: Binaries;
  readonly replicas?: number;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Installs a log in this shape, and returns when each of its instances serves the first tree. */
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
  const trillian = await installTrillian({ api, shape, until, binaries });
  report(`Trillian is ready at ${trillian}`);
  const treeId = await firstTree(trillian);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { namespace, deployment, service } = shape.rekor;
  const hostname = `${service}.${namespace}.svc`;
  await api.apply(shape.rekorManifests({ treeId, signingKey, hostname, replicas }));
  await until('Rekor is not ready', () => api.isAvailable(namespace, deployment));
  // Where the shape has no probes, a pod counts as ready before it listens.
  const pods = await api.podAddresses(namespace, deployment);
  const instances = pods.map((address) => `http://${address}:${REKOR_PORT}`);
  for (const instance of instances) {
    await until(`Rekor at ${instance} does not answer`, () =>
      httpAnswers(`${instance}/api/v1/log`, (status) => status === 200),
    );
  }
  const url = `http://${await api.serviceAddress(namespace, service)}`;
  await until('The Service of Rekor does not answer', () =>
    httpAnswers(`${url}/api/v1/log`, (status) => status === 200),
  );
  report(`Rekor is ready at ${url}`);
  await until('Temporal is not ready', () => api.isAvailable(TEMPORAL.namespace, TEMPORAL.name));
  const temporalHost = await api.serviceAddress(TEMPORAL.namespace, TEMPORAL.name);
  const temporal = `${temporalHost}:${TEMPORAL.port}`;
  await until('Temporal does not answer', () => temporalAnswers(temporal));
  const temporalUi = `http://${temporalHost}:${TEMPORAL.uiPort}`;
  report(`Temporal is ready at ${temporal}`);
  return {
    shape: options.shape,
    namespace,
    url,
    instances,
    trillian,
    firstTree: treeId,
    temporal,
    temporalUi,
  };
}

const REKOR_PORT = 3_000;

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

interface Installing {
  readonly api: ClusterApi;
  readonly shape: LogShape;
  readonly until: (what: string, ask: () => Promise<boolean>) => Promise<void>;
  readonly binaries: Binaries;
}

/** The database with its schema, the log server and the signer; returns the log server's address. */
async function installTrillian({ api, shape, until, binaries }: Installing): Promise<string> {
  const place = shape.trillian;
  const { namespace } = place;
  const password = randomBytes(18).toString('base64url');
  await api.apply(databaseManifests(place, password));
  const host = await api.serviceAddress(namespace, place.database);
  const url = `postgresql://trillian:${password}@${host}:${DATABASE_PORT}/postgres?sslmode=disable`;
  await until('The database is not ready', () => postgresqlAnswers(url));
  await createTrillianOnPostgresql(url, binaries.trillianSchemaPostgresql);
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
