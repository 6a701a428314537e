import type { WorkflowHandle } from '@temporalio/client';
import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import type { Held } from '../../lab/faults/exchange';
import { gateHold, setsState } from '../../lab/faults/chosen-calls';
import { startLogUnderTest, type LogUnderTest } from './log-under-test';
import { expectOutcome, stepNames } from './outcome';
import { activeTrees, expectAsBefore } from './snapshot';
import { within } from '../../lab/waiting';

interface Kill {
  readonly step: string;
  readonly where: string;
  /** Chooses the call of the step that is held while the worker is killed. */
  readonly holdCall: (log: LogUnderTest, serving: { next: string; activeTreeId: string }) => Promise<Held>;
}

const createTree: Kill = {
  step: 'createTree',
  where: 'the tree exists, but nobody was told its id',
  holdCall: (log) => Promise.resolve(log.trillian.when({ method: 'CreateTree', times: 1 }).holdAfter()),
};

const freeze: Kill = {
  step: 'freeze',
  where: 'the current tree is FROZEN, but nobody was told',
  holdCall: (log, { activeTreeId }) =>
    Promise.resolve(
      log.trillian
        .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), times: 1 })
        .holdAfter(),
    ),
};

const kills: readonly Kill[] = [
  createTree,
  {
    step: 'stage',
    where: 'the rehearsed slot is about to start, and does so afterwards',
    holdCall: (log, { next }) => Promise.resolve(log.slots.hold(next, 'start')),
  },
  {
    step: 'hold',
    where: 'writes are held, but nobody was told',
    holdCall: (log) => Promise.resolve(log.gate.when({ ...gateHold, times: 1 }).holdAfter()),
  },
  freeze,
  {
    step: 'start',
    where: 'the next slot is about to start, and does so afterwards',
    holdCall: async (log, { next }) => {
      const holding = log.gate.when({ ...gateHold, times: 1 }).hold();
      await within('the order to hold', 60_000, holding.reached);
      const held = log.slots.hold(next, 'start');
      holding.release();
      return held;
    },
  },
  {
    step: 'verify',
    where: 'the handover leaf is queued, but nobody was told (H3)',
    holdCall: (log) => Promise.resolve(log.trillian.when({ method: 'QueueLeaf', times: 1 }).holdAfter()),
  },
];

describe('a rotation whose worker is killed', () => {
  let log: LogUnderTest;

  beforeAll(async () => {
    log = await startLogUnderTest();
  }, 300_000);

  afterAll(async () => {
    await log.end();
  }, 60_000);

  beforeEach(() => log.settle(), 150_000);

  /** Starts a rotation under load, kills the worker in the step, lets `then` happen, and starts another worker. */
  async function killedIn(
    kill: Kill,
    then: (
      rotation: WorkflowHandle<(request: RotationRequest) => Promise<RotationResult>>,
    ) => Promise<unknown>,
  ): Promise<RotationResult> {
    const serving = await log.serving();
    const load = log.load();
    try {
      await log.expectWritable();
      const choosing = kill.holdCall(log, serving);
      const rotation = await log.start();
      const held = await choosing;
      await within(`a call of ${kill.step}`, 60_000, held.reached);
      await log.worker.kill9();
      held.release();
      await then(rotation);
      log.worker.start();
      const result = await log.result(rotation);
      await log.expectWritable();
      return result;
    } finally {
      await load.stop();
    }
  }

  it.each(kills)(
    'in $step and cancelled is rolled back: $where',
    async (kill) => {
      const before = await log.snapshot();
      const result = await killedIn(kill, (rotation) => rotation.cancel());

      expectOutcome(result, 'rolledBack');
      expect(stepNames(result, 'done')).not.toContain('expose');
      expectAsBefore(before, await log.snapshot());
      await log.expectNothingLost();
    },
    180_000,
  );

  it('in createTree resumes with another worker, on the tree that was created', async () => {
    const before = await log.snapshot();
    const result = await killedIn(createTree, () => Promise.resolve());

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(1);
    const after = await log.snapshot();
    expect(after.trees.length).toBe(before.trees.length + 1);
    expect(activeTrees(after)).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  }, 180_000);

  it('in the critical section undoes it with another worker, and the next attempt succeeds (H21)', async () => {
    const result = await killedIn(freeze, () => Promise.resolve());

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(2);
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  }, 180_000);

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  }, 300_000);
});
