import type { Manifest } from '../api';
import { DATABASE_IMAGE, LOG_SERVER_IMAGE, LOG_SIGNER_IMAGE } from './images';
import { serviceOf, workload, type Workload } from './workload';

/** Where a shape of installation has Trillian, and what it calls its parts. */
export interface TrillianPlace {
  readonly namespace: string;
  readonly logServer: string;
  readonly signer: string;
  readonly database: string;
  /** The log server's port for calls, and the one for its metrics. */
  readonly calls: number;
  readonly metrics: number;
}

export const DATABASE_PORT = 5_432;
const PASSWORD = 'trillian-database-password';

/** The database of Trillian, with a password that is made for this lab. */
export function databaseManifests(place: TrillianPlace, password: string): readonly Manifest[] {
  const database: Workload = {
    namespace: place.namespace,
    name: place.database,
    image: DATABASE_IMAGE,
    env: [
      { name: 'PGDATA', value: '/data/database' },
      { name: 'PASSWORD_FILE', value: '/password/password' },
      { name: 'LC_ALL', value: 'C' },
    ],
    ports: { postgresql: DATABASE_PORT },
    readinessProbe: { tcpSocket: { port: DATABASE_PORT }, periodSeconds: 1 },
    volumes: [
      { name: 'data', mountPath: '/data', source: { emptyDir: {} } },
      { name: 'password', mountPath: '/password', source: { secret: { secretName: PASSWORD } } },
    ],
  };
  return [
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: place.namespace, name: PASSWORD } },
      stringData: { password },
    },
    workload(database),
    serviceOf(database),
  ];
}

/** Trillian's log server and signer; the database must have its schema. */
export function trillianManifests(place: TrillianPlace): readonly Manifest[] {
  const shared = (name: string, image: string): Workload => ({
    namespace: place.namespace,
    name,
    image,
    args: [
      '--storage_system=postgresql',
      `--postgresql_uri=postgresql://trillian@${place.database}:${DATABASE_PORT}/trillian?sslmode=disable`,
      '--quota_system=postgresql',
      `--rpc_endpoint=0.0.0.0:${place.calls}`,
      `--http_endpoint=0.0.0.0:${place.metrics}`,
    ],
    env: [{ name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: PASSWORD, key: 'password' } } }],
    ports: { grpc: place.calls, metrics: place.metrics },
    readinessProbe: { httpGet: { path: '/healthz', port: place.metrics }, periodSeconds: 1 },
  });
  const logServer = shared(place.logServer, LOG_SERVER_IMAGE);
  const signer = shared(place.signer, LOG_SIGNER_IMAGE);
  return [
    workload(logServer),
    serviceOf(logServer),
    // Without an election: there is no other signer.
    workload({ ...signer, args: [...(signer.args ?? []), '--force_master'] }),
    serviceOf(signer),
  ];
}
