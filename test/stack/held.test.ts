import { status } from '@grpc/grpc-js';
import { sendTo, setsState } from '../../faults/chosen-calls';
import type { Progress } from '../../workflows/messages';
import type { Held } from '../../workflows/model/held';
import type { RefusalCode } from '../../workflows/model/refusals';
import { activeTrees } from '../../harness/log-state';
import { caughtIn } from '../../harness/moments';
import { person } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

const unavailable = { code: status.UNAVAILABLE };

describe('a rotation that can neither go on nor take itself back', () => {
  const log = useLog({ rotation: { attempts: 1 } });

  /** Held by `code`, if given: what a busy machine cuts off says only that, and the next try says what keeps it. */
  async function heldIn(step: string, code?: RefusalCode): Promise<Held> {
    return await until(`${step} to be held`, PATIENCE_MS, async () => {
      const { held }: Progress = await log.progress();
      return held?.step === step && (code === undefined || held.reason.code === code) && held;
    });
  }

  /** What fails is the end of the freeze; what fails again is the undo of the freeze. */
  async function cannotOpenAgain(): Promise<{ readonly activeTreeId: string; readonly said: number }> {
    const { activeTreeId } = await log.serving();
    const { trillian } = log;
    trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN') }).answer(unavailable);
    trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, 'ACTIVE') }).answer(unavailable);
    return { activeTreeId, said: log.worker.output().length };
  }

  it('is held with what is there and what would finish it, and ends by itself once it can', async () => {
    const before = await log.snapshot();
    const { activeTreeId, said } = await cannotOpenAgain();
    const rotation = await log.start();
    const held = await heldIn('undo freeze', 'TRILLIAN_UNREACHABLE');
    expect(held.tries).toBeGreaterThanOrEqual(3);
    expect(held.state).toContain(`current tree ${activeTreeId}: DRAINING`);
    expect(held.state.find((fact) => fact.startsWith('traffic: '))).toMatch(/follows order \d+$/);
    expect(held.commands).toEqual([
      expect.stringMatching(`^updatetree .*--tree_id=${activeTreeId} --tree_state=ACTIVE$`),
    ]);
    expect(held.choices).toEqual(['retry', 'skip', 'giveUp']);
    expect(log.worker.output().slice(said)).toContain('ALARM: undo freeze is held');

    log.clearFaults();
    const result = await log.result(rotation);
    expectOutcome(result, 'rolledBack');
    expect(result.interventions).toEqual([]);
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('tries again at once when a person says so, and keeps who and why', async () => {
    const before = await log.snapshot();
    const { activeTreeId, current } = await log.serving();
    const url = log.section.installation.slots[current]?.url ?? '';
    log.trillian
      .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'DRAINING') })
      .answer(unavailable);
    log.gate.when(sendTo(url)).answer({ status: 403, body: '{}' });
    const rotation = await log.start();
    const held = await heldIn('undo hold');
    expect(held.commands).toEqual([expect.stringMatching(/^curl -X PUT .*\/order\/send /)]);
    // Nobody waits for that: the gate's lease has ended, and the current tree was never closed.
    await log.expectWritable();

    expect(await log.retry(() => log.clearFaults())).toBe('retry: undo hold');
    const result = await log.result(rotation);
    expectOutcome(result, 'rolledBack');
    expect(result.interventions).toEqual([
      expect.objectContaining({ ...person, choice: 'retry', step: 'undo hold' }),
    ]);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it('leaves out what a person says, says so, and is watched by the guardian afterwards', async () => {
    const before = await log.snapshot();
    const { activeTreeId, said } = await cannotOpenAgain();
    const rotation = await log.start();
    const { commands } = await heldIn('undo freeze');
    await log.resume('skip');
    const result = await log.result(rotation);

    expectOutcome(result, 'rolledBack');
    expect(result.steps).toContainEqual(expect.objectContaining({ name: 'freeze', kind: 'skipped' }));
    expect(result.interventions).toEqual([
      expect.objectContaining({ ...person, choice: 'skip', step: 'undo freeze' }),
    ]);
    expect(activeTrees(await log.snapshot())).toEqual([]);
    await until('the alarm of the guardian', PATIENCE_MS, async () => {
      await log.guardLooks();
      await log.idle();
      return log.worker.output().slice(said).includes(`ALARM: Tree ${activeTreeId}, which serves lab, is`);
    });

    expect(commands[0]).toContain('--tree_state=ACTIVE');
    await log.trees.setState(activeTreeId, 'ACTIVE');
    log.clearFaults();
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('ends held when a person gives it up, and is ended by a recovery later', async () => {
    const before = await log.snapshot();
    const { activeTreeId } = await cannotOpenAgain();
    const rotation = await log.start();
    await heldIn('undo freeze');
    await log.resume('giveUp');
    const result = await log.result(rotation);

    expectOutcome(result, 'held');
    expect(result.reason).toContain(person.why);
    expect(result.interventions).toEqual([
      expect.objectContaining({ ...person, choice: 'giveUp', step: 'undo freeze' }),
    ]);
    expect(result.held?.commands[0]).toContain(activeTreeId);
    expect(activeTrees(await log.snapshot())).toEqual([]);

    log.clearFaults();
    expectOutcome(await log.recover(), 'rolledBack');
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('goes on trying to confirm what cannot be confirmed, and leaves it out when a person says so', async () => {
    const { next } = await log.serving();
    const keys = { path: /^\/api\/v1\/log\/publicKey/ };
    // From the exposure on: until then the next release has to show its key.
    const held = log.gate.when({ ...sendTo(log.slotUrls[next]), times: 1 }).holdAfter();
    void held.reached.then(() => {
      log.rekor[next].when(keys).answer({ status: 200, body: 'no key at all' });
      held.release();
    });
    const rotation = await log.start();
    await heldIn('confirm');
    await log.expectWritable();
    await log.resume('skip');
    const result = await log.result(rotation);
    log.clearFaults();

    expectOutcome(result, 'completed');
    expect(result.verification).toBeUndefined();
    expect(result.steps).toContainEqual(expect.objectContaining({ name: 'confirm', kind: 'skipped' }));
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('is held in settle while the current slot does not stop, and goes on by itself once it does', async () => {
    const { current } = await log.serving();
    log.slots.fail(current, 'stop');
    const rotation = await log.start();
    const held = await heldIn('settle');
    expect(held.reason.code).toBe('COMMAND_FAILED');
    const shown = ['enable', 'disable', 'stop'].map((verb) => expect.stringContaining(` ${verb} `) as string);
    expect(held.commands).toEqual(expect.arrayContaining(shown));
    await log.expectWritable();

    log.slots.clear();
    const result = await log.result(rotation);
    expectOutcome(result, 'completed');
    expect(result.interventions).toEqual([]);
    expect((await log.snapshot()).runningSlots).not.toContain(current);
    await log.expectNothingLost();
  });

  it('is held in soak while a tree that has ended is ACTIVE again, which it leaves to a person (H8)', async () => {
    const serving = await log.serving();
    const catching = caughtIn(log, 'soak', serving);
    const rotation = await log.start();
    const caught = await catching;
    await log.trees.setState(serving.activeTreeId, 'ACTIVE');
    caught.release();
    const held = await heldIn('soak');
    expect(held.reason.code).toBe('TWO_ACTIVE_TREES');
    expect(held.reason.message).toContain(serving.activeTreeId);

    await log.trees.setState(serving.activeTreeId, 'FROZEN');
    const result = await log.result(rotation);
    expectOutcome(result, 'completed');
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectGoesOn();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
