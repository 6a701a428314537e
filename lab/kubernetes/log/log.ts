import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Binaries } from '../../../tools/binaries';
import { createTrillianOnPostgresql, postgresqlAnswers } from '../../database/postgresql-client';
import { httpAnswers } from '../../readiness';
import { firstTree } from '../../slots';
import { untilSo, type ClusterApi } from '../api';
import type { StaticImage } from '../image';
import type { ClusterLog } from '../record';
import { logImages } from './images';
import type { LogShape } from './shape';
import { shapes, type ShapeName } from './shapes';
import { DATABASE_PORT, databaseManifests, trillianManifests } from './trillian';

/** Long, because the machine may build programs meanwhile. */
const PATIENCE_MS = 300_000;

/** What a cluster gives to whoever installs a log on it. */
export interface Target {
  readonly api: ClusterApi;
  readonly addImage: (image: StaticImage) => Promise<void>;
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
export async function installLog({ api, addImage }: Target, options: LogOptions): Promise<ClusterLog> {
  const { binaries, report, signal, replicas = 2 } = options;
  const shape = shapes[options.shape];
  for (const image of await logImages(binaries, report)) {
    signal.throwIfAborted();
    await addImage(image);
    report(`image ${image.name} is in the cluster`);
  }
  const namespaces = [...new Set([shape.trillian.namespace, shape.rekor.namespace])];
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
  return { shape: options.shape, namespace, url, instances, trillian, firstTree: treeId };
}

const REKOR_PORT = 3_000;

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
