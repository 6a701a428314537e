import { readFileSync, writeFileSync } from 'node:fs';
import { gateHold, sendTo, setsState } from '../../faults/chosen-calls';
import { PRUNE_TREES } from '../../workflows/messages';
import type { PruneRequest } from '../../workflows/model/request';
import type { PruneResult } from '../../workflows/prune-trees';
import type { SlotSection } from '../../harness/configuration';
import { activeTrees } from '../../harness/log-state';
import type { Serving } from '../../harness/log-under-test';
import { caughtIn } from '../../harness/moments';
import { PATIENCE_MS, until, within } from '../../harness/waiting';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a log whose rotation has ended', () => {
  const log = useLog({ guard: { every: '10s' } });

  /** The guardian, which comes by itself, raises an alarm with these words. */
  async function alarmed(words: string, act: () => unknown): Promise<void> {
    const said = log.worker.output().length;
    await act();
    await until(`the alarm "${words}"`, PATIENCE_MS, () => {
      const alarms = log.worker.output().slice(said).split('\n');
      return alarms.some((line) => line.includes('ALARM') && line.includes(words));
    });
  }

  function slotOf(name: string): SlotSection {
    const slot = log.section.installation.slots[name];
    if (!slot) {
      throw new Error(`There is no slot ${name}.`);
    }
    return slot;
  }

  /** A rotation that was taken back in its critical section. */
  async function undone(serving: Serving): Promise<void> {
    const catching = caughtIn(log, 'verify', serving);
    const rotation = await log.start();
    await catching;
    await rotation.cancel();
    expectOutcome(await log.result(rotation), 'rolledBack');
  }

  it('is alarmed about a late call that opens a tree which has ended, and about nothing before it (H8)', async () => {
    const { activeTreeId } = await log.serving();
    await log.expectWritable();
    const result = await log.rotate();
    expectOutcome(result, 'completed');
    const next = result.nextTree?.treeId ?? '';

    // The undo of some earlier attempt: nothing in Trillian tells it from one of today.
    await alarmed(`Tree ${activeTreeId} is an inactive shard`, () =>
      log.trees.setState(activeTreeId, 'ACTIVE'),
    );
    const refused = await log.rotate();
    expect(refused.refusals.map(({ code }) => code)).toContain('INACTIVE_TREE_ACTIVE');

    await log.trees.setState(activeTreeId, 'FROZEN');
    expect(activeTrees(await log.snapshot())).toEqual([next]);
    await log.expectGoesOn();
  });

  it('is alarmed about a late call that closes the tree that serves, which it leaves as it is (H8)', async () => {
    const { activeTreeId } = await log.serving();
    await alarmed(`Tree ${activeTreeId}, which serves lab, is FROZEN`, () =>
      log.trees.setState(activeTreeId, 'FROZEN'),
    );
    expect(activeTrees(await log.snapshot())).toEqual([]);

    await log.trees.setState(activeTreeId, 'ACTIVE');
    await log.expectGoesOn();
  });

  it('whose gate gets the orders of an attempt that was undone does not obey them (H8)', async () => {
    const serving = await log.serving();
    const exposure = sendTo(slotOf(serving.next).url);
    await undone(serving);
    const before = await log.gateItself.state();

    const late = log.gate.calls.filter(({ method, path }) => method === 'PUT' && gateHold.path.test(path));
    expect(late.length).toBeGreaterThan(0);
    const { number, attemptId } = JSON.parse(late[0]?.body ?? '') as { number: number; attemptId: string };
    const orders = [
      ...late.map(({ path, body }) => ({ path, body })),
      {
        path: '/order/send',
        body: JSON.stringify({ number, attemptId, instances: [slotOf(serving.next).url] }),
      },
    ];
    expect(exposure.where?.(orders.at(-1)?.body ?? '', {})).toBe(true);
    for (const { path, body } of orders) {
      const token = readFileSync(log.section.gate.token.file, 'utf8').trim();
      const answer = await fetch(`${log.gate.url}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
      });
      expect(answer.status).toBe(409);
    }
    const { mode, instances } = await log.gateItself.state();
    expect({ mode, instances }).toEqual({ mode: 'pass', instances: before.instances });
    await log.expectWritable();
  });

  it('is taken back once more when a call of a dead worker lands after its undo (H8)', async () => {
    const before = await log.snapshot();
    const serving = await log.serving();
    const { activeTreeId, next } = serving;
    const catching = caughtIn(log, 'freeze', serving);
    const rotation = await log.start();
    const held = await catching;
    const stop = log.slots.hold(next, 'stop');
    await rotation.cancel();
    await within('the undo of the start', PATIENCE_MS, stop.reached);
    expect(activeTrees(await log.snapshot())).toEqual([activeTreeId]);
    // The freeze that was given up arrives now.
    await log.trees.setState(activeTreeId, 'FROZEN');
    log.trillian.forgetCalls();
    stop.release();
    held.release();
    const result = await log.result(rotation);

    expectOutcome(result, 'rolledBack');
    expectAsBefore(before, await log.snapshot());
    const opened = log.trillian.calls.filter(
      ({ method, request }) => method === 'UpdateTree' && setsState(activeTreeId, 'ACTIVE')(request),
    );
    expect(opened.length).toBeGreaterThan(0);
    await log.expectGoesOn();
  });

  it('whose former slot starts between the two writes of its configuration signs nothing (H9)', async () => {
    const { current: former, next: other } = await log.serving();
    const { environmentFile, shardingFile } = slotOf(former);
    const environment = readFileSync(environmentFile, 'utf8');
    await log.expectWritable();
    expectOutcome(await log.rotate(), 'completed');
    const settled = readFileSync(environmentFile, 'utf8');
    expect((await log.serving()).current).toBe(other);
    expect(settled).not.toBe(environment);
    // The list is written before the tree id, and restored after it: this is what a start in between would read.
    writeFileSync(environmentFile, environment);
    expect(readFileSync(shardingFile, 'utf8')).toBe(readFileSync(slotOf(other).shardingFile, 'utf8'));
    await log.byHand(former, 'start');
    await expect(log.uploadTo(former)).rejects.toThrow();
    const refused = await log.rotate();
    expect(refused.outcome).toBe('refused');
    expect(refused.refusals.map(({ code }) => code)).toContain('NEXT_IS_RUNNING');

    await log.byHand(former, 'stop');
    writeFileSync(environmentFile, settled);
    await log.expectWritable();
    expectOutcome(await log.rotate(), 'completed');
    await log.expectNothingLost();
  });

  it('lets a person delete retired trees, one by one, and no other (H7)', async () => {
    const prune = (deleteTrees?: readonly string[]): Promise<PruneResult> =>
      log.temporal.workflow.execute<(request: PruneRequest) => Promise<PruneResult>>(PRUNE_TREES, {
        workflowId: `prune-${Date.now()}`,
        taskQueue: 'rekor-rotate',
        args: [{ log: log.name, ...(deleteTrees && { deleteTrees }) }],
      });
    await undone(await log.serving());
    const before = await log.snapshot();
    const { retired, deleted } = await prune();
    expect(deleted).toEqual([]);
    expect(retired.length).toBeGreaterThan(0);
    expect(retired.every(({ size, keep }) => size <= 1 && keep === undefined)).toBe(true);
    const served = [
      before.shards.active,
      ...before.shards.inactive.map((shard) => shard.split(':')[0] ?? ''),
    ];
    expect(retired.filter(({ treeId }) => served.includes(treeId))).toEqual([]);

    const kept = await prune(served);
    expect(kept.deleted).toEqual([]);
    expect(kept.refusals.map(({ code }) => code)).toEqual(served.map(() => 'NOT_PRUNABLE'));
    expect(await log.snapshot()).toEqual(before);

    const [first] = retired;
    const pruned = await prune([first?.treeId ?? '']);
    expect(pruned.deleted).toEqual([first?.treeId]);
    const after = await log.snapshot();
    expect(after.trees.map(({ tree_id }) => tree_id).sort()).toEqual(
      before.trees
        .map(({ tree_id }) => tree_id)
        .filter((treeId) => treeId !== first?.treeId)
        .sort(),
    );
    await log.expectGoesOn();
  });

  it('is alarmed about a stale deploy: a list of before, and then a Rekor that has loaded it (H10)', async () => {
    const stale = await log.serving();
    const list = readFileSync(slotOf(stale.current).shardingFile, 'utf8');
    await log.expectWritable();
    expectOutcome(await log.rotate(), 'completed');
    const { current, activeTreeId } = await log.serving();
    const { shardingFile } = slotOf(current);
    const right = readFileSync(shardingFile, 'utf8');

    const drifted = `before tree ${activeTreeId} comes tree ${stale.activeTreeId}`;
    await alarmed(drifted, () => {
      writeFileSync(shardingFile, list);
    });
    // No client writes meanwhile: this Rekor would sign indexes that were given before.
    await alarmed(`Rekor ${current} of lab does not list what its shards say: ${drifted}`, async () => {
      await log.byHand(current, 'stop');
      await log.byHand(current, 'start');
    });
    const refused = await log.rotate();
    expectOutcome(refused, 'refused');

    writeFileSync(shardingFile, right);
    await log.byHand(current, 'stop');
    await log.byHand(current, 'start');
    await log.expectGoesOn();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
