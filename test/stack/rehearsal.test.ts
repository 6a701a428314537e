import { setsStateOfAnother } from '../../faults/chosen-calls';
import { activeTrees } from '../../harness/log-state';
import { expectAsBefore, expectOutcome, endedSteps } from './outcome';
import { useLog } from './use-log';

/** What a rehearsal may ask Trillian for beside reads: nothing of the current tree, and no leaf at all. */
const changes = ['CreateTree', 'InitLog', 'UpdateTree'];

describe('a rehearsal on a real log', () => {
  const log = useLog();

  it('foretells, touches nothing that clients use, and is taken back', async () => {
    await log.expectWritable();
    await log.idle();
    const before = await log.snapshot();
    log.clearFaults();
    const client = log.expectWritable();
    const result = await log.rotate({ rehearse: true });
    await client;

    expectOutcome(result, 'rehearsed');
    expect(result.forecast?.parts.filter(({ by }) => by === 'measured').map(({ ms }) => ms)).toHaveLength(5);
    expect(result.forecast?.sectionMs).toBeGreaterThan(0);
    expect(result.forecast?.range?.stallMs.most).toBeGreaterThan(
      result.forecast?.range?.stallMs.least ?? NaN,
    );
    const [made] = result.leftTrees ?? [];
    const asked = log.trillian.calls.filter(({ method }) => !/^(Get|List)/.test(method));
    expect([...new Set(asked.map(({ method }) => method))].sort()).toEqual(changes);
    // The guardian may tell the gate what a Rekor must have loaded; that is no order.
    expect(log.gate.calls.filter(({ path }) => path.startsWith('/order'))).toEqual([]);
    expect(log.gate.calls.length).toBeGreaterThan(0);
    const byUs = Object.values(log.rekor).flatMap((proxy) => proxy.calls);
    // The one entry is the client's: what each rehearsed start sends is none, and refused (OPERATION_SWITCHED_OFF).
    const entries = byUs.filter(({ method, path }) => method === 'POST' && path.endsWith('/log/entries'));
    expect(entries.filter(({ body }) => !body.includes('0'.repeat(64)))).toHaveLength(1);
    const after = await log.snapshot();
    expectAsBefore(before, after);
    expect(activeTrees(after)).toEqual([before.shards.active]);
    expect(made).toBeDefined();
    await log.expectNothingLost();
  });

  it('is followed by a rotation, whose next tree is another one', async () => {
    const { leftTrees = [] } = await log.rotate({ rehearse: true });
    const result = await log.rotate();
    expectOutcome(result, 'completed');
    expect(leftTrees).not.toContain(result.nextTree?.treeId);
    await log.expectNothingLost();
  });

  it('whose worker is killed while its tree is drained goes on with another worker, and is taken back', async () => {
    const before = await log.snapshot();
    const catching = log.catching.trillian(
      'after',
      'UpdateTree',
      setsStateOfAnother(before.shards.active, 'FROZEN'),
    );
    const rehearsal = await log.start({ rehearse: true });
    const held = await catching;
    const client = log.expectWritable();
    await log.worker.kill9();
    held.release();
    log.worker.start();
    const result = await log.result(rehearsal);
    await client;

    expectOutcome(result, 'rehearsed');
    expect(endedSteps(result, 'undone')).toEqual(['stage', 'createTree']);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it('that is terminated in it is taken back by a recovery', async () => {
    const before = await log.snapshot();
    const catching = log.catching.trillian(
      'after',
      'UpdateTree',
      setsStateOfAnother(before.shards.active, 'FROZEN'),
    );
    await log.start({ rehearse: true });
    const held = await catching;
    await log.lock().terminate('by the test');
    held.release();
    const result = await log.recover();

    expectOutcome(result, 'rolledBack');
    expectAsBefore(before, await log.snapshot());
    await log.expectWritable();
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
