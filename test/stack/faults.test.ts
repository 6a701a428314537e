import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { LoadSummary } from '../../load/load';
import type { RotationResult } from '../../workflows/model/result';
import { gateHold, sendTo, setsState, setsStateOfAnother } from '../../faults/chosen-calls';
import type { HttpMatch } from '../../faults/http-proxy';
import { CRITICAL_SECTION_MS } from '../../harness/lab-process';
import { activeTrees } from '../../harness/log-state';
import type { LogUnderTest, Serving } from '../../harness/log-under-test';
import { PATIENCE_MS, within } from '../../harness/waiting';
import { expectAsBefore, expectOutcome, endedSteps, expectRotated } from './outcome';
import { useLog } from './use-log';

interface Rotated {
  readonly result: RotationResult;
  readonly summary: LoadSummary;
}

interface Fault {
  readonly step: string;
  readonly how: string;
  readonly arrange: (log: LogUnderTest, serving: Serving) => void;
}

interface Failure extends Fault {
  /** Steps that succeed before it. */
  readonly after: readonly string[];
}

const prepared = ['createTree', 'stage'];
const unavailable = { code: status.UNAVAILABLE };
const once = { times: 1 };

const exposure = (log: LogUnderTest, { next }: Serving): HttpMatch =>
  sendTo(log.section.installation.slots[next]?.url ?? '');
const release = (log: LogUnderTest, { current }: Serving): HttpMatch =>
  sendTo(log.section.installation.slots[current]?.url ?? '');

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
    arrange: (log) => log.trillian.when({ method: 'InitLog' }).answer({ code: status.INTERNAL }),
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
    step: 'freeze',
    how: 'the current tree cannot be set DRAINING',
    after: [...prepared, 'hold'],
    arrange: (log, { activeTreeId }) =>
      log.trillian
        .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'DRAINING') })
        .answer(unavailable),
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
    how: 'no handover leaf can be queued (H3)',
    after: [...prepared, 'hold', 'freeze', 'start'],
    arrange: (log) => log.trillian.when({ method: 'QueueLeaf' }).answer(unavailable),
  },
  {
    step: 'expose',
    how: 'the gate answers the order with an error; nobody has written to the next tree (H6)',
    after: [...prepared, 'hold', 'freeze', 'start', 'verify'],
    arrange: (log, serving) => log.gate.when(exposure(log, serving)).answer({ status: 500 }),
  },
];

/** For each step a call of it that has its effect, while its answer is lost: the step is repeated, and does no harm. */
const answersLost: readonly Fault[] = [
  {
    step: 'createTree',
    how: 'the tree that was created is adopted',
    arrange: (log) => log.trillian.when({ method: 'CreateTree', ...once }).answerAfter(unavailable),
  },
  {
    step: 'hold',
    how: 'the gate holds already',
    arrange: (log) => log.gate.when({ ...gateHold, ...once }).dropAfter(),
  },
  {
    step: 'freeze',
    how: 'the current tree is FROZEN already',
    arrange: (log, { activeTreeId }) =>
      log.trillian
        .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), ...once })
        .dropAfter(),
  },
  {
    step: 'verify',
    how: 'the next tree is ACTIVE already',
    arrange: (log, { activeTreeId }) =>
      log.trillian
        .when({ method: 'UpdateTree', where: setsStateOfAnother(activeTreeId, 'ACTIVE'), ...once })
        .dropAfter(),
  },
  {
    step: 'verify',
    how: 'the handover leaf is queued already (H3)',
    arrange: (log) => log.trillian.when({ method: 'QueueLeaf', ...once }).dropAfter(),
  },
  {
    step: 'expose',
    how: 'clients are at the next tree already (H6)',
    arrange: (log, serving) => log.gate.when({ ...exposure(log, serving), ...once }).dropAfter(),
  },
];

describe('a rotation in which something fails', () => {
  const log = useLog();

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

  it.each(failures)('for good in $step is rolled back: $how', async ({ step, after, arrange }) => {
    const before = await log.snapshot();
    arrange(log, await log.serving());
    const { result, summary } = await rotateUnderLoad();

    expectOutcome(result, 'rolledBack');
    expect(endedSteps(result, 'done')).toEqual(expect.arrayContaining([...after]));
    expect(endedSteps(result, 'done')).not.toContain(step);
    expect(endedSteps(result, 'undone')).toContain('createTree');
    expect(result.reason).not.toBe('');
    expectAsBefore(before, await log.snapshot());
    expect(summary.failures).toEqual([]);
    await log.expectNothingLost();
  });

  it.each(answersLost)(
    'after its effect in $step is repeated, and nothing happens twice: $how',
    async ({ step, arrange }) => {
      const before = await log.snapshot();
      arrange(log, await log.serving());
      await log.expectWritable();
      // Whether a client has written to the next tree matters to the last step only.
      const { result } = step === 'expose' ? await rotateUnderLoad() : { result: await log.rotate() };
      await log.expectWritable();

      const after = await log.snapshot();
      expectRotated(before, after, result);
      // A slow machine may need another attempt, with a tree of its own.
      expect(after.trees.length - before.trees.length).toBeLessThanOrEqual(result.attempts);
      await log.expectNothingLost();
    },
  );

  it('once before its effect, in every step, is repeated until it succeeds', async () => {
    const serving = await log.serving();
    const { activeTreeId } = serving;
    const { trillian, gate } = log;
    const update = { method: 'UpdateTree', ...once };
    trillian.when({ method: 'CreateTree', ...once }).answer(unavailable);
    trillian.when({ method: 'InitLog', ...once }).answer(unavailable);
    gate.when({ ...gateHold, ...once }).answer({ status: 500 });
    trillian.when({ ...update, where: setsState(activeTreeId, 'DRAINING') }).answer(unavailable);
    trillian.when({ ...update, where: setsStateOfAnother(activeTreeId, 'ACTIVE') }).answer(unavailable);
    trillian.when({ method: 'QueueLeaf', ...once }).answer(unavailable);
    gate.when({ ...exposure(log, serving), ...once }).answer({ status: 500 });
    const { result } = await rotateUnderLoad();

    expectOutcome(result, 'completed');
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it.each([
    { undos: 'had their effect, though their answers were lost, are run twice', lost: true },
    { undos: 'failed before their effect are run again', lost: false },
  ])('whose undos $undos', async ({ lost }) => {
    const before = await log.snapshot();
    const serving = await log.serving();
    const { activeTreeId } = serving;
    const { trillian, gate } = log;
    const update = { method: 'UpdateTree', ...once };
    trillian.when({ method: 'QueueLeaf' }).answer(unavailable);
    const chosen = [
      trillian.when({ ...update, where: setsStateOfAnother(activeTreeId, 'FROZEN') }),
      trillian.when({ ...update, where: setsState(activeTreeId, 'ACTIVE') }),
    ];
    const order = gate.when({ ...release(log, serving), ...once });
    for (const each of chosen) {
      if (lost) each.answerAfter(unavailable);
      else each.answer(unavailable);
    }
    if (lost) order.dropAfter();
    else order.answer({ status: 500 });
    const { result } = await rotateUnderLoad();

    expectOutcome(result, 'rolledBack');
    expect(result.interventions).toEqual([]);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it('beyond its time is undone, and the second attempt succeeds', async () => {
    const serving = await log.serving();
    const { activeTreeId } = serving;
    // Neither the first order to freeze nor a repeated one is answered before the hold is taken back.
    const released = log.gate.when({ ...release(log, serving), ...once }).hold();
    log.trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN') }).drop();
    void released.reached.then(() => {
      log.trillian.clear();
      released.release();
    });
    const { result } = await rotateUnderLoad();

    expectOutcome(result, 'completed');
    expect(result.attempts).toBeGreaterThan(1);
    expect(endedSteps(result, 'undone', 1)).toEqual(expect.arrayContaining(['freeze', 'hold', 'start']));
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('while Trillian is out of reach for all of the critical section is undone once it is back', async () => {
    const held = log.gate.when({ ...gateHold, times: 1 }).holdAfter();
    const outage = held.reached.then(async () => {
      log.trillian.refuseConnections();
      held.release();
      // Longer than the section may take, which has begun before the hold.
      await pause(CRITICAL_SECTION_MS + 1_000);
      await log.trillian.acceptConnections();
    });
    const { result } = await rotateUnderLoad();
    expectOutcome(result, 'completed');
    await within('the outage', PATIENCE_MS, outage);

    expect(result.attempts).toBeGreaterThan(1);
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
