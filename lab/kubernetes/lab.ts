import { ensureBinaries } from '../../tools/binaries';
import { ensureClusterBinaries } from '../../tools/cluster-binaries';
import { postgresqlFolder } from '../../tools/postgresql';
import { startCluster, type RunningCluster } from './cluster';
import { clusterFiles } from './files';
import type { NamedCluster } from './existing/access';
import { checkExisting, startOnExisting } from './existing/start';
import { addImages, installLog } from './log/log';
import { shapes, type ShapeForExisting, type ShapeName } from './log/shapes';
import type { ClusterLog } from './record';
import { requireForCluster, requireForImages } from './requirements';

/** A cluster that is there already, and what brings images to its nodes. */
export interface ExistingChoice {
  readonly named: NamedCluster;
  readonly loadWith?: string | undefined;
}

/** How the log is installed, null for the cluster alone; and where, if not on a cluster of the lab's own. */
export type LabPlace =
  | { readonly shape: ShapeName | null; readonly existing?: undefined }
  | { readonly shape: ShapeForExisting; readonly existing: ExistingChoice };

interface Starting {
  readonly directory: string;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export type LabOnKubernetes = Starting & LabPlace;

/** Starts a cluster, or takes one that is there, and installs a log on it. What is missing on this machine is said before minutes are spent on programs. */
export async function startLabOnKubernetes(options: LabOnKubernetes): Promise<RunningCluster> {
  const { signal } = options;
  try {
    return options.existing === undefined ? await startOnOwn(options) : await startOnOther(options);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

async function startOnOwn(options: Starting & Pick<LabPlace, 'shape'>): Promise<RunningCluster> {
  const { directory, shape, report, signal } = options;
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
    await installed(cluster, options, async () => {
      await addImages(cluster, { binaries: ofTheLog, report, signal });
      return await installLog(cluster, { shape, binaries: ofTheLog, report, signal });
    });
  }
  return cluster;
}

async function startOnOther(
  options: Starting & Extract<LabPlace, { readonly existing: ExistingChoice }>,
): Promise<RunningCluster> {
  const { directory, shape, existing, report, signal } = options;
  requireForImages();
  postgresqlFolder();
  const prepared = { directory, shape: shapes[shape], report, signal };
  const checked = await checkExisting(existing.named, prepared);
  const binaries = await ensureBinaries(report, { signal });
  const cluster = await startOnExisting(checked, { ...prepared, binaries, loadWith: existing.loadWith });
  await installed(cluster, options, () => installLog(cluster, { shape, binaries, report, signal }));
  return cluster;
}

/** Installs a log on a cluster and records it. */
async function installed(
  cluster: RunningCluster,
  { report, signal }: Pick<Starting, 'report' | 'signal'>,
  install: () => Promise<ClusterLog>,
): Promise<void> {
  try {
    await cluster.record(await install());
  } catch (error) {
    // What failed by itself is left to be looked at; what a person broke off leaves nothing.
    if (signal.aborted) {
      await cluster.stop();
    } else {
      await cluster.leave();
      report(
        `What there is of it runs on, for a look; \`rekor-rotate lab down --directory ${cluster.files.directory}\` ends it.`,
      );
    }
    throw error;
  }
}
