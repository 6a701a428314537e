import { ensureBinaries } from '../../tools/binaries';
import { ensureClusterBinaries } from '../../tools/cluster-binaries';
import { postgresqlFolder } from '../../tools/postgresql';
import { startCluster, type RunningCluster } from './cluster';
import { clusterFiles } from './files';
import { addImages, installLog } from './log/log';
import type { ShapeName } from './log/shapes';
import { requireForCluster } from './requirements';

export interface LabOnKubernetes {
  readonly directory: string;
  /** How the log is installed; null for the cluster alone. */
  readonly shape: ShapeName | null;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Starts a cluster and installs a log on it. What is missing on this machine is said before minutes are spent on programs. */
export async function startLabOnKubernetes({
  directory,
  shape,
  report,
  signal,
}: LabOnKubernetes): Promise<RunningCluster> {
  try {
    requireForCluster(clusterFiles(directory));
    if (shape !== null) {
      postgresqlFolder();
    }
    const [binaries, ofTheLog] = await Promise.all([
      ensureClusterBinaries({ report, signal }),
      shape === null ? null : ensureBinaries(report, { signal }),
    ]);
    const cluster = await startCluster({ directory, binaries, report, signal });
    if (shape !== null && ofTheLog !== null) {
      try {
        await addImages(cluster, { binaries: ofTheLog, report, signal });
        await cluster.record(await installLog(cluster, { shape, binaries: ofTheLog, report, signal }));
      } catch (error) {
        // What failed by itself is left to be looked at; what a person broke off leaves nothing.
        if (signal.aborted) {
          await cluster.stop();
        } else {
          await cluster.leave();
          report(
            `The cluster runs on, for a look; \`rekor-rotate lab down --directory ${cluster.files.directory}\` ends it.`,
          );
        }
        throw error;
      }
    }
    return cluster;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
