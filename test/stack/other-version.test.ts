import { criticalSectionId } from '../../workflows/messages';
import { otherVersion } from './other-version';
import { activeTrees, type LogState } from '../../harness/log-state';
import type { LogUnderTest } from '../../harness/log-under-test';
import { caughtIn } from '../../harness/moments';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a rotation whose worker is killed, and followed by one of another version', () => {
  const log = useLog({ guard: { every: '10s' } });
  let program: string;

  beforeAll(() => {
    program = otherVersion(log.newDirectory());
  });

  /** Nobody can go on with the rotation, in the middle of its critical section; its guardian has said so. */
  async function stuckInFreeze(): Promise<{
    readonly before: LogState;
    readonly rotation: Awaited<ReturnType<LogUnderTest['start']>>;
  }> {
    await log.expectWritable();
    const before = await log.snapshot();
    const catching = caughtIn(log, 'freeze', await log.serving());
    const rotation = await log.start();
    rotation.result().catch(() => undefined);
    const held = await catching;
    await log.worker.kill9();
    held.release();
    const said = log.worker.output().length;
    log.worker.start(program);
    await until('the alarm', PATIENCE_MS, async () => {
      await log.guardLooks();
      return log.worker.output().slice(said).includes('ROTATION_STUCK');
    });
    return { before, rotation };
  }

  it('goes on with one of its own version, which nobody has to tell what to do', async () => {
    const { rotation } = await stuckInFreeze();
    await log.worker.kill9();
    log.worker.start();
    const result = await log.result(rotation);

    expectOutcome(result, 'completed');
    expect(result.attempts).toBe(2);
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
    await log.expectGoesOn();
  });

  it('is taken back by the guardian of the other version, once it is terminated (H23)', async () => {
    const { before } = await stuckInFreeze();
    await log.lock().terminate('by the test');
    await log.temporal.workflow.getHandle(criticalSectionId(log.name)).terminate('by the test');
    await log.expectWritable();
    await log.idle();

    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
    await log.worker.stop();
    log.worker.start();
    expectOutcome(await log.rotate(), 'completed');
    await log.expectNothingEverLost();
  });
});
