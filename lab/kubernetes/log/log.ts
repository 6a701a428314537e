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
import { installGate, installWorker, writeConfigurationOutside, type Outside } from './rotation';
import type { LogShape } from './shape';
import { shapes, type ShapeName } from './shapes';
import { TEMPORAL, temporalManifests, temporalReady } from './temporal';
import { DATABASE_PORT, databaseManifests, trillianManifests } from './trillian';
import { httpAt, type Ways } from './ways';

/** Long, because the machine may build programs meanwhile. */
const PATIENCE_MS = 300_000;

/** What a cluster gives to whoever installs a log on it. */
export interface Target extends ImageTarget, Outside {
  readonly files: ImageTarget['files'] & Outside['files'];
  readonly api: ClusterApi;
  readonly ways: Ways;
}

/** Where images are put for a cluster. */
export interface ImageTarget {
  readonly files: Pick<ClusterFiles, 'images' | 'logs'>;
  /** Makes an image and puts it where the cluster finds it; pods use it with `imagePullPolicy: Never`. */
  readonly addImage: (image: StaticImage) => Promise<void>;
  /** The same with an image that is in an archive already, of the kind that `docker save` writes; takes the archive. */
  readonly addArchive: (archive: string, name: string) => Promise<void>;
  /** What an image is to be called that has this content, of which it is told a hash. Absent: as it is. */
  readonly nameImage?: (name: string, content: string) => string;
}

export interface LogOptions {
  readonly shape: ShapeName;
  readonly binaries: Binaries;
  readonly replicas?: number;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Installs a log in this shape, whose images are there, and returns when it serves its first tree through the gate and a worker waits for orders. */
export async function installLog(target: Target, options: LogOptions): Promise<ClusterLog> {
  const { api, ways } = target;
  const { binaries, report, signal, replicas = 2 } = options;
  const shape = shapes[options.shape];
  const namespaces = namespacesOf(shape);
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
  const installing: Installing = { api, ways, shape, until };
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
  await writeConfigurationOutside(installing, target, secrets);
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

/** The namespaces that a log of this shape has. */
export function namespacesOf({ trillian, rekor }: LogShape): readonly string[] {
  return [...new Set([trillian.namespace, rekor.namespace, TEMPORAL.namespace])];
}

type ImageOptions = Pick<LogOptions, 'binaries' | 'report' | 'signal'>;

/** Puts the images of a log where a cluster finds them: those of other programs, while ours is built. */
export async function addImages(target: ImageTarget, options: ImageOptions): Promise<void> {
  const { addArchive, files, nameImage } = target;
  const { report, signal } = options;
  const ended = new AbortController();
  const end = (): void => ended.abort(signal.reason);
  signal.addEventListener('abort', end);
  const logFile = join(files.logs, 'image.log');
  const naming = nameImage && { nameImage };
  const own = buildOwnImage({ folder: files.images, logFile, report, signal: ended.signal, ...naming });
  try {
    const [{ archive, name }] = await Promise.all([own, addOthers(target, options)]);
    await addArchive(archive, name);
    report(`image ${OWN_IMAGE} is made`);
  } catch (error) {
    end();
    await own.catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function addOthers(
  { addImage }: ImageTarget,
  { binaries, report, signal }: ImageOptions,
): Promise<void> {
  for (const image of await logImages(binaries, report)) {
    signal.throwIfAborted();
    await addImage(image);
    report(`image ${image.name} is made`);
  }
}

/** The database with its schema and the user who reads it, the log server and the signer; returns the log server's address. */
async function installTrillian(
  { api, ways, shape, until }: Installing,
  binaries: Binaries,
  readersPassword: string,
): Promise<string> {
  const place = shape.trillian;
  const { namespace } = place;
  const password = newDatabasePassword();
  await api.apply(databaseManifests(place, password));
  const database = await ways.service({ namespace, name: place.database, port: DATABASE_PORT });
  const url = `postgresql://trillian:${password}@${database}/postgres?sslmode=disable`;
  await until('The database is not ready', () => postgresqlAnswers(url));
  await createTrillianOnPostgresql(url, binaries.trillianSchemaPostgresql);
  await makeReaderOnPostgresql(url, readersPassword);
  await api.apply(trillianManifests(place));
  for (const name of [place.logServer, place.signer]) {
    await until(`${name} is not ready`, () => api.isAvailable(namespace, name));
  }
  const logServer = { namespace, name: place.logServer };
  const health = `${httpAt(await ways.service({ ...logServer, port: place.metrics }))}/healthz`;
  await until('The Service of the log server does not answer', () =>
    httpAnswers(health, (status) => status === 200),
  );
  return await ways.service({ ...logServer, port: place.calls });
}
