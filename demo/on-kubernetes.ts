import { readClusterStatus, stopCluster } from '../lab/kubernetes/cluster';
import { startLabOnKubernetes } from '../lab/kubernetes/lab';
import type { ShapeName } from '../lab/kubernetes/log/shapes';
import { whatToDoNext } from './next-steps';
import type { Stage, StageOptions } from './stage';

/** A log on a real cluster of one node, with two instances of Rekor. */
export async function stageOnKubernetes(
  { directory, report, signal }: StageOptions,
  shape: ShapeName,
): Promise<Stage> {
  if (await readClusterStatus(directory)) {
    report('A lab of an earlier demo is there: it is removed');
    await stopCluster(directory);
  }
  const cluster = await startLabOnKubernetes({ directory, shape, report, signal });
  const { log, kubeconfig } = cluster.status;
  if (log === null) {
    throw new Error(`The lab in ${directory} has no log.`);
  }
  const { publicUrl, url, temporal: temporalAddress, temporalUi, configuration } = log;
  return {
    lab: { status: { publicUrl, temporalAddress, temporalUi }, configurationFile: configuration },
    byHand: { shape, kubeconfig, url },
    leave: async () => {
      await cluster.leave();
      return whatToDoNext({ temporalUi, publicUrl, configuration, directory });
    },
    stop: () => cluster.stop(),
  };
}
