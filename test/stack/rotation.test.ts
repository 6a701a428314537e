import { MAX_WAIT_MS } from '../../harness/lab-process';
import { activeTrees } from '../../harness/log-state';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a rotation of a real log', () => {
  const log = useLog();

  it('under load loses nothing, gives no index twice and fails no request (H37)', async () => {
    const { activeTreeId } = await log.serving();
    const load = log.load();
    await log.expectWritable();
    const result = await log.rotate();
    await log.expectWritable();
    const { writes, reads, failures } = await load.stop();

    expect(result).toMatchObject({
      outcome: 'completed',
      currentTree: { treeId: activeTreeId },
      refusals: [],
    });
    expect(failures).toEqual([]);
    expect(writes.attempted).toBeGreaterThan(10);
    expect(reads.attempted).toBeGreaterThan(5);
    // By the gate's own clock, and its promise on any machine: it sends a write away rather than let it wait longer.
    // eslint-disable-next-line no-restricted-syntax
    expect(result.writes?.longestWaitMs).toBeLessThanOrEqual(MAX_WAIT_MS);
    expect(result.writes?.stallMs).not.toBeNull();
    await log.expectNothingLost();

    const after = await log.snapshot();
    expect(after.shards.active).toBe(result.nextTree?.treeId);
    expect(after.shards.inactive).toEqual([`${activeTreeId}: ${String(result.currentTree?.size)}`]);
    expect(activeTrees(after)).toEqual([result.nextTree?.treeId]);
    // Someone was acknowledged at the last index before and someone right after the handover leaf.
    const indexes = log.recorder.acknowledged().map(({ logIndex }) => logIndex);
    expect(Math.min(...indexes.filter((index) => index > (result.currentTree?.size ?? 0)))).toBe(
      (result.currentTree?.size ?? 0) + 1,
    );
  });

  it('works again and again, also on a shard that holds only its handover leaf', async () => {
    const before = await log.snapshot();
    const first = await log.rotate();
    const second = await log.rotate();
    const third = await log.rotate();

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
    expect(second.currentTree).toMatchObject({ treeId: first.nextTree?.treeId, size: 1 });
    expect(third.currentTree).toMatchObject({ treeId: second.nextTree?.treeId, size: 1 });
    await log.expectGoesOn();

    const after = await log.snapshot();
    expect(after.shards.inactive.slice(0, before.shards.inactive.length)).toEqual(before.shards.inactive);
    expect(after.shards.inactive.slice(before.shards.inactive.length)).toEqual([
      `${before.shards.active}: ${String(first.currentTree?.size)}`,
      `${String(first.nextTree?.treeId)}: 1`,
      `${String(second.nextTree?.treeId)}: 1`,
    ]);
    expect(activeTrees(after)).toEqual([third.nextTree?.treeId]);
  });

  it('is refused, with the name of the one that runs, while another rotates the log (H22)', async () => {
    const held = log.trillian.when({ method: 'CreateTree', times: 1 }).hold();
    const first = await log.start();
    await held.reached;
    const second = await log.rotate();
    held.release();
    const firstResult = await log.result(first);

    expectOutcome(firstResult, 'completed');
    expect(second).toMatchObject({ outcome: 'refused', refusals: [{ code: 'ROTATION_IN_PROGRESS' }] });
    expect(second.reason).toContain(first.workflowId);
    expect(second.reason).toContain(firstResult.rotationId);
    expect(activeTrees(await log.snapshot())).toEqual([firstResult.nextTree?.treeId]);
    await log.expectGoesOn();
  });
});
