import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { criticalSectionId, lockId } from '../../workflows/messages';
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

  /** The workflow tasks of a workflow's latest run that have ended: the points that it can be reset to. */
  async function points(workflowId = lockId(log.name)): Promise<Point[]> {
    const { events } = await log.temporal.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? [])
      .filter((event) => event.workflowTaskCompletedEventAttributes)
      .map(({ eventId }) => eventId ?? null);
  }

  /** Returns the run that it goes on in. */
  async function reset(
    runId: string,
    workflowTaskFinishEventId: Point,
    workflowId = lockId(log.name),
  ): Promise<string> {
    const answer = await log.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      reason: 'the test',
      requestId: randomUUID(),
      workflowTaskFinishEventId,
    });
    return answer.runId;
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

  it('takes back a critical section that is reset, whose activities know that it was (H7)', async () => {
    const section = criticalSectionId(log.name);
    const catching = caughtIn(log, 'freeze', await log.serving());
    const rotation = await log.start();
    rotation.result().catch(() => undefined);
    const held = await catching;
    const { runId } = await log.temporal.workflow.getHandle(section).describe();
    const again = await reset(runId, (await points(section)).at(-1) ?? null, section);
    held.release();
    expect(named).toContain((await log.result(log.lock())).outcome);
    await log.idle();

    const { events } = await log.temporal.workflow.getHandle(section, again).fetchHistory();
    const failures = (events ?? []).map((event) => event.activityTaskFailedEventAttributes?.failure?.message);
    expect(failures.join()).toContain('its workflow was reset');
    expect(activeTrees(await log.snapshot())).toEqual([(await log.serving()).activeTreeId]);
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
