import { guardId } from '../../workflows/messages';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a dry run on a real log', () => {
  const log = useLog();

  const readsOfTrillian = ['ListTrees', 'GetTree', 'GetLeavesByRange'];

  it('makes no call but reads, and changes nothing', async () => {
    await log.expectWritable();
    // The guardian has calls of its own: it tells the gate what a Rekor must have loaded.
    await until('the first look of the guardian', PATIENCE_MS, async () => {
      const { shards } = await log.gateItself.state();
      return shards !== null;
    });
    const guardian = log.temporal.schedule.getHandle(guardId(log.name));
    await guardian.pause();
    await log.idle();
    const before = await log.snapshot();
    log.clearFaults();
    const result = await log.rotate({ dryRun: true });
    await guardian.unpause();

    expectOutcome(result, 'planned');
    expect(log.trillian.calls.length).toBeGreaterThan(0);
    expect(log.trillian.calls.filter(({ method }) => !readsOfTrillian.includes(method))).toEqual([]);
    expect(log.gate.calls.length).toBeGreaterThan(0);
    expect(log.gate.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
    const toRekor = Object.values(log.rekor).flatMap((proxy) => proxy.calls);
    expect(toRekor.length).toBeGreaterThan(0);
    expect(toRekor.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(log.slots.calls()).toEqual([]);
    expect(await log.snapshot()).toEqual(before);
  });

  it('goes through the same steps as the real run, and says each change', async () => {
    const said = await log.rotate({ dryRun: true });
    const done = await log.rotate();

    expectOutcome(done, 'completed');
    expect(said.steps.map(({ kind }) => kind)).toEqual(said.steps.map(() => 'said'));
    expect(said.steps.filter(({ says }) => (says?.length ?? 0) === 0)).toEqual([]);
    // Start runs beside freeze, so those two may end in either order.
    const names = (steps: typeof said.steps) => steps.map(({ name }) => name).sort();
    expect(names(said.steps)).toEqual(names(done.steps.filter(({ attempt }) => attempt === done.attempts)));
    expect(said.plan?.currentTree.treeId).toBe(done.currentTree?.treeId);
  });

  it('makes the plan that a real run is bound to: another plan is refused', async () => {
    const { plan } = await log.rotate({ dryRun: true });
    await log.rotate();
    const before = await log.snapshot();
    const late = await log.rotate({ planHash: plan?.hash ?? 'none' });

    expect(late).toMatchObject({ outcome: 'refused', refusals: [{ code: 'PLAN_CHANGED' }] });
    expect(await log.snapshot()).toEqual(before);
  });
});
