import { temporalAnswers } from '../../readiness';
import type { Manifest } from '../api';
import { TEMPORAL_IMAGE } from './images';
import type { Installing } from './installing';
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

/** Waits until Temporal answers, and returns its address and that of its web page, as this machine reaches them. */
export async function temporalReady({
  api,
  ways,
  until,
}: Installing): Promise<{ readonly temporal: string; readonly temporalUi: string }> {
  const { namespace, name, port, uiPort } = TEMPORAL;
  await until('Temporal is not ready', () => api.isAvailable(namespace, name));
  const address = await ways.service({ namespace, name, port });
  await until('Temporal does not answer', () => temporalAnswers(address));
  return { temporal: address, temporalUi: `http://${await ways.service({ namespace, name, port: uiPort })}` };
}
