import type { Manifest } from '../../api';
import { OWN_IMAGE } from '../own-image';
import { workload } from '../workload';
import { OPERATOR, STAND_IN } from './names';

/** The stand-in for the operator in its pod, with an account that may do in its namespace what it does there. */
export function standInManifests(): readonly Manifest[] {
  const metadata = { namespace: OPERATOR.namespace, name: STAND_IN };
  const may = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
    apiGroups: [apiGroup],
    ...{ resources, verbs },
  });
  const made = ['get', 'create', 'patch', 'delete'];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata },
      rules: [
        may('rhtas.redhat.com', ['securesigns'], ['list']),
        may('rhtas.redhat.com', ['rekors'], ['list', ...made]),
        may('rhtas.redhat.com', ['rekors/status'], ['patch']),
        may('', ['configmaps', 'services'], made),
        may('apps', ['deployments'], made),
      ],
    },
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: STAND_IN },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    workload({
      ...{ ...metadata, image: OWN_IMAGE, isConfined: true, serviceAccount: STAND_IN },
      command: ['node', '/app/out/dist/lab/kubernetes/log/operator/program.js'],
      ports: {},
    }),
  ];
}
