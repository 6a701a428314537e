import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, PatchOperation } from '../../clients/kubernetes/objects';

/** Changes an object that is as it was read. Refuses CLUSTER_CONFLICT where it is not any more. */
export async function changeObject(
  cluster: Cluster,
  { apiVersion, kind, metadata }: KubernetesObject,
  operations: readonly PatchOperation[],
  bounds: CallBounds,
): Promise<void> {
  const { namespace, name, resourceVersion = '' } = metadata;
  await cluster.patch({ apiVersion, kind, namespace, name }, resourceVersion, operations, bounds);
}
