import { mkdir, readdir } from 'node:fs/promises';
import { replaceFile } from '../../files/atomic-file';
import type { TreeId } from '../../workflows/model/log';
import { notALabs, recordedText } from '../recorded-text';
import { CLUSTERS } from './addresses';
import type { ClusterFiles } from './files';
import type { ShapeName } from './log/shapes';

/** What a lab on Kubernetes keeps about itself: what is to be removed, also after a crash. */
export interface ClusterRecord {
  /** The number of the cluster; null as long as it has none. */
  readonly cluster: number | null;
  /** Null as long as none is installed. */
  readonly log: ClusterLog | null;
  /** Where it is, when somebody else has brought it up; null for a cluster of the lab's own. */
  readonly existing: ExistingPlace | null;
}

/** A cluster that was there before the lab, as a kubeconfig names it. */
export interface ExistingCluster {
  /** An absolute path. */
  readonly kubeconfig: string;
  /** The name of a context of it. */
  readonly context: string;
  /** URL of the API server. */
  readonly server: string;
}

/** What a lab has of such a cluster. */
export interface ExistingPlace extends ExistingCluster {
  /** By this label the lab knows what it has made there. */
  readonly lab: string;
}

/** A log on a cluster, at the addresses at which this machine reaches it. */
export interface ClusterLog {
  readonly shape: ShapeName;
  readonly namespace: string;
  /** Rekor as clients reach it: the Service of the gate. */
  readonly publicUrl: string;
  /** Of the Service of Rekor, which the gate sends to. */
  readonly url: string;
  /** Of each instance that was there when the log was installed. */
  readonly instances: readonly string[];
  /** `HOST:PORT` of Trillian's log server. */
  readonly trillian: string;
  readonly firstTree: TreeId;
  /** `HOST:PORT` of Temporal, and the address of its web page. */
  readonly temporal: string;
  readonly temporalUi: string;
  /** The file with which commands of rekor-rotate reach it from this machine. */
  readonly configuration: string;
}

/** The record of the lab in this directory; null when there is none. */
export async function readClusterRecord(files: ClusterFiles): Promise<ClusterRecord | null> {
  const text = await recordedText(files.record);
  if (text === null) {
    return null;
  }
  const { cluster, log = null, existing = null } = JSON.parse(text) as Partial<ClusterRecord>;
  const isNumber = Number.isInteger(cluster) && Number(cluster) >= 0 && Number(cluster) < CLUSTERS;
  if (cluster === undefined || (cluster !== null && !isNumber)) {
    throw notALabs(files.record, files.directory);
  }
  return { cluster, log, existing };
}

export async function writeClusterRecord(files: ClusterFiles, record: ClusterRecord): Promise<void> {
  await replaceFile(files.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** Makes the directory a lab's on Kubernetes; refuses one that holds anything else. */
export async function claimForCluster(files: ClusterFiles): Promise<void> {
  await mkdir(files.directory, { recursive: true });
  const content = await readdir(files.directory);
  if (content.some((name) => name !== 'owner') && (await readClusterRecord(files)) === null) {
    throw new Error(
      `${files.directory} holds files that are no lab's on Kubernetes. Name an empty or a new directory.`,
    );
  }
}
