import { clientsOf } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import type { ClusterStatus } from '../../lab/kubernetes/cluster';
import { shapeNames } from '../../lab/kubernetes/log/shapes';
import { createRecorder } from '../../load/recorder';

describe.each(shapeNames)('a log on the cluster of the lab, in the shape %s', (shape) => {
  let lab: ClusterProcess;
  let cluster: ClusterStatus;

  beforeAll(async () => {
    lab = new ClusterProcess();
    cluster = await lab.up(shape);
  });
  afterAll(async () => {
    await lab.end();
  });

  it('takes entries at its Service, which every instance gives back with a proof', async () => {
    const { url, instances = [], firstTree } = cluster.log ?? {};
    const recorder = createRecorder();
    const clients = clientsOf(url ?? '', recorder);
    for (let entry = 0; entry < 5; entry += 1) {
      await clients.upload(url ?? '');
    }
    const acknowledged = recorder.acknowledged();

    expect(acknowledged.map(({ logIndex }) => logIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(acknowledged.map(({ treeId }) => treeId))).toEqual(new Set([firstTree]));
    expect(instances).toHaveLength(2);
    for (const instance of instances) {
      await clientsOf(instance, recorder).expectNothingLost();
      const log = (await (await fetch(`${instance}/api/v1/log`)).json()) as { signedTreeHead: string };
      // One name for all of them, so that a witness takes them for one log.
      expect(log.signedTreeHead).toMatch(/^rekor-server\.rekor-system\.svc - \d+\n/);
    }
  });
});
