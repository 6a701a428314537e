import { stringify } from 'yaml';
import { labLog, shortRotation, taskQueue } from '../../configuration';
import { READER } from '../../database/reader';
import { OWN_IMAGE } from './own-image';
import { GATE_SERVICE, nameOf, type ServiceHosts } from './services';
import type { LogShape } from './shape';
import { TEMPORAL } from './temporal';
import { DATABASE_PORT } from './trillian';

/** Where the gate listens in its pod. */
export const GATE_PORTS = { clients: 3_000, admin: 3_100 } as const;

/** Where the gate keeps its state and its spool. */
export const GATE_FOLDER = '/var/lib/rekor-rotate';

/** For whom a configuration is written: what differs between a pod of the cluster and this machine. */
export interface Reader {
  readonly hosts: ServiceHosts;
  /** Files with the token of the gate, and with the password of the user who reads the database. */
  readonly gateToken: string;
  readonly databasePassword: string;
  /** `IP:port` where a worker shows its metrics. Absent: nowhere. */
  readonly metrics?: string;
  /** Absent: the ServiceAccount of the pod. */
  readonly kubeconfig?: string;
}

/** The name in Rekor's checkpoints: the host at which clients in the cluster reach the log. */
export function hostnameOf({ rekor }: LogShape): string {
  return nameOf({ namespace: rekor.namespace, name: GATE_SERVICE });
}

/** The configuration of the lab's log, the same for whoever reads it but for the ways that lead there. */
export function configurationText(shape: LogShape, reader: Reader): string {
  const { trillian, rekor } = shape;
  const { hosts, gateToken, databasePassword, metrics, kubeconfig } = reader;
  const metricsAt = (host: string): string => `http://${host}:${trillian.metrics}/metrics`;
  const configuration = {
    temporal: { address: `${hosts.temporal}:${TEMPORAL.port}`, namespace: 'default', taskQueue },
    ...(metrics !== undefined && { metrics }),
    logs: {
      [labLog]: {
        publicUrl: `http://${hosts.gate}`,
        hostname: hostnameOf(shape),
        trillian: {
          address: `${hosts.logServer}:${trillian.calls}`,
          logServerMetrics: [metricsAt(hosts.logServer)],
          signerMetrics: [metricsAt(hosts.signer)],
          database: {
            ...{ kind: 'postgresql', host: hosts.database, port: DATABASE_PORT },
            ...{ database: 'trillian', user: READER, password: { file: databasePassword } },
          },
        },
        gate: {
          listen: `0.0.0.0:${GATE_PORTS.clients}`,
          admin: `0.0.0.0:${GATE_PORTS.admin}`,
          adminAddress: `${hosts.gateAdmin}:${GATE_PORTS.admin}`,
          token: { file: gateToken },
          stateFile: `${GATE_FOLDER}/gate.json`,
          spoolDirectory: `${GATE_FOLDER}/spool`,
        },
        installation: {
          kind: 'kubernetes',
          namespace: rekor.namespace,
          deployment: rekor.deployment,
          service: rekor.service,
          launcherImage: OWN_IMAGE,
          entrypoint: ['rekor-server'],
          ...(kubeconfig !== undefined && { kubeconfig }),
        },
        rotation: shortRotation,
      },
    },
  };
  return stringify(configuration, { lineWidth: 0 });
}
