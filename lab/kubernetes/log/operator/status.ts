import { openClusterAccess } from '../../../../activities/clients/kubernetes/cluster-access';
import { clusterRequests } from '../../../../activities/clients/kubernetes/cluster-requests';
import type { AccessSource } from '../../../../activities/clients/kubernetes/kubeconfig';
import { OPERATOR, STAND_IN } from './names';
import type { Operated } from './reconcile';

/** How the status of a Rekor is written, with every digit of its tree. */
export function statusWriter(source: AccessSource): Operated['writeStatus'] {
  const requests = clusterRequests(STAND_IN, openClusterAccess(STAND_IN, source));
  return async ({ metadata }, status, bounds) => {
    const { namespace = '', name } = metadata;
    await requests.change(
      {
        ...{ verb: 'patch', object: `rekors/status ${namespace}/${name}`, method: 'PATCH', dryRun: false },
        path: `/apis/${OPERATOR.apiVersion}/namespaces/${namespace}/rekors/${name}/status`,
        query: { fieldManager: STAND_IN },
        contentType: 'application/merge-patch+json',
        body: { status },
      },
      () => true,
      bounds,
    );
  };
}
