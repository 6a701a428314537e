import { releasesOf } from '../../../activities/installation/kubernetes/names';
import { launcherSecretName } from '../../../activities/installation/kubernetes/next-objects';
import { labLog } from '../../configuration';
import type { Manifest } from '../api';
import { OWN_IMAGE } from './own-image';
import { CONFIGURATION_FILE, configurationVolume, METRICS_PORT, workerSecretsVolume } from './settings';
import type { LogShape } from './shape';
import { workload } from './workload';

/** The worker, its account and its Role have one name. */
export const WORKER = 'rekor-rotate-worker';

/** The worker, and an account that may do in the namespace of Rekor what a rotation does there, and nothing elsewhere. */
export function workerManifests({ rekor }: LogShape): readonly Manifest[] {
  const metadata = { namespace: rekor.namespace, name: WORKER };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: rulesFor(rekor) },
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
      volumes: [configurationVolume, workerSecretsVolume],
    }),
  ];
}

/** By kinds of objects; Secrets by their names, so that no key can be read. */
function rulesFor(rekor: LogShape['rekor']): readonly unknown[] {
  const place = { log: labLog, ...rekor };
  return [
    {
      ...{ apiGroups: [''], resources: ['configmaps'] },
      verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'],
    },
    {
      ...{ apiGroups: ['apps'], resources: ['deployments', 'replicasets'] },
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
    // Deleted where nothing else ends the Rekor in one, or lets it read its configuration anew.
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get'] },
    { apiGroups: [''], resources: ['events'], verbs: ['list'] },
    {
      ...{ apiGroups: [''], resources: ['secrets'] },
      // With names, only server-side apply can create: no other request has the name where it is authorized.
      resourceNames: [releasesOf(place).copy.id, launcherSecretName(place)],
      verbs: ['get', 'create', 'patch', 'delete'],
    },
    {
      ...{ apiGroups: ['coordination.k8s.io'], resources: ['leases'] },
      verbs: ['get', 'create', 'patch'],
    },
  ];
}
