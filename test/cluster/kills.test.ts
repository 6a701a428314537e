import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import { killOneOf, killProgram } from '../../harness/cluster-programs';
import type { Rotations } from '../../harness/rotations';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { createRecorder } from '../../load/recorder';
import { expectOutcome } from '../stack/outcome';
import { untilInStep } from './moments';
import { openLog } from './opened-log';

const WRITES_PER_SECOND = 4;

/** So long nobody starts a program of the cluster again, in milliseconds. */
const DOWN_MS = 3_000;

/** Before anything is changed for good, while writes wait, and while the standing Deployment takes the configuration. */
const steps = ['stage', 'hold', 'settle'] as const;

describe('a part of a cluster that is killed in mid-rotation', () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;

  const objects = () => objectsIn(kubeconfig, log.namespace);

  beforeAll(async () => {
    ({ log, kubeconfig, connection, rotations } = await openLog(lab, 'upstream'));
    clients = clientsOf(log.publicUrl, recorder);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  async function killed(name: 'kube-apiserver' | 'kubelet'): Promise<void> {
    const program = await killProgram(lab.directory, name);
    await pause(DOWN_MS);
    program.startAgain();
  }

  const kills = {
    'the API server': () => killed('kube-apiserver'),
    'the kubelet': () => killed('kubelet'),
    'a Rekor': () => killOneOf(lab.processes(), /rekor-server serve/),
    'the gate': () => killOneOf(lab.processes(), / gate --config /),
  };
  const cells = Object.entries(kills).flatMap(([part, kill]) => steps.map((step) => ({ part, kill, step })));

  it.each(cells)('loses nothing when $part is killed in the step $step', async ({ kill, step }) => {
    clients.settled();
    const load = clients.load(WRITES_PER_SECOND);
    const rotation = await rotations.start();
    await untilInStep(step, { objects, rotations });
    await kill();
    const result = await rotations.result(rotation);
    // Whoever asked the killed one was cut off, or was told to come again.
    await load.stop();
    expectOutcome(result, 'completed');
    await clients.expectGoesOn();
    expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
  });
});
