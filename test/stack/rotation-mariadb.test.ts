import { activeTrees } from '../../harness/log-state';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('a rotation of a log whose Trillian runs on MariaDB', () => {
  const log = useLog({ lab: { database: 'mariadb' } });

  it('under load is proven by the queue, loses nothing and fails no request (H1, H37)', async () => {
    expect(log.section.trillian.database?.kind).toBe('mysql');
    const load = log.load();
    await log.expectWritable();
    const result = await log.rotate();
    await log.expectWritable();
    const { writes, failures } = await load.stop();

    expectOutcome(result, 'completed');
    expect(result.frozen?.proof).toEqual(
      expect.arrayContaining(['no row in its queue', 'no row in its queue after FROZEN']),
    );
    expect(failures).toEqual([]);
    expect(writes.attempted).toBeGreaterThan(10);
    await log.expectNothingLost();
    expect(activeTrees(await log.snapshot())).toEqual([result.nextTree?.treeId]);
  });
});
