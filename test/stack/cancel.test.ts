import { status } from '@grpc/grpc-js';
import { sendTo, setsState } from '../../faults/chosen-calls';
import { criticalSectionId } from '../../workflows/messages';
import { stepNames } from '../../workflows/rotation';
import type { StepName } from '../../workflows/model/steps';
import { activeTrees } from '../../harness/log-state';
import { caughtIn, caughtRows } from '../../harness/moments';
import { PATIENCE_MS, until, within } from '../../harness/waiting';
import { expectAsBefore, expectOutcome, endedSteps } from './outcome';
import { useLog } from './use-log';

/** Once clients are being sent to the next tree, a Cancel comes too late. */
const tooLate: readonly StepName[] = stepNames.slice(stepNames.indexOf('expose'));
const inTime = stepNames.filter((step) => !tooLate.includes(step));

describe('a rotation that is cancelled', () => {
  const log = useLog();

  /** Cancels a rotation in the middle of a step, while a client writes. */
  async function cancelledIn(step: StepName) {
    await log.expectWritable();
    const catching = caughtIn(log, step, await log.serving());
    const rotation = await log.start();
    const held = await catching;
    const client = log.expectWritable();
    await rotation.cancel();
    if (tooLate.includes(step)) {
      // Its activity must hear of the Cancel while it is held; what comes afterwards has nothing to be cancelled.
      await (step === 'expose' ? cancelHeard() : Promise.resolve());
      held.release();
    }
    const result = await log.result(rotation);
    held.release();
    await client;
    return result;
  }

  async function cancelHeard(): Promise<void> {
    const section = log.temporal.workflow.getHandle(criticalSectionId(log.name));
    await until('the Cancel to reach the critical section', PATIENCE_MS, async () => {
      const { raw } = await section.describe();
      return raw.workflowExtendedInfo?.cancelRequested;
    });
  }

  it.each(caughtRows(inTime))('in $step takes everything back: $where', async ({ step }) => {
    const before = await log.snapshot();
    const result = await cancelledIn(step);

    expectOutcome(result, 'rolledBack');
    expect(endedSteps(result, 'done')).not.toContain('expose');
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it.each(caughtRows(tooLate))('in $step goes on to its end: $where', async ({ step }) => {
    const result = await cancelledIn(step);

    expectOutcome(result, 'completed');
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('gives clients their writes back before anything else, the stop of the next slot above all (H26)', async () => {
    const serving = await log.serving();
    const { activeTreeId, next } = serving;
    const catching = caughtIn(log, 'freeze', serving);
    const rotation = await log.start();
    const held = await catching;
    const stop = log.slots.hold(next, 'stop');
    await rotation.cancel();
    await within('the stop of the next slot', PATIENCE_MS, stop.reached);

    expect((await log.gateItself.state()).mode).toBe('pass');
    expect(activeTrees(await log.snapshot())).toEqual([activeTreeId]);
    await log.expectWritable();
    stop.release();
    held.release();
    const result = await log.result(rotation);
    expectOutcome(result, 'rolledBack');
    expect(endedSteps(result, 'undone', 1)).toEqual(['freeze', 'hold', 'start', 'stage', 'createTree']);
    await log.expectNothingLost();
  });

  it('while it takes itself back already is taken back all the same (H26)', async () => {
    const before = await log.snapshot();
    const { activeTreeId, current } = await log.serving();
    log.trillian
      .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'DRAINING') })
      .answer({ code: status.UNAVAILABLE });
    const url = log.section.installation.slots[current]?.url ?? '';
    const undo = log.gate.when({ ...sendTo(url), times: 1 }).hold();
    const rotation = await log.start();
    await within('the undo of the hold', PATIENCE_MS, undo.reached);
    await rotation.cancel();
    undo.release();
    const result = await log.result(rotation);

    expectOutcome(result, 'rolledBack');
    expect(result.attempts).toBe(1);
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('while Trillian has not answered an UpdateTree, waits until it can land no more (H8)', async () => {
    const before = await log.snapshot();
    const { activeTreeId } = await log.serving();
    // It never gets there, and nobody can know: whether it lands is over only with its deadline.
    const unanswered = log.trillian
      .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), times: 1 })
      .hold();
    const rotation = await log.start();
    await within('the order to freeze', PATIENCE_MS, unanswered.reached);
    const client = log.expectWritable();
    await rotation.cancel();
    const result = await log.result(rotation);
    await client;

    expectOutcome(result, 'rolledBack');
    const opened = log.trillian.calls.find(
      ({ method, request }) => method === 'UpdateTree' && setsState(activeTreeId, 'ACTIVE')(request),
    );
    const frozen = log.trillian.calls.find(
      ({ method, request }) => method === 'UpdateTree' && setsState(activeTreeId, 'FROZEN')(request),
    );
    expect(opened?.at).toBeGreaterThan((frozen?.at ?? Infinity) + DEADLINE_MS);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});

/** A changing call of the critical section is waited for at least this long, in milliseconds, before it is undone. */
const DEADLINE_MS = 400;
