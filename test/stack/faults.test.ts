import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { LoadSummary } from '../../lab/load/load';
import type { RotationResult } from '../../workflows/model/rotation';
import { gateHold, releaseTo, setsState, setsStateOfAnother } from './chosen-calls';
import { startLogUnderTest, type LogUnderTest } from './log-under-test';
import { expectOutcome, stepNames } from './outcome';
import { activeTrees, expectAsBefore } from './snapshot';
import { within } from './waiting';

interface Rotated {
  readonly result: RotationResult;
  readonly summary: LoadSummary;
}

interface Failure {
  readonly step: string;
  readonly how: string;
  /** Steps that succeed before it. */
  readonly after: readonly string[];
  readonly arrange: (log: LogUnderTest, serving: { next: string; activeTreeId: string }) => void;
}

const prepared = ['createTree', 'stage'];
const unavailable = { code: status.UNAVAILABLE };

/** For each step before the point of no return a call of it that fails for good. */
const failures: readonly Failure[] = [
  {
    step: 'createTree',
    how: 'Trillian creates no tree',
    after: [],
    arrange: (log) => log.trillian.when({ method: 'CreateTree' }).answer(unavailable),
  },
  {
    step: 'createTree',
    how: 'the tree is created but cannot be initialised',
    after: [],
    // Three times, which is for good: the undo, which asks for the same, gets it.
    arrange: (log) => log.trillian.when({ method: 'InitLog', times: 3 }).answer({ code: status.INTERNAL }),
  },
  {
    step: 'stage',
    how: 'the slot does not start',
    after: ['createTree'],
    arrange: (log, { next }) => log.slots.fail(next, 'start'),
  },
  {
    step: 'stage',
    how: 'the slot starts but dies',
    after: ['createTree'],
    arrange: (log, { next }) => log.slots.startsButDies(next),
  },
  {
    step: 'hold',
    how: 'the gate answers every order to hold with an error',
    after: prepared,
    arrange: (log) => log.gate.when(gateHold).answer({ status: 500 }),
  },
  {
    step: 'hold',
    how: 'the gate holds, but its answer is lost',
    after: prepared,
    arrange: (log) => log.gate.when(gateHold).dropAfter(),
  },
  {
    step: 'freeze',
    how: 'the current tree cannot be set DRAINING',
    after: [...prepared, 'hold'],
    arrange: (log, { activeTreeId }) =>
      log.trillian
        .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'DRAINING') })
        .answer(unavailable),
  },
  {
    step: 'freeze',
    how: 'the current tree is FROZEN, but the answer is lost',
    after: [...prepared, 'hold'],
    arrange: (log, { activeTreeId }) =>
      log.trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN') }).dropAfter(),
  },
  {
    step: 'start',
    how: 'the slot, rehearsed before, does not start',
    after: [...prepared, 'hold'],
    arrange: (log, { next }) => {
      const held = log.gate.when(gateHold).hold();
      void held.reached.then(() => {
        log.slots.fail(next, 'start');
        held.release();
      });
    },
  },
  {
    step: 'verify',
    how: 'the next tree cannot be opened',
    after: [...prepared, 'hold', 'freeze', 'start'],
    arrange: (log, { activeTreeId }) =>
      log.trillian
        .when({ method: 'UpdateTree', where: setsStateOfAnother(activeTreeId, 'ACTIVE') })
        .answer(unavailable),
  },
  {
    step: 'verify',
    how: 'the handover leaf is queued, but the answer is lost (H3)',
    after: [...prepared, 'hold', 'freeze', 'start'],
    arrange: (log) => log.trillian.when({ method: 'QueueLeaf' }).dropAfter(),
  },
];

describe('a rotation in which something fails', () => {
  let log: LogUnderTest;

  beforeAll(async () => {
    log = await startLogUnderTest();
  }, 300_000);

  afterAll(async () => {
    await log.end();
  }, 60_000);

  beforeEach(() => log.settle());

  async function rotateUnderLoad(): Promise<Rotated> {
    const load = log.load();
    try {
      await log.expectWritable();
      const result = await log.rotate();
      await log.expectWritable();
      return { result, summary: await load.stop() };
    } finally {
      await load.stop();
    }
  }

  it.each(failures)(
    'for good in $step is rolled back: $how',
    async ({ step, after, arrange }) => {
      const before = await log.snapshot();
      arrange(log, await log.serving());
      const { result, summary } = await rotateUnderLoad();

      expectOutcome(result, 'rolledBack');
      expect(stepNames(result, 'done')).toEqual(expect.arrayContaining([...after]));
      expect(stepNames(result, 'done')).not.toContain(step);
      expect(stepNames(result, 'undone')).toContain('createTree');
      expect(result.reason).not.toBe('');
      expectAsBefore(before, await log.snapshot());
      expect(summary.failures).toEqual([]);
      await log.expectNothingLost();
    },
    180_000,
  );

  it('once, and whose answer is lost, is done once: the tree that was created is adopted', async () => {
    const before = await log.snapshot();
    log.trillian.when({ method: 'CreateTree', times: 1 }).answerAfter(unavailable);
    const { result, summary } = await rotateUnderLoad();

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(1);
    const after = await log.snapshot();
    expect(after.trees.length).toBe(before.trees.length + 1);
    expect(activeTrees(after)).toEqual([result.nextTree?.treeId]);
    expect(summary.failures).toEqual([]);
    await log.expectNothingLost();
  }, 180_000);

  it('beyond its time is undone, and the second attempt succeeds', async () => {
    const { activeTreeId } = await log.serving();
    log.trillian
      .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), times: 1 })
      .delay(2_600);
    const { result, summary } = await rotateUnderLoad();

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(2);
    expect(stepNames(result, 'undone', 1)).toEqual(expect.arrayContaining(['freeze', 'hold', 'start']));
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    expect(summary.failures).toEqual([]);
    await log.expectNothingLost();
  }, 180_000);

  it('while Trillian is out of reach for some seconds in the critical section is undone once it is back', async () => {
    const held = log.gate.when({ ...gateHold, times: 1 }).holdAfter();
    const outage = held.reached.then(async () => {
      log.trillian.refuseConnections();
      held.release();
      await pause(4_000);
      await log.trillian.acceptConnections();
    });
    const { result } = await rotateUnderLoad();
    expectOutcome(result, 'completed');
    await within('the outage', 10_000, outage);

    expect(result.attempts).toBeGreaterThan(1);
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  }, 180_000);

  it('when the answer to the exposure is lost goes on if the next tree holds public entries (H6)', async () => {
    const { next } = await log.serving();
    const url = log.section.installation.slots[next]?.url ?? '';
    log.gate.when({ ...releaseTo(url), times: 1 }).dropAfter();
    const { result } = await rotateUnderLoad();

    expectOutcome(result, 'completed');
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  }, 180_000);

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  }, 300_000);
});
