import { caughtIn, caughtRows } from '../../harness/moments';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a worker that is killed in the critical section, while another one stands by', () => {
  const log = useLog({ workers: 2 });

  it.each(caughtRows(['hold', 'start', 'freeze', 'verify']))(
    'costs no client a request in $step: $where',
    async ({ step }) => {
      const catching = caughtIn(log, step, await log.serving());
      const load = log.load();
      await log.expectWritable();
      const rotation = await log.start();
      const caught = await catching;
      const acting = log.workers.find(({ name }) => name === caught.worker)?.process;
      if (!acting) throw new Error(`There is no worker ${caught.worker}.`);
      await acting.kill9();
      try {
        caught.release();
        const result = await log.result(rotation);
        expectOutcome(result, 'completed');
        expect(result.attempts).toBe(2);
      } finally {
        acting.start();
      }
      await log.expectWritable();
      const { failures } = await load.stop();
      expect(failures).toEqual([]);
      await log.expectNothingLost();
      await acting.started();
    },
  );

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
