import { resolve } from 'node:path';
import { clusterAt, type Cluster } from '../../../activities/clients/kubernetes/cluster';
import { openClusterAccess } from '../../../activities/clients/kubernetes/cluster-access';
import {
  clusterRequests,
  type ClusterRequests,
} from '../../../activities/clients/kubernetes/cluster-requests';
import { loadKubeconfig, unusableSource } from '../../../activities/clients/kubernetes/kubeconfig';
import { FIELD_MANAGER } from '../api';
import type { ExistingCluster } from '../record';

/** What the lab is called in messages about a cluster that was there before it. */
export const LAB = 'the lab';

/** Whoever asks for such a cluster: a file, and a context of it if not its current one. */
export interface NamedCluster {
  readonly kubeconfig: string;
  readonly context?: string;
}

/** Which cluster that is. Nothing is asked yet. Refuses CLUSTER_CREDENTIALS_UNUSABLE. */
export function existingCluster(named: NamedCluster): ExistingCluster {
  const source = { ...named, kubeconfig: resolve(named.kubeconfig) };
  const { config, server } = loadKubeconfig(source, unusableSource(LAB, source));
  return { kubeconfig: source.kubeconfig, context: config.getCurrentContext(), server };
}

/** A cluster that was there before the lab, each call to which has its time. */
export interface OpenedCluster {
  readonly cluster: Cluster;
  readonly requests: ClusterRequests;
}

/** Refuses CLUSTER_CREDENTIALS_UNUSABLE. */
export function openExisting({ kubeconfig, context }: ExistingCluster): OpenedCluster {
  const access = openClusterAccess(LAB, { kubeconfig, context });
  return { cluster: clusterAt(LAB, access, FIELD_MANAGER), requests: clusterRequests(LAB, access) };
}

/** How `kubectl` is told of this cluster. */
export function kubectl({ kubeconfig, context }: ExistingCluster): string {
  return `kubectl --kubeconfig ${kubeconfig} --context ${context}`;
}
