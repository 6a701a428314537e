import { until } from '../../lab/waiting';
import { startLogUnderTest, type LogUnderTest } from './log-under-test';
import { expectOutcome } from './outcome';
import { PATIENCE_MS } from '../patience';

describe('the gate before a real Rekor', () => {
  let log: LogUnderTest;

  beforeAll(async () => {
    log = await startLogUnderTest();
  }, 300_000);

  afterAll(async () => {
    await log.end();
  });

  it('knows what it must have loaded after a rotation, and sends nothing to one that has not (H10)', async () => {
    expectOutcome(await log.rotate(), 'completed');
    const { current, activeTreeId } = await log.serving();
    const { number, upstream, shards, unproven } = await log.gateItself.state();
    expect(shards?.activeTreeId).toBe(activeTreeId);
    expect(shards?.inactive).toHaveLength(1);
    expect(unproven).toBeNull();

    const inactive = (shards?.inactive ?? []).map(({ treeId, length }) => ({ treeId, length: length + 1 }));
    const posts = (): number =>
      log.rekor[current]?.calls.filter(({ method }) => method === 'POST').length ?? 0;
    const before = posts();
    await log.gateItself.tellShards({ number, upstream, shards: { activeTreeId, inactive } });
    await expect(log.expectWritable()).rejects.toThrow();
    expect((await log.gateItself.state()).unproven).toMatch(/^it loaded tree \d+ with \d+ entries, not \d+$/);
    expect(posts()).toBe(before);

    await log.gateItself.tellShards({ number, upstream, shards });
    await log.expectWritable();
    expect((await log.gateItself.state()).unproven).toBeNull();
  });

  it('goes on by itself when Rekor is started again', async () => {
    const { current } = await log.serving();
    await log.byHand(current, 'stop');
    await log.byHand(current, 'start');
    await until('Rekor is proven', PATIENCE_MS, async () => (await log.gateItself.state()).unproven === null);
    await log.expectWritable();
    await log.expectNothingLost();
  });
});
