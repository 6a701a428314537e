import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { gateHold, setsState, setsStateOfAnother } from '../../faults/chosen-calls';
import { exhaustQuota } from '../../harness/queued-leaves';
import { within } from '../../harness/waiting';
import { expectAsBefore, expectOutcome, endedSteps } from './outcome';
import { useLog } from './use-log';

describe('a rotation whose Trillian refuses leaves by its quota', () => {
  const log = useLog();
  let databaseUrl: string;

  beforeAll(() => {
    databaseUrl = readFileSync(log.lab.files.databaseUrl, 'utf8').trim();
  });

  const refusedByQuota = { code: status.RESOURCE_EXHAUSTED, details: 'quota exhausted: too many rows' };

  it('from the moment at which the current tree is closed is taken back, though it stays refused', async () => {
    const before = await log.snapshot();
    const { activeTreeId } = await log.serving();
    await log.expectWritable();
    const frozen = log.trillian
      .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), times: 1 })
      .holdAfter();
    const exhausted = frozen.reached.then(async () => {
      const giveBack = await exhaustQuota(databaseUrl);
      frozen.release();
      return giveBack;
    });
    const result = await log.rotate();
    const giveBack = await within('the quota', 30_000, exhausted);

    try {
      expectOutcome(result, 'rolledBack');
      expect(result.interventions).toEqual([]);
      expect(endedSteps(result, 'undone', 1)).toEqual(expect.arrayContaining(['verify', 'freeze', 'hold']));
      expectAsBefore(before, await log.snapshot());
    } finally {
      await giveBack();
    }
    await log.expectGoesOn();
  });

  it('is taken back by calls alone that no quota charges', async () => {
    const before = await log.snapshot();
    const { activeTreeId } = await log.serving();
    // The order that opens the next tree is answered, and from then on the quota refuses.
    const opened = log.trillian
      .when({ method: 'UpdateTree', where: setsStateOfAnother(activeTreeId, 'ACTIVE'), times: 1 })
      .holdAfter();
    void opened.reached.then(() => {
      for (const method of ['QueueLeaf', 'InitLog']) {
        log.trillian.when({ method }).answer(refusedByQuota);
      }
      log.trillian.forgetCalls();
      opened.release();
    });
    const load = log.load();
    const result = await log.rotate();
    await log.expectWritable();
    const summary = await load.stop();

    expectOutcome(result, 'rolledBack');
    expect(endedSteps(result, 'undone', 1)).toEqual(expect.arrayContaining(['verify', 'freeze', 'hold']));
    expectAsBefore(before, await log.snapshot());
    // Rekor has its own way to Trillian: no client noticed.
    expect(summary.failures).toEqual([]);
    const reopened = log.trillian.calls.findIndex(
      ({ method, request }) => method === 'UpdateTree' && setsState(activeTreeId, 'ACTIVE')(request),
    );
    const lastTried = log.trillian.calls.findLastIndex(
      ({ method, at }) => method === 'QueueLeaf' && at <= (log.trillian.calls[reopened]?.at ?? 0),
    );
    const undone = log.trillian.calls.slice(lastTried + 1, reopened + 1).map(({ method }) => method);
    expect(undone).toContain('UpdateTree');
    expect(undone).not.toContain('InitLog');
    await log.expectNothingLost();
  });

  it('for a moment in the critical section goes on within its time', async () => {
    log.trillian.when({ method: 'QueueLeaf', times: 2 }).answer(refusedByQuota);
    const held = log.gate.when({ ...gateHold, times: 1 }).holdAfter();
    void held.reached.then(() => held.release());
    const result = await log.rotate();

    expectOutcome(result, 'completed');
    expect(log.trillian.calls.filter(({ method }) => method === 'QueueLeaf').length).toBeGreaterThan(2);
    await log.expectGoesOn();
  });
});
