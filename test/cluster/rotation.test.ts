import type { Connection } from '@temporalio/client';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import type { Rotations } from '../../harness/rotations';
import type { ClusterApi } from '../../lab/kubernetes/api';
import { WORKER } from '../../lab/kubernetes/log/worker';
import { shapes } from '../../lab/kubernetes/log/shapes';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { createRecorder } from '../../load/recorder';
import type { OwnedPart } from '../../workflows/model/ownership';
import type { StepName } from '../../workflows/model/steps';
import { expectOutcome } from '../stack/outcome';
import { untilInStep, untilThereIsACopy } from './moments';
import { rotateUnnoticed } from './unnoticed-rotation';
import { openLog } from './opened-log';

/** So many that a lost or a doubled one shows, and few, because the node has two processors for all of it. */
const WRITES_PER_SECOND = 4;

// The other shape is rotated where the log of the lab is tested: each cluster costs a minute.
const shape = 'helm-chart';

const LIST = 'ConfigMap rekor-system/rekor-sharding-config';
const TREE = 'ConfigMap rekor-system/rekor-config';
const chart = { name: 'whoever applies chart rekor-1.8.4, rendered as release rekor' };
const inValues = (key: string): string => `server.${key} in the values of chart rekor`;

describe('a rotation of a log on a cluster', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let api: ClusterApi;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;

  /** Who writes which object, as a plan has it. */
  const partsIn = async (): Promise<readonly OwnedPart[]> =>
    (await rotations.rotate({ dryRun: true })).plan?.ownership?.parts ?? [];
  const objects = () => objectsIn(kubeconfig, log.namespace);
  const untilCopied = (): Promise<void> => untilThereIsACopy(objects);
  const untilIn = (step: StepName): Promise<void> => untilInStep(step, { objects, rotations });

  beforeAll(async () => {
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, shape));
    clients = clientsOf(log.publicUrl, recorder);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  it('has in its plan who applies the objects, and the values to commit for them (H10)', async () => {
    expect(await partsIn()).toMatchObject([
      { object: LIST, owners: [chart], source: 'agrees' },
      {
        ...{ object: TREE, owners: [chart], source: 'agrees' },
        commit: [{ where: inValues('config.treeID'), value: "'<next tree>'" }],
      },
      { object: 'Deployment rekor-system/rekor-server', owners: [chart], commit: [] },
    ]);
  });

  it('fails no request, loses nothing, gives no index twice, and leaves the copy behind nowhere', async () => {
    const before = await objects();
    const result = await rotateUnnoticed({ clients, rotations, firstTree: log.firstTree }, WRITES_PER_SECOND);
    const { treeId: next = '' } = result.nextTree ?? {};
    const contents = `[{"treeID":${log.firstTree}}]`;
    expect(result.sourceOfTruth).toMatchObject({
      state: 'pending',
      parts: [
        {
          ...{ object: LIST, source: 'unknown' },
          commit: [{ where: inValues('sharding.contents'), value: `'${contents}'` }],
        },
        {
          ...{ object: TREE, source: 'unknown' },
          commit: [{ where: inValues('config.treeID'), value: `'${next}'` }],
        },
      ],
    });

    const after = await objects();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    const changed = Object.keys(after).filter(
      (key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]),
    );
    expect(changed).toEqual([
      ...['Deployment rekor-server', 'ConfigMap rekor-config', 'ConfigMap rekor-sharding-config'],
    ]);
    // Whoever starts now starts with the same shards, and each pod that serves has done so.
    for (const address of await api.podAddresses(log.namespace, 'rekor-server')) {
      const served = (await (await fetch(`http://${address}:3000/api/v1/log`)).json()) as {
        readonly treeID: string;
        readonly inactiveShards: readonly { readonly treeID: string }[];
      };
      expect(served.treeID).toBe(result.nextTree?.treeId);
      expect(served.inactiveShards.map(({ treeID }) => treeID)).toEqual([log.firstTree]);
    }
  });

  it('sees when whoever applies the objects has applied what its result said (H10)', async () => {
    const serves = (await (await fetch(`${log.publicUrl}/api/v1/log`)).json()) as { readonly treeID: string };
    // What is applied here would break a log that was not rotated.
    expect(serves.treeID).not.toBe(log.firstTree);
    const settings = { treeId: serves.treeID, signingKey: '', hostname: '', replicas: 1 };
    const rendered = shapes[shape].rekorManifests(settings).filter(({ kind }) => kind === 'ConfigMap');
    await api.apply(
      rendered.map((object) =>
        object.metadata.name === 'rekor-sharding-config'
          ? { ...object, data: { 'sharding-config.yaml': `[{"treeID":${log.firstTree}}]` } }
          : object,
      ),
    );
    expect((await partsIn()).map(({ source }) => source)).toEqual(['agrees', 'agrees', 'unknown']);
  });

  it('is taken back to every field of every object when it is cancelled while pods are made', async () => {
    const before = await objects();
    const rotation = await rotations.start();
    await untilCopied();
    await rotation.cancel();
    expectOutcome(await rotations.result(rotation), 'rolledBack');
    expect(await objects()).toEqual(before);
    await clients.expectGoesOn();
  });

  it('ends well when its worker is killed while the standing Deployment takes the configuration', async () => {
    const load = clients.load(WRITES_PER_SECOND);
    const rotation = await rotations.start();
    await untilIn('settle');
    await api.deletePods(log.namespace, WORKER);
    const result = await rotations.result(rotation);
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(failures).toEqual([]);
    await clients.expectNothingLost();
    expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
  });

  it('loses nothing when every pod that serves is evicted right after the exposure', async () => {
    const load = clients.load(WRITES_PER_SECOND);
    const rotation = await rotations.start();
    await untilIn('confirm');
    await api.deletePods(log.namespace, 'rekor-server-next');
    const result = await rotations.result(rotation);
    // Whoever asked meanwhile was told to come again, or was cut off.
    await load.stop();
    expectOutcome(result, 'completed');
    await clients.expectGoesOn();
    expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
  });
});
