import type { Manifest } from '../api';

/** A Deployment of one container, as far as the lab's own differ from each other. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly unknown[];
  readonly ports: Readonly<Record<string, number>>;
  readonly readinessProbe: unknown;
  readonly volumes?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly source: object;
  }[];
}

/** One pod, which is ended before the next one starts: what it keeps, or is elected for, is not shared. */
export function workload(wanted: Workload): Manifest {
  const { namespace, name, image, args = [], env = [], ports, readinessProbe, volumes = [] } = wanted;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, labels },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, fsGroup: 65_532 },
          containers: [
            {
              ...{ name, image, imagePullPolicy: 'Never', args, env, readinessProbe },
              ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
              volumeMounts: volumes.map(({ name: volume, mountPath }) => ({ name: volume, mountPath })),
            },
          ],
          volumes: volumes.map(({ name: volume, source }) => ({ name: volume, ...source })),
        },
      },
    },
  };
}

/** The Service of a workload, with the same ports. */
export function serviceOf({ namespace, name, ports }: Workload): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels: { app: name } },
    spec: {
      selector: { app: name },
      ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, targetPort: port })),
    },
  };
}
