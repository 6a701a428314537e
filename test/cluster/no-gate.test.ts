import type { Connection } from '@temporalio/client';
import { openCluster } from '../../activities/clients/kubernetes/cluster';
import type { JsonObject } from '../../activities/clients/kubernetes/exact-json';
import { textAt, without } from '../../activities/installation/kubernetes/json-path';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import { killOneOf } from '../../harness/cluster-programs';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, taskQueue } from '../../lab/configuration';
import type { ClusterApi } from '../../lab/kubernetes/api';
import { shapes } from '../../lab/kubernetes/log/shapes';
import { WORKER } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { workerPolls } from '../../lab/readiness';
import { createRecorder } from '../../load/recorder';
import type { RotationResult } from '../../workflows/model/result';
import { expectOutcome } from '../stack/outcome';
import { openLog } from './opened-log';
import { changeConfiguration, startAnew } from './reconfigured';
import { allowWithoutGate } from './without-gate';

/** So many that what fails can be told from what the plan says, and few for a node with two processors. */
const WRITES_PER_SECOND = 4;

const shape = 'upstream';
const { deployment, service, namespace } = shapes[shape].rekor;

type Started = Awaited<ReturnType<Rotations['start']>>;

/** What is remembered of orders stays, as a gate's state file does. */
const LEASE = `Lease ${deployment}-rotation`;

describe('a log on a cluster without a gate', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let api: ClusterApi;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;

  const objects = async () =>
    Object.fromEntries(
      Object.entries(await objectsIn(kubeconfig, namespace)).filter(([key]) => key !== LEASE),
    );
  const lease = async () =>
    await openCluster({ log: labLog, source: { kubeconfig } }).get(
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: `${deployment}-rotation` },
      { signal: AbortSignal.timeout(PATIENCE_MS) },
    );

  /** What the Lease says of the last order. */
  async function lastOrder(): Promise<{ readonly number: number; readonly isHeld: boolean }> {
    const said = (name: string, found: JsonObject | undefined) =>
      textAt(found, 'metadata', 'annotations', `rekor-rotate/${name}`);
    const found = await lease();
    return { number: Number(said('order', found) ?? '0'), isHeld: said('order-mode', found) === 'hold' };
  }

  /** Starts a rotation, and acts when its critical section has begun. */
  async function inTheSection(act: (rotation: Started) => unknown): Promise<RotationResult> {
    const before = await lastOrder();
    const rotation = await rotations.start();
    await until('the section', PATIENCE_MS, async () => (await lastOrder()).number > before.number);
    await act(rotation);
    return await rotations.result(rotation);
  }

  /** Lets the worker go by a configuration without a gate, with exactly the rights that it then needs. */
  async function leaveOutTheGate(): Promise<void> {
    await allowWithoutGate({ api, kubeconfig }, shape);
    await changeConfiguration({ api, kubeconfig, namespace }, (section) => ({
      ...without(section, 'gate'),
      publicUrl: `http://${service}.${namespace}.svc`,
    }));
    const startedAt = Date.now();
    await startAnew({ api, namespace }, WORKER);
    await until('its polling', PATIENCE_MS, () => workerPolls(log.temporal, taskQueue, startedAt));
  }

  /** How many writes the plan expects to fail at this rate, in each attempt. */
  async function expectedFailures(): Promise<number> {
    const { checks = [] } = await rotations.rotate({ dryRun: true });
    const waits = checks.find(({ code }) => code === 'WRITES_WAIT');
    expect(waits).toMatchObject({ state: 'warning', reason: 'WRITES_WILL_FAIL' });
    const said = /expect up to (\d+) to fail in each attempt/.exec(waits?.found ?? '')?.[1];
    return Number(said);
  }

  /** Rotates under writes: what fails is what the plan said, and nothing once it has ended. */
  async function rotateWithin(rotate: () => Promise<RotationResult>): Promise<RotationResult> {
    const load = clients.load(WRITES_PER_SECOND);
    const before = load.acknowledged();
    // A plan goes by the last hundred entries: all of them are of this load then.
    await until('some writes', PATIENCE_MS, () => Promise.resolve(load.acknowledged() - before > 120));
    const most = await expectedFailures();
    const result = await rotate();
    const ended = new Date().toISOString();
    await until('writes go on', PATIENCE_MS, () =>
      Promise.resolve(load.writesAcknowledgedSince(Date.parse(ended)) > 5 * WRITES_PER_SECOND),
    );
    const { failures, writes } = await load.stop();
    expectOutcome(result, 'completed');
    const failedWrites = failures.filter(({ request }) => request.startsWith('POST'));
    // What is found here belongs in the log of the test, whatever comes out.
    console.log(
      `${failedWrites.length} writes and ${failures.length - failedWrites.length} reads failed; at most ${most} writes were to be expected`,
    );
    expect(failedWrites.length).toBeLessThanOrEqual(most * result.attempts);
    expect(failures.filter(({ time }) => time > ended)).toEqual([]);
    expect(writes.attempted).toBeGreaterThan(40);
    await clients.expectNothingLost();
    return result;
  }

  beforeAll(async () => {
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, shape));
    await leaveOutTheGate();
    clients = clientsOf(log.url, recorder);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  it('rotates: writes fail as the plan says, none afterwards, nothing is lost, and no index is given twice', async () => {
    const before = await objects();
    const result = await rotateWithin(() => rotations.rotate());
    expect(result.currentTree).toMatchObject({ treeId: log.firstTree });
    // Nobody knows what failed at clients: nothing is said of it.
    expect(result.writes ?? null).toBeNull();
    const after = await objects();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after[`Service ${service}`]).toEqual(before[`Service ${service}`]);
    expect((await lastOrder()).isHeld).toBe(false);
  });

  it('is taken back to every field of every object when it is cancelled in its critical section', async () => {
    // A section takes about a second: a Cancel that comes after it, too late, finds another rotation.
    let result: RotationResult;
    do {
      const before = await objects();
      result = await inTheSection((rotation) => rotation.cancel());
      if (result.outcome === 'rolledBack') expect(await objects()).toEqual(before);
      await clients.expectGoesOn();
      expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
    } while (result.outcome === 'completed');
    expectOutcome(result, 'rolledBack');
    expect((await lastOrder()).isHeld).toBe(false);
  });

  it('comes to a good end when its worker is killed in the critical section', async () => {
    const result = await inTheSection(() => killOneOf(lab.processes(), / worker --config /));
    expect(['completed', 'rolledBack']).toContain(result.outcome);
    await clients.expectGoesOn();
    expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
    expect((await lastOrder()).isHeld).toBe(false);
  });

  it('rotates again', async () => {
    await rotateWithin(() => rotations.rotate());
  });
});
