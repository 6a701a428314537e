import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Client, type Connection } from '@temporalio/client';
import { openCluster } from '../../activities/clients/kubernetes/cluster';
import { objectAt } from '../../activities/installation/kubernetes/json-path';
import {
  changesObject,
  forbidden,
  gateHold,
  sendElsewhere,
  setsState,
  setsStateOfAnother,
} from '../../faults/chosen-calls';
import { clientsOf, type Clients } from '../../harness/clients';
import { ClusterProcess } from '../../harness/cluster-process';
import { stopAllOf } from '../../harness/cluster-programs';
import { clusterState } from '../../harness/cluster-state';
import { prepareClusterWorker, type ClusterWorker } from '../../harness/cluster-worker';
import { rotationsOf, type Rotations } from '../../harness/rotations';
import { trillianTrees, type TrillianTrees } from '../../harness/trillian-trees';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { labLog, taskQueue } from '../../lab/configuration';
import type { ClusterApi } from '../../lab/kubernetes/api';
import { OPERATOR } from '../../lab/kubernetes/log/operator/names';
import { GATE_SERVICE } from '../../lab/kubernetes/log/services';
import type { ShapeName } from '../../lab/kubernetes/log/shapes';
import { WORKER } from '../../lab/kubernetes/log/worker';
import type { ClusterLog } from '../../lab/kubernetes/record';
import type { LoadSummary } from '../../load/load';
import { createRecorder } from '../../load/recorder';
import type { RotationResult } from '../../workflows/model/result';
import type { Strategy } from '../../workflows/model/room';
import type { StepName } from '../../workflows/model/steps';
import { stepNames } from '../../workflows/rotation';
import { endedSteps, expectAsBefore, expectOutcome } from '../stack/outcome';
import { openLog } from './opened-log';
import { changeConfiguration, startAnew } from './reconfigured';
import { remove } from './removed';
import { scale } from './scaled';
import { allowWithoutGate } from './without-gate';

/** Few, because the node has two processors for all of it. */
const WRITES_PER_SECOND = 4;

/** So long that no verdict is a matter of the machine's speed; `recreate` lets pods end and come meanwhile. */
const sections: Readonly<Record<Strategy, string>> = { 'blue-green': '10s', rolling: '10s', recreate: '25s' };
const MAX_WAIT = '30s';

const NAME = 'rekor-server';
const COPY = `${NAME}-next`;
const FENCE = `${NAME}-rotation`;

/** What a fault is arranged in. */
interface Scene {
  readonly lab: ClusterProcess;
  readonly log: ClusterLog;
  readonly api: ClusterApi;
  readonly kubeconfig: string;
  readonly worker: ClusterWorker;
  readonly activeTreeId: string;
}

/** What fails for good in exactly one step, whatever is tried again. */
interface Fault {
  readonly step: StepName;
  readonly how: string;
  /** In the reason of the result. */
  readonly says: RegExp;
  /** Before the rotation begins. */
  readonly arrange: (scene: Scene) => unknown;
  /** When it has ended; what a proxy does is over by itself. */
  readonly takeAway?: (scene: Scene) => Promise<void>;
}

/** One way to rotate a log, and where that may fail otherwise than in others. */
interface Cell {
  readonly gate: 'a gate' | 'no gate';
  readonly strategy: Strategy;
  /** Requests of clients that may fail while it is taken back, as its plan says. */
  readonly mayFail: 'none' | 'reads' | 'any';
  readonly faults: readonly Fault[];
}

const denied = { code: status.PERMISSION_DENIED };

const notInitialised: Fault = {
  step: 'createTree',
  how: 'the tree is created but cannot be initialised',
  says: /Trillian answered InitLog with INTERNAL/,
  arrange: ({ worker }) => worker.trillian.when({ method: 'InitLog' }).answer({ code: status.INTERNAL }),
};

const copyRefused: Fault = {
  step: 'stage',
  how: 'the list of the copy is made, but its Deployment is refused',
  says: /does not let us patch .*rekor-server-next/,
  arrange: ({ worker }) => worker.cluster.when(changesObject('deployments', COPY)).answer(forbidden),
};

const noRoom: Fault = {
  step: 'stage',
  how: 'the copy is made, but a quota lets it have no pods',
  says: /exceeded quota/,
  arrange: async ({ api, kubeconfig, log: { namespace } }) => {
    const { apiVersion, kind, name } = quotaIn(namespace);
    await api.apply([{ apiVersion, kind, metadata: { namespace, name }, spec: { hard: { pods: '1' } } }]);
    const cluster = openCluster({ log: labLog, source: { kubeconfig } });
    // Until its pods are counted it forbids nothing.
    await until('the quota', PATIENCE_MS, async () => {
      const found = await cluster.get(quotaIn(namespace), { signal: AbortSignal.timeout(PATIENCE_MS) });
      return 'used' in objectAt(found, 'status');
    });
  },
  takeAway: ({ kubeconfig, log: { namespace } }) =>
    remove(openCluster({ log: labLog, source: { kubeconfig } }), [quotaIn(namespace)]),
};

const quotaIn = (namespace: string) => ({
  ...{ apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: 'full' },
});

const holdRefused: Fault = {
  step: 'hold',
  how: 'the gate answers every order to hold with an error',
  says: /write gate .* does not answer: it answered 500/,
  arrange: ({ worker }) => worker.gate.when(gateHold).answer({ status: 500 }),
};

const holdUnheard: Fault = {
  step: 'hold',
  how: 'the gate holds, but its answer is lost',
  says: /write gate .* does not answer/,
  arrange: ({ worker }) => worker.gate.when(gateHold).dropAfter(),
};

const fenceRefused: Fault = {
  step: 'hold',
  how: 'the number of its order cannot be kept',
  says: /does not let us patch .*rekor-server-rotation/,
  // Once is for good: nothing is tried again in the section, and the undo keeps a number of its own.
  arrange: ({ worker }) =>
    worker.cluster.when({ ...changesObject('leases', FENCE, 'order-mode'), times: 1 }).answer(forbidden),
};

const launchersHang: Fault = {
  step: 'start',
  how: 'the launchers, which have rehearsed it, hang from the hold on',
  says: /launcher in pod rekor-server-next-.* does not answer/,
  arrange: ({ lab, worker }) => {
    const held = worker.gate.when({ ...gateHold, times: 1 }).hold();
    void held.reached.then(() => {
      stopAllOf(lab.processes(), /\/launcher run -- /);
      held.release();
    });
  },
};

const podsRefused: Fault = {
  step: 'start',
  how: 'the standing pods have ended, and those of the copy may not come',
  says: /does not let us patch .*rekor-server-next/,
  arrange: ({ worker }) =>
    worker.cluster.when(changesObject('deployments', COPY, '/spec/replicas')).answer(forbidden),
};

const notFrozen: Fault = {
  step: 'freeze',
  how: 'the current tree is DRAINING, and cannot be set FROZEN',
  says: /Trillian answered UpdateTree with PERMISSION_DENIED/,
  arrange: ({ worker, activeTreeId }) =>
    worker.trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN') }).answer(denied),
};

const notOpened: Fault = {
  step: 'verify',
  how: 'the next tree cannot be opened',
  says: /Trillian answered UpdateTree with PERMISSION_DENIED/,
  arrange: ({ worker, activeTreeId }) =>
    worker.trillian
      .when({ method: 'UpdateTree', where: setsStateOfAnother(activeTreeId, 'ACTIVE') })
      .answer(denied),
};

const noHandover: Fault = {
  step: 'verify',
  how: 'the next tree is open, but no handover leaf can be queued',
  says: /Trillian answered QueueLeaf with PERMISSION_DENIED/,
  arrange: ({ worker }) => worker.trillian.when({ method: 'QueueLeaf' }).answer(denied),
};

const notExposed: Fault = {
  step: 'expose',
  how: 'the gate does not take the order that sends clients there',
  says: /write gate .* refuses the token/,
  arrange: ({ worker, log: { namespace } }) =>
    worker.gate.when(sendElsewhere(`http://${NAME}.${namespace}.svc`)).answer({ status: 403, body: '{}' }),
};

const notLed: Fault = {
  step: 'expose',
  how: 'the selector of the Service may not be changed',
  says: /does not let us patch .*services.* rekor-system\/rekor-server/,
  arrange: ({ worker }) =>
    worker.cluster.when(changesObject('services', NAME, '/spec/selector')).answer(forbidden),
};

/** Each shape is a cluster of its own. A row below it is another cell. */
const tested: readonly { readonly shape: ShapeName; readonly cells: readonly Cell[] }[] = [
  {
    shape: 'upstream',
    cells: [
      {
        ...{ gate: 'a gate', strategy: 'blue-green', mayFail: 'none' },
        faults: [
          ...[notInitialised, copyRefused, noRoom, holdRefused, holdUnheard, launchersHang],
          ...[notFrozen, notOpened, noHandover, notExposed],
        ],
      },
      // The rest of its room is taken before the copy is made, and given back by the undo of stage.
      {
        ...{ gate: 'a gate', strategy: 'rolling', mayFail: 'reads' },
        faults: [copyRefused, noHandover, notExposed],
      },
      // Everything that serves ends in the section, and must come again.
      {
        ...{ gate: 'a gate', strategy: 'recreate', mayFail: 'any' },
        faults: [podsRefused, noHandover, notExposed],
      },
      // Last: nobody tells the gate what is served from here on.
      {
        ...{ gate: 'no gate', strategy: 'blue-green', mayFail: 'any' },
        faults: [fenceRefused, notFrozen, noHandover, notLed],
      },
      { gate: 'no gate', strategy: 'rolling', mayFail: 'any', faults: [notLed] },
    ],
  },
  {
    shape: 'operator',
    cells: [
      {
        ...{ gate: 'a gate', strategy: 'blue-green', mayFail: 'none' },
        faults: [copyRefused, notExposed],
      },
    ],
  },
];

/** What an operator makes the rest from is looked at as well. */
const kindsOf = (shape: ShapeName) =>
  shape === 'operator'
    ? ['Securesign', 'Rekor'].map((kind) => ({ apiVersion: OPERATOR.apiVersion, kind }))
    : [];

/** What has ended before this step begins: the next release starts while the current tree is closed. */
function stepsBefore(step: StepName): readonly StepName[] {
  return stepNames.slice(0, stepNames.indexOf(step === 'freeze' ? 'start' : step));
}

const isWrite = ({ request }: { readonly request: string }): boolean => request.startsWith('POST');

describe.each(tested)('a rotation of a log of the shape $shape on a cluster', ({ shape, cells }) => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let api: ClusterApi;
  let kubeconfig: string;
  let connection: Connection;
  let worker: ClusterWorker;
  let trees: TrillianTrees;
  let rotations: Rotations;

  beforeAll(async () => {
    ({ log, api, kubeconfig, connection } = await openLog(lab, shape));
    const { namespace } = log;
    await scale(kubeconfig, { namespace, name: WORKER }, 0);
    await changeConfiguration({ api, kubeconfig, namespace }, (section) => ({
      ...section,
      gate: { ...objectAt(section, 'gate'), maxWait: MAX_WAIT },
    }));
    await startAnew({ api, namespace }, GATE_SERVICE);
    worker = await prepareClusterWorker({
      log,
      api,
      kubeconfig,
      directory: join(lab.directory, '../worker'),
    });
    trees = trillianTrees(log.trillian);
    rotations = rotationsOf(new Client({ connection }), taskQueue, labLog, () => worker.process.output());
  });
  afterAll(async () => {
    await worker.end();
    trees.close();
    await connection.close();
    await lab.end();
  });

  describe.each(cells)('with $gate and $strategy', ({ gate, strategy, mayFail, faults }) => {
    const hasGate = gate === 'a gate';
    let clients: Clients;

    const state = () =>
      clusterState({
        ...{ log, api, kubeconfig, trees, kinds: kindsOf(shape) },
        url: hasGate ? log.publicUrl : log.url,
        ...(hasGate ? {} : { fence: FENCE }),
      });

    beforeAll(async () => {
      if (!hasGate) await allowWithoutGate({ api, kubeconfig }, shape);
      await worker.start((section) => {
        section.installation.strategy = strategy;
        section.rotation = { ...section.rotation, attempts: 1, criticalSection: sections[strategy] };
        if (hasGate && section.gate) {
          section.gate.maxWait = MAX_WAIT;
        } else {
          delete section.gate;
          section.publicUrl = log.url;
        }
      });
      clients = clientsOf(hasGate ? log.publicUrl : log.url, recorder);
      clients.settled();
      await clients.expectWritable();
    });
    afterEach(() => worker.clearFaults());

    async function rotateUnderLoad(): Promise<{
      readonly result: RotationResult;
      readonly summary: LoadSummary;
    }> {
      const load = clients.load(WRITES_PER_SECOND);
      try {
        await clients.expectWritable();
        const result = await rotations.rotate();
        await clients.expectWritable();
        return { result, summary: await load.stop() };
      } finally {
        await load.stop();
      }
    }

    it.each(faults)('is taken back to every field of every object from $step: $how', async (fault) => {
      const { step, says, arrange, takeAway } = fault;
      const before = await state();
      const scene = { lab, log, api, kubeconfig, worker, activeTreeId: before.shards.active };
      await arrange(scene);
      const { result, summary } = await rotateUnderLoad().finally(() => takeAway?.(scene));

      expectOutcome(result, 'rolledBack');
      // In this step, and in no other: a machine that is too slow for one does not pass by another.
      expect(endedSteps(result, 'done')).toEqual(expect.arrayContaining([...stepsBefore(step)]));
      expect(endedSteps(result, 'done')).not.toContain(step);
      expect(result.reason).toMatch(says);
      expectAsBefore(before, await state());
      if (mayFail !== 'any') {
        expect(summary.failures.filter((one) => mayFail === 'none' || isWrite(one))).toEqual([]);
      }
      await clients.expectNothingLost();
    });

    it('completes after all of them, and loses nothing', async () => {
      const { result } = await rotateUnderLoad();
      expectOutcome(result, 'completed');
      expect((await state()).shards.active).toBe(result.nextTree?.treeId);
      await clients.expectNothingEverLost();
    });
  });
});
