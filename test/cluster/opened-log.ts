import { Client, Connection } from '@temporalio/client';
import type { ClusterProcess } from '../../harness/cluster-process';
import { rotationsOf, type Rotations } from '../../harness/rotations';
import { labLog, taskQueue } from '../../lab/configuration';
import { ClusterApi } from '../../lab/kubernetes/api';
import type { ShapeName } from '../../lab/kubernetes/log/shapes';
import type { ClusterLog } from '../../lab/kubernetes/record';

/** A log on a cluster of a test, and the ways to it. */
export interface OpenedLog {
  readonly log: ClusterLog;
  readonly kubeconfig: string;
  readonly api: ClusterApi;
  /** Whoever opened the log closes it. */
  readonly connection: Connection;
  readonly rotations: Rotations;
}

/** Brings a cluster up with a log of this shape. */
export async function openLog(lab: ClusterProcess, shape: ShapeName): Promise<OpenedLog> {
  const { log, kubeconfig } = await lab.up(shape);
  if (log === null) throw new Error('The lab has no log.');
  const connection = await Connection.connect({ address: log.temporal });
  const rotations = rotationsOf(new Client({ connection }), taskQueue, labLog, () => '');
  return { log, kubeconfig, api: ClusterApi.fromFile(kubeconfig), connection, rotations };
}
