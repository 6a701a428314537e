import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { lockId } from '../../workflows/messages';
import type { Outcome } from '../../workflows/model/result';
import { activeTrees } from '../../harness/log-state';
import { caughtIn } from '../../harness/moments';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

/** A workflow task that has ended, by the id of its event. */
type Point = NonNullable<
  Parameters<Client['workflowService']['resetWorkflowExecution']>[0]['workflowTaskFinishEventId']
> | null;

/** So many points of a completed rotation are tried, evenly spread over its history. */
const POINTS = 6;

const named: readonly Outcome[] = ['completed', 'rolledBack', 'superseded', 'refused'];

describe('a rotation that is reset', () => {
  const log = useLog();

  /** The workflow tasks of the latest rotation that have ended: the points that it can be reset to. */
  async function points(): Promise<Point[]> {
    const { events } = await log.lock().fetchHistory();
    return (events ?? [])
      .filter((event) => event.workflowTaskCompletedEventAttributes)
      .map(({ eventId }) => eventId ?? null);
  }

  async function reset(runId: string, workflowTaskFinishEventId: Point): Promise<void> {
    await log.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: lockId(log.name), runId },
      reason: 'the test',
      requestId: randomUUID(),
      workflowTaskFinishEventId,
    });
  }

  it('after its end, to any of its events, leaves the log alone (H7)', async () => {
    await log.expectWritable();
    expectOutcome(await log.rotate(), 'completed');
    await log.expectWritable();
    const before = await log.snapshot();
    const { runId } = await log.lock().describe();
    const all = await points();
    const every = Math.max(all.length / POINTS, 1);
    const chosen = all.filter((_, index) => Math.floor(index % every) === 0);
    expect(chosen.length).toBeGreaterThanOrEqual(Math.min(POINTS, all.length));

    for (const point of chosen) {
      await reset(runId, point);
      const result = await log.result(log.lock());
      expect(named).toContain(result.outcome);
      expect(await log.snapshot()).toEqual(before);
      await log.expectWritable();
    }
    await log.expectNothingLost();
    expectOutcome(await log.rotate(), 'completed');
  });

  it.each(['freeze', 'verify', 'confirm'] as const)(
    'while it runs, in %s, ends in a named outcome and loses nothing (H7)',
    async (step) => {
      const serving = await log.serving();
      const catching = caughtIn(log, step, serving);
      const rotation = await log.start();
      rotation.result().catch(() => undefined);
      const held = await catching;
      const { runId } = await log.lock().describe();
      const client = log.expectWritable();
      await reset(runId, (await points()).at(-1) ?? null);
      held.release();
      const result = await log.result(log.lock());
      await client;

      expect(named).toContain(result.outcome);
      await log.idle();
      const { activeTreeId } = await log.serving();
      const after = await log.snapshot();
      expect(activeTrees(after)).toEqual([activeTreeId]);
      expect(after.gate.mode).toBe('pass');
      expect((await log.recover({ dryRun: true })).outcome).toBe('notNeeded');
      await log.expectNothingLost();
    },
  );

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
