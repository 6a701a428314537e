import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, PatchOperation } from '../../clients/kubernetes/objects';
import { isRefusal } from '../../errors/refusal-error';

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

/** So often the status of a Deployment may come between. */
const TRIES = 10;

/**
 * Repeats what reads an object, decides by that and changes it, as long as somebody changes it between: the status of a Deployment
 * whose pods come and go is another with each of them.
 */
export async function changeAsRead(readAndChange: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await readAndChange();
      return;
    } catch (error) {
      if (!isRefusal(error, 'CLUSTER_CONFLICT') || tries === TRIES) throw error;
    }
  }
}
