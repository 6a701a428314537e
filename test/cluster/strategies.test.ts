import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { numberAt, objectAt } from '../../activities/installation/kubernetes/json-path';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import type { ClusterApi } from '../../lab/kubernetes/api';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import { WORKER } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { createRecorder } from '../../load/recorder';
import type { Strategy } from '../../workflows/model/room';
import { expectOutcome } from '../stack/outcome';
import { openLog } from './opened-log';
import { changeConfiguration, startAnew } from './reconfigured';
import { scale } from './scaled';

/** As in rotation.test.ts: few, because the node has two processors for all of it. */
const WRITES_PER_SECOND = 4;

const STANDING = 'rekor-server';
const COPY = 'Deployment rekor-server-next';
const SECTION_MS = 25_000;

/** As long as a Service may take to follow its pods. */
const SERVICE_FOLLOWS_MS = 2_000;

const isWrite = ({ request }: { readonly request: string }): boolean => request.startsWith('POST');

describe('a log on a cluster without room for as many pods again', () => {
  const lab = new ClusterProcess();
  let log: ClusterLog;
  let api: ClusterApi;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;

  const objects = () => objectsIn(kubeconfig, log.namespace);
  const replicas = async (): Promise<number> =>
    numberAt((await objects())[`Deployment ${STANDING}`], 'spec', 'replicas') ?? -1;

  /** The worker and the gate are started anew with this strategy, and with the times that it needs. */
  async function configure(strategy: Strategy): Promise<void> {
    const { namespace } = log;
    await changeConfiguration({ api, kubeconfig, namespace }, (section) => ({
      ...section,
      installation: { ...objectAt(section, 'installation'), strategy },
      ...(strategy === 'recreate' && {
        gate: { ...objectAt(section, 'gate'), maxWait: '30s' },
        rotation: { ...objectAt(section, 'rotation'), criticalSection: `${SECTION_MS / 1_000}s` },
      }),
    }));
    for (const deployment of [WORKER, GATE_SERVICE]) await startAnew({ api, namespace }, deployment);
    // Until then the node may lead clients to the gate that has gone.
    await pause(SERVICE_FOLLOWS_MS);
    await clients.expectWritable();
  }

  /** A person scales the standing Deployment, and it has these pods. */
  async function scaleTo(pods: number): Promise<void> {
    const { namespace } = log;
    await scale(kubeconfig, { namespace, name: STANDING }, pods);
    await until(`${pods} ready pods`, PATIENCE_MS, () => api.isAvailable(namespace, STANDING));
  }

  beforeAll(async () => {
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, 'helm-chart'));
    clients = clientsOf(log.publicUrl, createRecorder());
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  it('rolling: fails no write, with half of the pods for a while, and has all of them in the end', async () => {
    await scaleTo(2);
    await configure('rolling');
    const load = clients.load(WRITES_PER_SECOND);
    const rotation = await rotations.start();
    let least = 2;
    await until('the copy', PATIENCE_MS, async () => {
      least = Math.min(least, await replicas());
      return COPY in (await objects());
    });
    const result = await rotations.result(rotation);
    await clients.expectWritable();
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect([least, await replicas()]).toEqual([1, 2]);
    // A read that reaches a pod just as that ends may be cut off.
    expect(failures.filter(isWrite)).toEqual([]);
    await clients.expectNothingLost();
  });

  it('rolling: is taken back to every field of every object when it is cancelled while pods are made', async () => {
    const before = await objects();
    const rotation = await rotations.start();
    await until('the copy', PATIENCE_MS, async () => COPY in (await objects()));
    expect(await replicas()).toBe(1);
    await rotation.cancel();
    expectOutcome(await rotations.result(rotation), 'rolledBack');
    expect(await objects()).toEqual(before);
    expectOutcome(await rotations.rotate(), 'completed');
    await clients.expectGoesOn();
  });

  it('recreate: fails no write, loses nothing, and gives no index twice; reads fail, as its plan says', async () => {
    await scaleTo(1);
    await configure('recreate');
    const { plan } = await rotations.rotate({ dryRun: true });
    expect(plan?.room).toMatchObject({ strategy: 'recreate', pods: 1 });
    const load = clients.load(WRITES_PER_SECOND);
    const result = await rotations.rotate();
    await clients.expectWritable();
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(await replicas()).toBe(1);
    await clients.expectNothingLost();
    expect(failures.filter(isWrite)).toEqual([]);
  });
});
