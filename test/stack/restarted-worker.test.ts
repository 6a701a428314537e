import { caughtIn, caughtRows } from '../../harness/moments';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a worker that is alone, is killed in the critical section and is started again at once', () => {
  const log = useLog();

  it.each(caughtRows(['hold', 'start', 'freeze', 'verify', 'expose']))(
    'takes back what the former one had begun in $step: $where',
    async ({ step }) => {
      const catching = caughtIn(log, step, await log.serving());
      const load = log.load();
      await log.expectWritable();
      const rotation = await log.start();
      const caught = await catching;
      const [acting] = log.workers;
      if (!acting) throw new Error('There is no worker.');
      const { process } = acting;
      const said = process.output().length;
      await process.kill9();
      process.start();
      caught.release();
      const result = await log.result(rotation);
      expectOutcome(result, 'completed');
      expect(result.attempts).toBe(2);
      await process.started();
      expect(process.output().slice(said)).toContain('the former worker ended in a critical section');
      await log.expectWritable();
      const { failures } = await load.stop();
      expect(failures).toEqual([]);
      await log.expectNothingLost();
    },
  );

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
