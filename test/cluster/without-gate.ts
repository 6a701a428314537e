import { openCluster } from '../../activities/clients/kubernetes/cluster';
import { neededRights, rulesOf } from '../../activities/installation/kubernetes/rights';
import { readWorkload } from '../../activities/installation/kubernetes/rekor-workload';
import { PATIENCE_MS } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';
import type { ClusterApi } from '../../lab/kubernetes/api';
import { shapes, type ShapeName } from '../../lab/kubernetes/log/shapes';
import { WORKER } from '../../lab/kubernetes/log/worker';

/** The worker of a cluster may do exactly what it has to where no gate stands before the log. */
export async function allowWithoutGate(
  { api, kubeconfig }: { readonly api: ClusterApi; readonly kubeconfig: string },
  shape: ShapeName,
): Promise<void> {
  const { namespace, deployment, service } = shapes[shape].rekor;
  const standing = await openCluster({ log: labLog, source: { kubeconfig } }).get(
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: deployment },
    { signal: AbortSignal.timeout(PATIENCE_MS) },
  );
  if (!standing) throw new Error('There is no Deployment of Rekor.');
  const place = { log: labLog, namespace, deployment, service };
  const workload = readWorkload(labLog, standing);
  const rules = rulesOf(neededRights(place, { workload, resource: undefined, withoutGate: true }));
  const metadata = { namespace, name: WORKER };
  await api.apply([{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules }]);
}
