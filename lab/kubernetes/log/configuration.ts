import { stringify } from 'yaml';
import { labLog, shortRotation, taskQueue } from '../../configuration';
import { READER } from '../../database/reader';
import { OWN_IMAGE } from './own-image';
import { GATE_ADMIN_PORT, GATE_POD_PORT, GATE_PORT, GATE_SERVICE, nameOf, type WayTo } from './services';
import type { LogShape } from './shape';
import { TEMPORAL } from './temporal';
import { DATABASE_PORT } from './trillian';
import { httpAt } from './ways';

/** Where the gate listens in its pod. */
export const GATE_PORTS = { clients: GATE_POD_PORT, admin: GATE_ADMIN_PORT } as const;

/** Where the gate keeps its state and its spool. */
export const GATE_FOLDER = '/var/lib/rekor-rotate';

/** For whom a configuration is written: what differs between a pod of the cluster and this machine. */
export interface Reader {
  readonly at: WayTo;
  /** Files with the token of the gate, and with the password of the user who reads the database. */
  readonly gateToken: string;
  readonly databasePassword: string;
  /** `IP:port` where a worker shows its metrics. Absent: nowhere. */
  readonly metrics?: string;
  /** Where the cluster is, and as whom. Absent: the ServiceAccount of the pod. */
  readonly access?: { readonly kubeconfig: string; readonly context?: string };
  /** What the image with the launcher is called in the cluster, if not as the lab calls it. */
  readonly launcherImage?: string;
}

/** The name in Rekor's checkpoints: the host at which clients in the cluster reach the log. */
export function hostnameOf({ rekor }: LogShape): string {
  return nameOf({ namespace: rekor.namespace, name: GATE_SERVICE });
}

/** The configuration of the lab's log, the same for whoever reads it but for the ways that lead there. */
export function configurationText(shape: LogShape, reader: Reader): string {
  const { trillian, rekor } = shape;
  const { at, gateToken, databasePassword, metrics, access, launcherImage = OWN_IMAGE } = reader;
  const metricsAt = (service: 'logServer' | 'signer'): string =>
    `http://${at(service, trillian.metrics)}/metrics`;
  // Its last colon is before the port.
  const [host, port] = at('database', DATABASE_PORT).split(/:(?=\d+$)/);
  const configuration = {
    temporal: { address: at('temporal', TEMPORAL.port), namespace: 'default', taskQueue },
    ...(metrics !== undefined && { metrics }),
    logs: {
      [labLog]: {
        publicUrl: httpAt(at('gate', GATE_PORT)),
        hostname: hostnameOf(shape),
        trillian: {
          address: at('logServer', trillian.calls),
          logServerMetrics: [metricsAt('logServer')],
          signerMetrics: [metricsAt('signer')],
          database: {
            ...{ kind: 'postgresql', host, port: Number(port) },
            ...{ database: 'trillian', user: READER, password: { file: databasePassword } },
          },
        },
        gate: {
          listen: `0.0.0.0:${GATE_PORTS.clients}`,
          admin: `0.0.0.0:${GATE_PORTS.admin}`,
          adminAddress: at('gateAdmin', GATE_ADMIN_PORT),
          token: { file: gateToken },
          stateFile: `${GATE_FOLDER}/gate.json`,
          spoolDirectory: `${GATE_FOLDER}/spool`,
        },
        installation: {
          kind: 'kubernetes',
          namespace: rekor.namespace,
          deployment: rekor.deployment,
          service: rekor.service,
          launcherImage,
          entrypoint: ['rekor-server'],
          ...access,
        },
        rotation: shortRotation,
      },
    },
  };
  return stringify(configuration, { lineWidth: 0 });
}
