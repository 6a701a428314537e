import { RefusalError } from '../../../activities/errors/refusal-error';
import type { ExpectedShards, LogIdentity } from '../../../activities/verification/rehearsal';
import { logVerifier } from '../../../activities/verification/verification';
import { FakeLog, type Answer } from './fake-log';
import { hashedRekord } from './leaves';
import { PATIENCE_MS } from '../../../harness/waiting';

const time = 1_790_000_000;
let log: FakeLog;
let url: string;

/** Trees of 2, 0 and (active) 1 entries. */
beforeEach(async () => {
  log = new FakeLog([
    { treeId: '12', leaves: [0, 1].map((n) => hashedRekord(`first ${n}`, time + n)) },
    { treeId: '13', leaves: [] },
    { treeId: '77', leaves: [hashedRekord('last', time + 9)] },
  ]);
  url = await log.listen();
});

afterEach(() => log.close());

const expected: ExpectedShards = {
  activeTreeId: '77',
  inactive: [
    { treeId: '12', length: 2 },
    { treeId: '13', length: 0 },
  ],
};

async function rehearsed(shards?: ExpectedShards): Promise<LogIdentity> {
  const address = { url, field: 'logs.test.publicUrl' };
  return await logVerifier({ log: 'test', clockDifferenceMs: 0 }).rehearse(
    address,
    shards,
    AbortSignal.timeout(PATIENCE_MS),
  );
}

async function refusalOf(shards?: ExpectedShards): Promise<string> {
  const error: unknown = await rehearsed(shards).catch((reason: unknown) => reason);
  if (!(error instanceof RefusalError)) {
    throw new Error('nothing was refused', { cause: error });
  }
  return `${error.refusal.code}: ${error.refusal.message}`;
}

/** The requests that a verification makes, by the operation that `--enabled_api_endpoints` names. */
const requests: readonly [operation: string, of: RegExp][] = [
  ['getLogInfo', /\/log$/],
  ['getPublicKey', /\/publicKey\?/],
  ['getLogProof', /\/proof\?/],
  ['getLogEntryByIndex', /\?logIndex=/],
  ['getLogEntryByUUID', /\/entries\/[0-9a-f]+$/],
];

describe('a rehearsed verification', () => {
  it('says under which name and key the log is signed', async () => {
    const { hostname, logId, shards } = await rehearsed(expected);
    expect(hostname).toBe('rekor.example');
    expect(logId).toMatch(/^[0-9a-f]{64}$/);
    expect(shards.map((shard) => [shard.treeId, shard.length, shard.logId])).toEqual([
      ['12', 2, logId],
      ['13', 0, logId],
      ['77', 1, logId],
    ]);
    expect(await rehearsed()).toEqual({ hostname, logId, shards });
  });

  it('makes each kind of request, also of a log without any entry', async () => {
    await log.close();
    log = new FakeLog([{ treeId: '5', leaves: [] }]);
    const seen: string[] = [];
    log.lie = (path, honest) => {
      seen.push(path);
      return honest;
    };
    url = await log.listen();
    await rehearsed({ activeTreeId: '5', inactive: [] });
    expect(requests.filter(([, of]) => !seen.some((path) => of.test(path)))).toEqual([]);
  });

  it.each([
    ['earlier shards have entries', undefined, 1],
    ['no shard has', [{ treeId: '12', leaves: [] }], 1],
  ])(
    'asks for no entry that is the first of its active tree, where %s: an undone rotation gives its index again (H4)',
    async (_, earlier, most) => {
      const asked: string[] = [];
      if (earlier) {
        await log.close();
        log = new FakeLog([...earlier, { treeId: '77', leaves: [hashedRekord('handover', time + 9)] }]);
        url = await log.listen();
      }
      log.lie = (path, honest) => {
        asked.push(...(/(?<=\?logIndex=)\d+/.exec(path) ?? []));
        return honest;
      };
      const inactive = earlier ? [{ treeId: '12', length: 0 }] : expected.inactive;
      await rehearsed({ activeTreeId: '77', inactive });
      const firstOfActive = earlier ? '0' : '2';
      expect(asked).not.toContain(firstOfActive);
      expect(asked.length).toBeGreaterThanOrEqual(most);
    },
  );

  it.each(requests)(
    'is refused at once, and says what to do, when %s is switched off',
    async (operation, of) => {
      let answered = 0;
      log.lie = (path, honest): Answer => {
        answered += of.test(path) ? 1 : 0;
        return of.test(path) ? { status: 501, body: '{"code":501}' } : honest;
      };
      const text = await refusalOf();
      expect(text).toContain(`OPERATION_SWITCHED_OFF: Rekor at ${url} answers 501 to GET /api/v1/`);
      expect(text).toContain(`its operation ${operation} is switched off`);
      // No pause changes it. Entries are asked for by UUID and by entry id.
      expect(answered).toBeLessThanOrEqual(2);
    },
  );

  it('is refused where the address serves other shards, another length, or an entry that does not verify', async () => {
    expect(await refusalOf({ ...expected, activeTreeId: '78' })).toContain('its active tree is 77, not 78');
    const longer = {
      ...expected,
      inactive: [
        { treeId: '12', length: 3 },
        { treeId: '13', length: 0 },
      ],
    };
    expect(await refusalOf(longer)).toContain('tree 12 has 2 entries, not 3');
    log.shard(2).leaves.push(hashedRekord('newest', time + 10));
    log.lie = (path, honest) => (path.includes('?logIndex=3') ? { status: 404, body: '' } : honest);
    expect(await refusalOf(expected)).toContain('VERIFICATION_FAILED');
  });

  it('takes a tree that has grown since the process loaded it, when no shards are expected', async () => {
    log.shard(0).leaves.push(hashedRekord('later', time + 20));
    await expect(rehearsed()).resolves.toBeDefined();
  });
});
