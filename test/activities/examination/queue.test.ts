import { examineQueue, quotaOf } from '../../../activities/examination/queue';
import { isOfThisHost } from '../../../activities/examination/this-host';
import { refuse } from '../../../activities/errors/refusal-error';
import type { TreeQueue } from '../../../activities/tree-queue/tree-queue';

const quota = (flags: Readonly<Record<string, string>>, kind: 'mysql' | 'postgresql' = 'mysql') =>
  quotaOf(new Map(Object.entries(flags)), kind);

describe('the quota of a log server', () => {
  it.each([
    [{ max_unsequenced_rows: '30' }, { limit: 30, isSeen: true }],
    [{}, { limit: 500_000, isSeen: true }],
    [{ config: '/etc/flags' }, { limit: 500_000, isSeen: false }],
    [
      { config: '/etc/flags', max_unsequenced_rows: '30' },
      { limit: 30, isSeen: true },
    ],
    [{ pg_max_unsequenced_rows: '30' }, { limit: 500_000, isSeen: true }],
    [{ quota_system: 'noop' }, { unlimited: expect.stringContaining('noop') as string }],
    [{ quota_dry_run: 'true' }, { unlimited: expect.stringContaining('refuses nothing') as string }],
  ])('is read from its flags: %j', (flags, expected) => {
    expect(quota(flags)).toEqual(expected);
  });

  it('is the default where its flags are not seen, and that for the kind of its database', () => {
    expect(quotaOf(undefined, 'mysql')).toEqual({ limit: 500_000, isSeen: false });
    expect(quota({ pg_max_unsequenced_rows: '7' }, 'postgresql')).toEqual({ limit: 7, isSeen: true });
  });
});

describe('the queue', () => {
  const examined = (queuedLeaves: () => Promise<number>) =>
    examineQueue({
      ...{ log: 'production', kind: 'postgresql', logServers: ['trillian.example.com:8090'] },
      queue: { queuedLeaves } as unknown as TreeQueue,
      signal: new AbortController().signal,
    });

  it('is right up to half of what the quota allows, and says so where that is not seen', async () => {
    const [check] = await examined(() => Promise.resolve(250_000));
    expect(check).toMatchObject({ code: 'QUEUE_WITHIN_QUOTA', state: 'notSeen' });
    expect(check?.found).toContain('allows 500000, unless --pg_max_unsequenced_rows says otherwise');
  });

  it('is a warning, and no refusal, where another limit may be set', async () => {
    const [check] = await examined(() => Promise.resolve(500_000));
    expect(check).toMatchObject({ state: 'warning', reason: 'QUEUE_NEAR_QUOTA' });
    expect(check?.found).toContain('could not be seen');
  });

  it('makes no check where the database does not answer, which preflight says', async () => {
    const unread = () => Promise.reject(refuse('DATABASE_UNREACHABLE', { log: 'production', reason: 'x' }));
    expect(await examined(unread)).toEqual([]);
  });
});

it('knows an address of this host, and looks up no name', () => {
  expect(['localhost', '127.0.0.9', '[::1]', '192.0.2.1', 'example.com'].map(isOfThisHost)).toEqual([
    ...[true, true, true],
    ...[false, false],
  ]);
});
