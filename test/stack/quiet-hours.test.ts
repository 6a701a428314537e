import { recordingTerminal, saidBy } from '../cli/recording-terminal';
import { keptConnections } from '../../activities/clients/kept-connections';
import { RekorLog } from '../../quiet-hours/rekor-log';
import { LogRequests } from '../../activities/clients/log-requests';
import { useLog } from './use-log';

describe('what quiet hours are read from', () => {
  const log = useLog();
  const { signal } = new AbortController();

  it('is in a real log, over two shards: ten times in a request, and none for what is not there', async () => {
    for (let write = 0; write < 12; write += 1) await log.expectWritable();
    const rotated = await log.rotate();
    await log.expectWritable();

    const { transport, close } = keptConnections(log.publicUrl, 4);
    const requests = new LogRequests(log.publicUrl, transport, {
      ...{ mostRequests: 100, pauseMs: 0, userAgent: 'test' },
    });
    const rekor = new RekorLog(requests);
    const shards = await rekor.shards(signal);
    const [first, second] = shards;
    expect(shards.map(({ treeId, firstIndex }) => [treeId, firstIndex])).toEqual([
      [rotated.currentTree?.treeId, 0],
      [rotated.nextTree?.treeId, rotated.currentTree?.size],
    ]);
    if (!first || !second) throw new Error('There are two shards.');

    const entries = Array.from({ length: 9 }, (_, index) => ({ shard: first, index }));
    const asked = [...entries, { shard: second, index: 0 }];
    const times = await rekor.times(asked, signal);
    const beyond = await rekor.times(
      [
        { shard: second, index: 1 },
        { shard: second, index: 1000 },
      ],
      signal,
    );
    expect(requests.sent).toBe(3);
    expect(beyond).toEqual([expect.any(Number), null]);
    const one = async (index: number): Promise<number | undefined> => {
      const answer = await fetch(`${log.publicUrl}/api/v1/log/entries?logIndex=${index}`);
      const [entry] = Object.values((await answer.json()) as Record<string, { integratedTime: number }>);
      return entry?.integratedTime;
    };
    expect(times).toEqual(await Promise.all(asked.map(({ shard, index }) => one(shard.firstIndex + index))));
    expect(times).toEqual([...times].sort((early, late) => Number(early) - Number(late)));
    await close();
  });

  it('does not say when it is quiet, while the log is as young as this one', async () => {
    const terminal = recordingTerminal();
    const { code, words } = await saidBy(['quiet-hours', log.publicUrl, '--no-cache'], terminal);

    expect(code).toBe(3);
    expect(words).toContain('It cannot be known when');
    expect(words).toContain('2 whole weeks');
  });
});
