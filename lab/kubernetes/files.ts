import { join } from 'node:path';

/** Where a lab on Kubernetes keeps what: everything is below its directory. */
export interface ClusterFiles {
  readonly directory: string;
  /** The number of the cluster and what it was started with: what makes a directory a lab on Kubernetes. */
  readonly record: string;
  readonly owner: string;
  /** For its administrator; works from this machine, outside the cluster's namespaces. */
  readonly kubeconfig: string;
  /** Of rekor-rotate, for whoever runs its commands on this machine, and the secrets that it names. */
  readonly configuration: string;
  readonly gateToken: string;
  readonly databasePassword: string;
  readonly certificates: string;
  /** What is forwarded to a cluster that was there before the lab. */
  readonly forwards: string;
  /** What the cluster's programs are started with. */
  readonly settings: string;
  readonly images: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly kubelet: string;
  /** Lies over /var/log in the cluster, where the kubelet keeps the logs of pods. */
  readonly podLogs: string;
  readonly logs: string;
  readonly running: string;
  /** The first process in the cluster's namespaces, whose end is the end of everything in them. */
  readonly namespaces: string;
  /** Its parent outside, which ends with it, and it with that. */
  readonly holder: string;
  /** Appears when these namespaces are ready. */
  readonly prepared: string;
}

export function clusterFiles(directory: string): ClusterFiles {
  const running = join(directory, 'running');
  return {
    directory,
    record: join(directory, 'cluster.json'),
    owner: join(directory, 'owner'),
    kubeconfig: join(directory, 'kubeconfig'),
    configuration: join(directory, 'rekor-rotate.yaml'),
    gateToken: join(directory, 'gate-token'),
    databasePassword: join(directory, 'database-password'),
    forwards: join(directory, 'forwards.json'),
    certificates: join(directory, 'certificates'),
    settings: join(directory, 'settings'),
    images: join(directory, 'images'),
    etcd: join(directory, 'etcd'),
    containerd: join(directory, 'containerd'),
    kubelet: join(directory, 'kubelet'),
    podLogs: join(directory, 'pod-logs'),
    logs: join(directory, 'logs'),
    running,
    namespaces: join(running, 'namespaces.pid'),
    holder: join(running, 'holder.pid'),
    prepared: join(running, 'namespaces.ready'),
  };
}
