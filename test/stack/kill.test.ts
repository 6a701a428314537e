import type { WorkflowHandle } from '@temporalio/client';
import type { RotationRequest } from '../../workflows/model/request';
import type { RotationResult } from '../../workflows/model/result';
import { stepNames } from '../../workflows/rotation';
import type { StepName } from '../../workflows/model/steps';
import { activeTrees } from '../../harness/log-state';
import { caughtIn, caughtRows } from '../../harness/moments';
import { expectAsBefore, expectOutcome, endedSteps, expectRotated } from './outcome';
import { useLog } from './use-log';

const fromExposure = stepNames.slice(stepNames.indexOf('expose'));
const beforeExposure = stepNames.filter((step) => !fromExposure.includes(step));

describe('a rotation whose worker is killed', () => {
  const log = useLog();

  /** Starts a rotation, kills the worker in the step, lets `then` happen, and starts another worker. */
  async function killedIn(
    step: StepName,
    then: (
      rotation: WorkflowHandle<(request: RotationRequest) => Promise<RotationResult>>,
    ) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<RotationResult> {
    await log.expectWritable();
    const catching = caughtIn(log, step, await log.serving());
    const rotation = await log.start();
    const held = await catching;
    const client = log.expectWritable();
    await log.worker.kill9();
    held.release();
    await then(rotation);
    log.worker.start();
    const result = await log.result(rotation);
    await client;
    await log.expectWritable();
    return result;
  }

  it.each(caughtRows(beforeExposure))('in $step and cancelled is rolled back: $where', async ({ step }) => {
    const before = await log.snapshot();
    const result = await killedIn(step, (rotation) => rotation.cancel());

    expectOutcome(result, 'rolledBack');
    expect(endedSteps(result, 'done')).not.toContain('expose');
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it.each(caughtRows(fromExposure))(
    'in $step repeats it with another worker, and completes: $where',
    async ({ step }) => {
      const before = await log.snapshot();
      const result = await killedIn(step);

      expectRotated(before, await log.snapshot(), result);
      await log.expectNothingLost();
    },
  );

  it('in createTree resumes with another worker, on the tree that was created', async () => {
    const before = await log.snapshot();
    const result = await killedIn('createTree');

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(1);
    const after = await log.snapshot();
    expect(after.trees.length).toBe(before.trees.length + 1);
    expect(activeTrees(after)).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('in the critical section undoes it with another worker, and the next attempt succeeds (H21)', async () => {
    const result = await killedIn('freeze');

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(2);
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
