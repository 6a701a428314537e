import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Binaries } from '../../../tools/binaries';
import { ClusterApi } from '../api';
import { startIn, type RunningCluster } from '../cluster';
import { clusterFiles } from '../files';
import { addImages, namespacesOf } from '../log/log';
import { portsFromOutside } from '../log/services';
import type { LogShape } from '../log/shape';
import { readClusterRecord, writeClusterRecord, type ExistingCluster } from '../record';
import { existingCluster, openExisting, type NamedCluster } from './access';
import { startForwards } from './forwards';
import { imageArchives } from './images';
import { requireImages } from './loading';
import { forExisting } from './manifests';
import { makeNamespaces, requireFreeNamespaces } from './namespaces';
import { requireUsable } from './preflight';

/** A cluster that was there before the lab and may have it. */
export interface CheckedCluster {
  readonly place: ExistingCluster;
  /** The nodes that may get pods of the lab. */
  readonly nodes: readonly string[];
}

export interface ExistingOptions {
  readonly directory: string;
  readonly shape: LogShape;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Looks whether a lab can be in this cluster, and changes nothing. Throws an error that says what to do when it cannot. */
export async function checkExisting(
  named: NamedCluster,
  { directory, shape, signal }: Pick<ExistingOptions, 'directory' | 'shape' | 'signal'>,
): Promise<CheckedCluster> {
  const place = existingCluster(named);
  const opened = openExisting(place);
  const nodes = await requireUsable(opened, shape, signal);
  // What this lab has left there is removed when it is started.
  const own = (await readClusterRecord(clusterFiles(resolve(directory))))?.existing?.lab;
  await requireFreeNamespaces(opened.cluster, namespacesOf(shape), { place, own, signal });
  return { place, nodes };
}

/** Prepares such a cluster for a log: namespaces of its own, images on its nodes, and ports of this machine that lead there. */
export async function startOnExisting(
  { place, nodes }: CheckedCluster,
  options: ExistingOptions & {
    /** Of what images are made. */
    readonly binaries: Binaries;
    /** A command of the shell that brings an archive with an image to the nodes. */
    readonly loadWith?: string | undefined;
  },
): Promise<RunningCluster> {
  const { directory, shape, binaries, loadWith, report, signal } = options;
  return await startIn({ directory, report, signal }, async (files) => {
    const existing = { ...place, lab: randomUUID() };
    const record = { cluster: null, existing };
    // From here on whoever comes later knows that there is something to remove.
    await writeClusterRecord(files, { ...record, log: null });
    const archives = imageArchives(files);
    await addImages(archives.target, { binaries, report, signal });

    const { cluster } = openExisting(place);
    const namespaces = namespacesOf(shape);
    await makeNamespaces(cluster, namespaces, { lab: existing.lab, directory: files.directory }, signal);
    report(`the namespaces ${namespaces.join(', ')} are made in the cluster at ${place.server}`);
    const asking = { cluster, namespace: shape.rekor.namespace, nodes, signal };
    await requireImages(asking, archives, { loadWith, context: place.context, report });
    report(`each image is on each node that may get it: ${nodes.join(', ')}`);
    const { kubeconfig, context } = place;
    return {
      ...archives.target,
      ...{ record, files, access: { kubeconfig, context } },
      api: ClusterApi.fromFile(kubeconfig, context, (manifest) => forExisting(manifest, archives.names)),
      imageName: (name) => archives.names.get(name) ?? name,
      ways: await startForwards(files, place, portsFromOutside(shape)),
    };
  });
}
