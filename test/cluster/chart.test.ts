import type { ObjectReference } from '../../activities/clients/kubernetes/objects';
import { clientsOf, type Clients } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { runInDeployment } from '../../harness/pod-commands';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog } from '../../lab/configuration';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { createRecorder } from '../../load/recorder';
import { commandsOf, wordsOf } from '../docs/markdown';
import { expectOutcome } from '../stack/outcome';
import { NAMESPACE, RELEASE } from './chart';
import { GATE, openChartLog, type ChartLog } from './installed-chart';
import { rotateUnnoticed } from './unnoticed-rotation';

const WRITES_PER_SECOND = 4;

describe('the chart, in a namespace with Pod Security "restricted",', () => {
  const recorder = createRecorder();
  let chart: ChartLog;
  let clients: Clients;

  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
  const clientsNow = async (): Promise<Clients> => clientsOf(await chart.publicUrl(), recorder);
  const servedTree = async (): Promise<string> => {
    const answer = await fetch(`${await chart.publicUrl()}/api/v1/log`);
    return ((await answer.json()) as { readonly treeID: string }).treeID;
  };

  beforeAll(async () => {
    chart = await openChartLog(new ClusterProcess());
  });
  afterAll(() => chart.close());

  it('is installed by Helm 3, and both of its pods become ready where a careless one is refused', async () => {
    const careless = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: NAMESPACE, name: 'careless' } },
      spec: { containers: [{ name: 'careless', image: OWN_IMAGE }] },
    };
    await expect(chart.api.apply([careless])).rejects.toThrow('violates PodSecurity');

    await chart.install(3);
    expect(await chart.api.isAvailable(NAMESPACE, `${RELEASE}-worker`)).toBe(true);
    expect(await chart.pods()).toEqual([
      expect.stringMatching(`^${GATE}-0 `) as string,
      expect.stringMatching(`^${RELEASE}-worker-`) as string,
    ]);
    expect((await (await chart.gate()).state()).instances).toEqual(['http://rekor-server.rekor-system.svc']);
    clients = await clientsNow();
    await clients.expectWritable();
  });

  it('rotates the log with its worker and its gate: no request fails, nothing is lost, no index is given twice', async () => {
    await rotateUnnoticed(
      { clients, rotations: chart.rotations, firstTree: chart.log.firstTree },
      WRITES_PER_SECOND,
    );
  });

  it('is asked and told by commands in the pod of its worker, as its document shows them', async () => {
    const lines = commandsOf('docs/helm.md').filter((line) => line.startsWith('kubectl '));
    const before = await servedTree();
    const worker = { namespace: NAMESPACE, name: `${RELEASE}-worker` };
    for (const line of lines) {
      const words = wordsOf(line);
      const divided = words.indexOf('--');
      expect(words.slice(0, divided)).toEqual([
        ...['kubectl', 'exec', '--namespace', worker.namespace, `deploy/${worker.name}`],
      ]);
      // The log of the lab has another name than the release.
      const command = words.slice(divided + 1).map((word) => (word === 'production' ? labLog : word));
      const { code, output, messages } = await runInDeployment(chart.kubeconfig, worker, command);
      // What doctor and status only warn of ends with 7; whatever refuses or fails ends otherwise.
      const allowed = ['doctor', 'status'].includes(command[1] ?? '') ? [0, 7] : [0];
      if (!allowed.includes(code ?? -1)) throw new Error(`${line} ended with ${code}: ${output}${messages}`);
      if (command[1] === 'status') expect(output).toContain(await servedTree());
    }
    expect(lines.map((line) => wordsOf(line).at(-2))).toEqual(['doctor', 'plan', 'production', 'status']);
    expect(await servedTree()).not.toBe(before);
  });

  it('has a gate whose next pod remembers what the last one was told', async () => {
    const { number, shards } = await (await chart.gate()).state();
    expect(number).not.toBe(0);
    const [before = ''] = await chart.pods();
    const pod: ObjectReference = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: `${GATE}-0` };
    const { uid = '' } = (await chart.cluster.get(pod, within()))?.metadata ?? {};
    await chart.cluster.delete(pod, { uid }, within());
    await until('another pod', PATIENCE_MS, async () =>
      (await chart.pods()).some((one) => one.startsWith(GATE) && one !== before),
    );
    await clients.expectWritable();
    expect(await (await chart.gate()).state()).toMatchObject({ number, shards });
  });

  it('is upgraded by Helm 4 to the same values without a new pod', async () => {
    const before = await chart.pods();
    const [, ...words] = chart.documented();
    await chart.helms.of(4).done('upgrade', ...words);
    expect(await chart.pods()).toEqual(before);
  });

  it('is taken away, and installed by Helm 4 with what its gate has remembered', async () => {
    const { number } = await (await chart.gate()).state();
    await chart.helms.of(4).done('uninstall', RELEASE, '--namespace', NAMESPACE, '--wait');
    await until('no pod', PATIENCE_MS, async () => (await chart.pods()).length === 0);
    const left = await chart.cluster.list(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: chart.log.namespace },
      { 'app.kubernetes.io/instance': RELEASE },
      within(),
    );
    expect(left.items).toEqual([]);

    await chart.install(4);
    expect((await (await chart.gate()).state()).number).toBe(number);
    clients = await clientsNow();
    await clients.expectWritable();
    const load = clients.load(WRITES_PER_SECOND);
    const result = await chart.rotations.rotate();
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(failures).toEqual([]);
    await clients.expectGoesOn();
  });
});
