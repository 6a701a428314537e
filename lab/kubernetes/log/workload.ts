import type { Manifest } from '../api';

/** A Deployment of one container, as far as the lab's own differ from each other. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  /** Instead of what its image runs. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly unknown[];
  readonly ports: Readonly<Record<string, number>>;
  readonly readinessProbe?: unknown;
  readonly volumes?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly source: object;
    readonly readOnly?: true;
  }[];
  /** The ServiceAccount whose token it gets; without one it gets none. */
  readonly serviceAccount?: string;
  /** It may write to its volumes alone, and becomes nobody else. */
  readonly isConfined?: true;
}

/** One pod, which is ended before the next one starts: what it keeps, or is elected for, is not shared. */
export function workload(wanted: Workload): Manifest {
  const { namespace, name, image, args = [], env = [], ports, readinessProbe, volumes = [] } = wanted;
  const { serviceAccount, isConfined, command } = wanted;
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
          automountServiceAccountToken: serviceAccount !== undefined,
          ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
          securityContext: { runAsNonRoot: true, fsGroup: 65_532 },
          containers: [
            {
              ...{ name, image, imagePullPolicy: 'Never', args, env, readinessProbe },
              ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
              ...(command && { command }),
              ...(isConfined && { securityContext: confined }),
              volumeMounts: volumes.map(({ name: volume, mountPath, readOnly = false }) => ({
                ...{ name: volume, mountPath, readOnly },
              })),
            },
          ],
          volumes: volumes.map(({ name: volume, source }) => ({ name: volume, ...source })),
        },
      },
    },
  };
}

const confined = {
  ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
  capabilities: { drop: ['ALL'] },
};

/** A Service of a workload: with its name and ports, unless there are others, by the names of its ports. */
export function serviceOf(
  { namespace, name: app, ports: own }: Workload,
  { name = app, ports = own }: Partial<Pick<Workload, 'name' | 'ports'>> = {},
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels: { app } },
    spec: {
      selector: { app },
      ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, targetPort: port })),
    },
  };
}
