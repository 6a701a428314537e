import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import { readWorkload } from '../../../activities/installation/kubernetes/rekor-workload';
import { neededRights, rulesOf } from '../../../activities/installation/kubernetes/rights';
import { labLog } from '../../configuration';
import type { Manifest } from '../api';
import { OWN_IMAGE } from './own-image';
import { CONFIGURATION_FILE, configurationVolume, METRICS_PORT, workerSecretsVolume } from './settings';
import type { LogShape } from './shape';
import { workload } from './workload';

/** The worker, its account and its Role have one name. */
export const WORKER = 'rekor-rotate-worker';

/** What it has begun in a critical section outlives its container there. */
const RUNTIME_FOLDER = '/run/rekor-rotate';

/** The worker, and an account that may do in the namespace of Rekor what a rotation does there, and nothing elsewhere. */
export function workerManifests(shape: LogShape): readonly Manifest[] {
  const { rekor } = shape;
  const metadata = { namespace: rekor.namespace, name: WORKER };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata },
      rules: rulesOf(rightsOfWorker(shape)),
    },
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: WORKER },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    workload({
      ...{ ...metadata, image: OWN_IMAGE, isConfined: true, serviceAccount: WORKER },
      args: ['worker', '--config', CONFIGURATION_FILE],
      ports: { metrics: METRICS_PORT },
      // It says that the process runs; whether it polls its task queue, Temporal knows. The page itself is too long for a
      // probe, which breaks off after 10 KiB, of which the worker warns each time (k8s.io/kubernetes: pkg/probe/http/http.go).
      readinessProbe: { tcpSocket: { port: METRICS_PORT }, periodSeconds: 1 },
      env: [{ name: 'RUNTIME_DIRECTORY', value: RUNTIME_FOLDER }],
      volumes: [
        ...[configurationVolume, workerSecretsVolume],
        { name: 'runtime', mountPath: RUNTIME_FOLDER, source: { emptyDir: { medium: 'Memory' } } },
      ],
    }),
  ];
}

/** Exactly what a rotation needs: names and all, so that no key can be read. */
export function rightsOfWorker(shape: LogShape): ReturnType<typeof neededRights> {
  const manifests = shape.rekorManifests({ treeId: ANY_TREE, signingKey: '', hostname: '', replicas: 1 });
  const found = (wanted: string) =>
    manifests.find(({ kind }) => kind === wanted) as unknown as KubernetesObject | undefined;
  const [deployment, owner, rekor] = [found('Deployment'), found('Securesign'), found('Rekor')];
  if (deployment === undefined) throw new Error('The shape has no Deployment.');
  const asFound = readWorkload(labLog, deployment);
  const resource = owner && rekor && { owner, rekor };
  return neededRights({ log: labLog, ...shape.rekor }, { workload: asFound, resource });
}

/** Where a Deployment has its tree does not depend on which. */
const ANY_TREE = '1';
