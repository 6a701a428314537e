import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { textAt } from '../../activities/installation/kubernetes/json-path';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { killOneOf } from '../../harness/cluster-programs';
import { ClusterProcess } from '../../harness/cluster-process';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { createRecorder } from '../../load/recorder';
import { expectOutcome } from '../stack/outcome';
import { NAMESPACE } from './chart';
import { GATE, openChartLog, type ChartLog } from './installed-chart';
import { untilInStep } from './moments';
import { rotateUnnoticed } from './unnoticed-rotation';

const WRITES_PER_SECOND = 4;
const GATES = [0, 1] as const;

describe('two gates of the chart', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let chart: ChartLog;
  let clients: Clients;

  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const pod = (position: number): ObjectReference => ({
    ...{ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: `${GATE}-${position}` },
  });
  /** What a gate says of itself at the address of its pod; null where it does not answer. */
  const readiness = async (position: number): Promise<string | null> => {
    const address = textAt(await chart.cluster.get(pod(position), within()), 'status', 'podIP');
    if (address === undefined) return null;
    const answer = await fetch(`http://${address}:3100/readyz`).catch(() => null);
    return answer && ((await answer.json()) as { readonly status: string }).status;
  };
  const untilReady = async (position: number): Promise<void> => {
    await until(
      `gate ${position} to serve`,
      PATIENCE_MS,
      async () => (await readiness(position)) === 'ready',
    );
  };

  beforeAll(async () => {
    chart = await openChartLog(lab, GATES.length);
    await chart.install(4);
    clients = clientsOf(await chart.publicUrl(), recorder);
    await clients.expectWritable();
  });
  afterAll(() => chart.close());

  it('serve side by side, and are ordered as one: no request of a rotation fails', async () => {
    await Promise.all(GATES.map(untilReady));
    const { rotations, log } = chart;
    await rotateUnnoticed({ clients, rotations, firstTree: log.firstTree }, WRITES_PER_SECOND);
    await Promise.all(GATES.map(untilReady));
  });

  it('are moved one after the other without a failed request', async () => {
    const load = clients.load(WRITES_PER_SECOND, false);
    for (const position of GATES) {
      const { uid = '' } = (await chart.cluster.get(pod(position), within()))?.metadata ?? {};
      await chart.cluster.delete(pod(position), { uid }, within());
      await until('another pod', PATIENCE_MS, async () => {
        const found = await chart.cluster.get(pod(position), within());
        return found !== undefined && found.metadata.uid !== uid;
      });
      await untilReady(position);
    }
    const { failures, writes } = await load.stop();
    expect(failures).toEqual([]);
    expect(writes.attempted).toBeGreaterThan(20);
    await clients.expectGoesOn();
  });

  it('lose nothing when one is killed while writes wait, and both rotate again', async () => {
    const { rotations, kubeconfig, log } = chart;
    const load = clients.load(WRITES_PER_SECOND, false);
    const rotation = await rotations.start();
    await untilInStep('hold', { objects: () => objectsIn(kubeconfig, log.namespace), rotations });
    killOneOf(lab.processes(), /main\.js gate /);
    const result = await rotations.result(rotation);
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    // Nodes send to its address until they hear that it is not ready.
    expect(failures.filter(({ status }) => status !== null)).toEqual([]);
    await clients.expectGoesOn();
    await Promise.all(GATES.map(untilReady));
    expectOutcome(await rotations.rotate(), 'completed');
    await clients.expectGoesOn();
  });
});
