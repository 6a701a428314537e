import { ensureTool } from './binaries';
import type { BuildOptions } from './build-tool';
import { ensureContainerPrograms, type ContainerPrograms } from './container-programs';
import { clusterTools } from './pinned';

/** Absolute paths of the programs of a cluster. */
export interface ClusterBinaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubelet: string;
  readonly proxy: string;
  /** Static, for images: the name server, and what holds a pod's network. */
  readonly coredns: string;
  readonly pause: string;
  readonly containers: ContainerPrograms;
}

/**
 * Finds or builds what a cluster runs. The containers' programs come first: what is missing there is known at once, before
 * minutes are spent. The rest is built side by side.
 */
export async function ensureClusterBinaries(options: BuildOptions): Promise<ClusterBinaries> {
  const containers = await ensureContainerPrograms({ report: options.report });
  const found = new Map((await ensureAll(options)).flatMap((files) => [...files]));
  const at = (name: string): string => {
    const path = found.get(name);
    if (path === undefined) {
      throw new Error(`No pinned tool of the cluster has a file named ${name}.`);
    }
    return path;
  };
  return {
    etcd: at('etcd'),
    apiServer: at('kube-apiserver'),
    controllerManager: at('kube-controller-manager'),
    scheduler: at('kube-scheduler'),
    kubelet: at('kubelet'),
    proxy: at('kube-proxy'),
    coredns: at('coredns'),
    pause: at('pause'),
    containers,
  };
}

/** One that fails ends the others. */
async function ensureAll({ report, signal }: BuildOptions): Promise<readonly ReadonlyMap<string, string>[]> {
  const ended = new AbortController();
  const end = (): void => ended.abort(signal?.reason);
  signal?.addEventListener('abort', end);
  try {
    const all = clusterTools.map((tool) => ensureTool(tool, { report, signal: ended.signal }));
    return await Promise.all(all).catch(async (error: unknown) => {
      ended.abort(error);
      await Promise.allSettled(all);
      throw error;
    });
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
