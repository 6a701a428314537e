import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import type { Access } from './installation';

/**
 * The cluster that a kubeconfig names, or that of this pod. Nothing is asked yet. Refuses CLUSTER_CREDENTIALS_UNUSABLE.
 *
 * @param log its name in the configuration, for messages.
 */
export function openNamespace(log: string, { kubeconfig, context }: Access): Cluster {
  return openCluster({
    log,
    source:
      kubeconfig === undefined
        ? { inCluster: true }
        : { kubeconfig, ...(context !== undefined && { context }) },
  });
}
