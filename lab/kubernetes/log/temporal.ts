import type { Manifest } from '../api';
import { TEMPORAL_IMAGE } from './images';
import { serviceOf, workload, type Workload } from './workload';

export const TEMPORAL = { namespace: 'temporal', name: 'temporal', port: 7_233, uiPort: 8_233 } as const;

const temporal: Workload = {
  namespace: TEMPORAL.namespace,
  name: TEMPORAL.name,
  image: TEMPORAL_IMAGE,
  args: [
    ...['server', 'start-dev', '--ip', '0.0.0.0', '--port', String(TEMPORAL.port)],
    ...['--ui-port', String(TEMPORAL.uiPort), '--db-filename', '/data/temporal.db'],
  ],
  ports: { grpc: TEMPORAL.port, ui: TEMPORAL.uiPort },
  readinessProbe: { tcpSocket: { port: TEMPORAL.port }, periodSeconds: 1 },
  volumes: [{ name: 'data', mountPath: '/data', source: { emptyDir: {} } }],
};

/** Temporal's development server, whose history lives as long as its pod. */
export const temporalManifests: readonly Manifest[] = [workload(temporal), serviceOf(temporal)];
