import type { WorkflowHandle } from '@temporalio/client';
import { sendTo } from '../../faults/chosen-calls';
import type { SlotName } from '../../lab/files';
import type { RotationRequest } from '../../workflows/model/request';
import type { RotationResult } from '../../workflows/model/result';
import { activeTrees } from '../../harness/log-state';
import { caughtIn } from '../../harness/moments';
import { person } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectOutcome, endedSteps } from './outcome';
import { useLog } from './use-log';

interface Interrupted {
  readonly rotation: WorkflowHandle<(request: RotationRequest) => Promise<RotationResult>>;
  readonly currentTreeId: string;
  readonly nextTreeId: string;
  /** The slot that was to serve. */
  readonly next: SlotName;
}

describe('a rotation whose exposure fails', () => {
  const log = useLog();

  /**
   * Someone writes to the open next tree past the gate, and the order that would expose it does not get through: the
   * section fails, and its next tree is closed again. `meanwhile` happens after the write.
   */
  async function failedExposure(meanwhile: (next: SlotName) => Promise<void>): Promise<Interrupted> {
    const serving = await log.serving();
    const { activeTreeId: currentTreeId, next } = serving;
    const known = new Set(activeTrees(await log.snapshot()));
    const catching = caughtIn(log, 'expose', serving);
    const rotation = await log.start();
    await catching;
    log.gate.when(sendTo(log.section.installation.slots[next]?.url ?? '')).answer({ status: 500 });
    const [nextTreeId = ''] = activeTrees(await log.snapshot()).filter((tree) => !known.has(tree));
    await log.uploadTo(next);
    await meanwhile(next);
    await until('the next tree to be closed', PATIENCE_MS, async () => {
      const trees = await log.trees.list();
      return trees.find(({ tree_id }) => tree_id === nextTreeId)?.tree_state === 'FROZEN';
    });
    log.gate.clear();
    return { rotation, currentTreeId, nextTreeId, next };
  }

  /** The next slot is dead and does not come up any more. */
  const broken = async (next: SlotName): Promise<void> => {
    log.slots.fail(next, 'start');
    await log.byHand(next, 'stop');
  };

  async function held(step: string): Promise<void> {
    await until(`${step} to be held`, PATIENCE_MS, async () => (await log.progress()).held?.step === step);
  }

  async function expectServed(result: RotationResult, ...inactive: string[]): Promise<void> {
    const { shards, trees } = await log.snapshot();
    expect(activeTrees({ trees })).toEqual([result.nextTree?.treeId]);
    expect(shards.active).toBe(result.nextTree?.treeId);
    expect(shards.inactive.slice(-inactive.length).map((shard) => shard.split(':')[0])).toEqual(inactive);
    await log.expectGoesOn();
  }

  async function sizeOf(treeId: string): Promise<number> {
    const { activeTreeId } = await log.serving();
    expect(activeTreeId).toBe(treeId);
    const info = (await (await fetch(`${log.publicUrl}/api/v1/log`)).json()) as { treeSize: number };
    return info.treeSize;
  }

  it('when the next tree holds an entry of a client goes forward: the tree is opened and exposed again (H6)', async () => {
    const { rotation, currentTreeId, nextTreeId } = await failedExposure(() => Promise.resolve());
    const result = await log.result(rotation);

    expectOutcome(result, 'completed');
    expect(endedSteps(result, 'done')).toContain('forward');
    expect(result.nextTree?.treeId).toBe(nextTreeId);
    await expectServed(result, currentTreeId);
  });

  it('whose slot does not start any more is superseded: a third tree serves, and every index stays (H12)', async () => {
    const { rotation, currentTreeId, nextTreeId } = await failedExposure(broken);
    // The slot can start again once the rotation has given that tree up.
    await until('the third tree to be prepared', PATIENCE_MS, async () => {
      const { phase, note } = await log.progress();
      return note?.includes(nextTreeId) && (phase === 'supersede' || phase === 'createTree');
    });
    log.slots.clear();
    const result = await log.result(rotation);

    expectOutcome(result, 'superseded');
    expect(result.superseded).toEqual({ treeId: nextTreeId, size: 2 });
    expect(result.currentTree?.treeId).toBe(currentTreeId);
    expect(result.nextTree?.treeId).not.toBe(nextTreeId);
    await expectServed(result, currentTreeId, nextTreeId);
  });

  it('is held where a third tree cannot be served either, until a person has mended the slot (H12)', async () => {
    const { rotation, currentTreeId, nextTreeId } = await failedExposure(broken);
    await held('forward');
    const { held: what } = await log.progress();
    expect(what?.choices).toEqual(['retry', 'giveUp']);
    expect(what?.reason.code).toBe('FORWARD_FAILED');
    expect(activeTrees(await log.snapshot())).toEqual([]);

    await log.retry(() => log.slots.clear());
    const result = await log.result(rotation);
    expectOutcome(result, 'completed');
    expect(result.nextTree?.treeId).toBe(nextTreeId);
    expect(result.interventions).toEqual([
      expect.objectContaining({ ...person, choice: 'retry', step: 'forward' }),
    ]);
    await expectServed(result, currentTreeId);
  });

  it('is held at once where the policy wants no third tree', async () => {
    await log.reconfigure((section) => {
      section.rotation = { ...section.rotation, ifNextFails: 'hold' };
    });
    try {
      const { rotation, currentTreeId, nextTreeId } = await failedExposure(broken);
      await held('forward');
      const marked = (await log.trees.list()).filter(({ tree_state }) => tree_state !== 'FROZEN');
      expect(marked).toEqual([]);

      await log.retry(() => log.slots.clear());
      const result = await log.result(rotation);
      expectOutcome(result, 'completed');
      expect(result.nextTree?.treeId).toBe(nextTreeId);
      await expectServed(result, currentTreeId);
    } finally {
      await log.reconfigure();
    }
  });

  it('that held only its handover leaf is undone; the next attempt begins with another tree, which hands over the end as it is then (H3, H6)', async () => {
    const { activeTreeId, next } = await log.serving();
    const url = log.section.installation.slots[next]?.url ?? '';
    const before = await log.snapshot();
    const exposure = log.gate.when({ ...sendTo(url), times: 1 }).hold();
    const load = log.load();
    const rotation = await log.start();
    await exposure.reached;
    log.gate.when(sendTo(url)).answer({ status: 500 });
    // The handover leaf of this attempt is not true any more once the current tree has grown.
    const handedOver = await sizeOf(activeTreeId);
    await until(
      'the current tree to grow',
      PATIENCE_MS,
      async () => (await sizeOf(activeTreeId)) > handedOver,
    );
    log.gate.clear();
    const result = await log.result(rotation);
    await load.stop();

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(2);
    const after = await log.snapshot();
    const made = after.trees.filter(({ tree_id }) => !before.trees.some((tree) => tree.tree_id === tree_id));
    expect(made.map(({ tree_state }) => tree_state).sort()).toEqual(['ACTIVE', 'FROZEN']);
    expect(result.handover?.text).toContain(String(result.currentTree?.size));
    expect(result.currentTree?.size).toBeGreaterThan(handedOver);
    expect(after.shards.inactive).toEqual([
      ...before.shards.inactive,
      `${activeTreeId}: ${result.currentTree?.size}`,
    ]);
    await log.expectGoesOn();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
