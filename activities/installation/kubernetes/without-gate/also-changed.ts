import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import type { Place } from '../names';
import { readService } from '../service';

/** What a rotation changes besides what holds the log's configuration. Refuses CLUSTER_OBJECT_MISSING. */
export async function alsoChanged(
  cluster: Cluster,
  place: Place,
  { withoutGate = false }: { readonly withoutGate?: boolean },
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  return withoutGate ? [await readService(cluster, place, bounds)] : [];
}
