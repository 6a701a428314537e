import { labLog } from '../../configuration';
import type { Manifest } from '../api';
import { GATE_FOLDER, GATE_PORTS } from './configuration';
import { OWN_IMAGE } from './own-image';
import { GATE_ADMIN_PORT, GATE_ADMIN_SERVICE, GATE_PORT, GATE_SERVICE, nameOf } from './services';
import { CONFIGURATION_FILE, configurationVolume, gateSecretsVolume } from './settings';
import type { LogShape } from './shape';
import { serviceOf, workload, type Workload } from './workload';

/**
 * The write gate, its Service for clients, and another one for the worker.
 *
 * Its state is on a disk that goes with its pod. A container that starts again in the same pod finds it. A new pod finds
 * none, and so sends to the Service of the standing Deployment, under the number 0, and proves no Rekor until the guardian
 * has told it what to prove. That is where a gate sends at every time but between expose and settle, and the next rotation
 * takes its number from the marks of the trees as well. A pod that is lost between the two is not made good: its writes go
 * to a closed tree and fail, and its reads miss the newest entries, until the rotation has settled (H16).
 */
export function gateManifests({ rekor }: LogShape): readonly Manifest[] {
  const { namespace } = rekor;
  const standing = `http://${nameOf({ namespace, name: rekor.service })}`;
  const gate: Workload = {
    ...{ namespace, name: GATE_SERVICE, image: OWN_IMAGE, isConfined: true },
    args: ['gate', '--config', CONFIGURATION_FILE, '--log', labLog, '--first-instance', standing],
    ports: GATE_PORTS,
    // Not by its state: there is no other gate, and one that has lost its disk still knows where to send.
    readinessProbe: { httpGet: { path: '/readyz?exclude=state', port: GATE_PORTS.admin }, periodSeconds: 1 },
    volumes: [
      configurationVolume,
      gateSecretsVolume,
      { name: 'state', mountPath: GATE_FOLDER, source: { emptyDir: {} } },
    ],
  };
  return [
    workload(gate),
    serviceOf(gate, { ports: { clients: GATE_PORT } }),
    serviceOf(gate, { name: GATE_ADMIN_SERVICE, ports: { admin: GATE_ADMIN_PORT } }),
  ];
}
