import type { Answer, EntryFields, FakeLog } from '../activities/verification/fake-log';
import { notFound, ok } from '../activities/verification/fake-log';
import { readCheckpoints } from '../../audit/kept-checkpoints';
import { codesOf, Served } from './served';
import { sound } from './sound-log';

const served = new Served();
afterEach(() => served.close());

const fault: Answer = { status: 500, body: { code: 500, message: 'expected one leaf from storage' } };

/** Whether an answer has one of these entries, alone or among others. */
function names({ status, body }: Answer, indexes: readonly number[]): boolean {
  return (
    status === 200 &&
    ([body].flat() as Record<string, EntryFields>[]).some((answer) =>
      Object.values(answer).some(({ logIndex }) => indexes.includes(logIndex)),
    )
  );
}

/** Trillian has lost these leaves. */
function losing(log: FakeLog, ...indexes: readonly number[]): void {
  log.lie = (path, honest) => (path.includes('/entries') && names(honest, indexes) ? fault : honest);
}

it.each([[[7]], [[0]], [[39]]])(
  'finds the leaves of indexes %j, which are lost, and reads on',
  async (lost) => {
    const log = sound();
    losing(log, ...lost);
    const found = await served.audit(await served.at(log));

    expect(codesOf(found)).toEqual(['ENTRY_MISSING']);
    expect(found).toMatchObject({ entriesRead: 40, unasked: [] });
    const wheres = new Set(found.findings.kept.map(({ where }) => /Index (\d+) /.exec(where)?.[1]));
    expect([...wheres]).toEqual(lost.map(String));
    expect(found.findings.kept[0]?.what).toContain('with 500 each time, and /api/v1/log as it should');
  },
);

it('asks a lost leaf less often when several were lost, and still finds each of them', async () => {
  const log = sound();
  const lost = Array.from({ length: 12 }, (_, leaf) => 3 + leaf);
  losing(log, ...lost);
  const { lie } = log;
  const asked = new Map<string, number>();
  log.lie = (path, honest) => {
    if (path.includes('logIndex=')) asked.set(path, (asked.get(path) ?? 0) + 1);
    return lie(path, honest);
  };
  const found = await served.audit(await served.at(log), { sample: 0 });
  expect([codesOf(found), found.findings.count('ENTRY_MISSING')]).toEqual([['ENTRY_MISSING'], 12]);
  const tries = lost.map((index) => asked.get(`/api/v1/log/entries?logIndex=${index}`));
  expect([Math.max(...tries.map(Number)), tries.at(-1)]).toEqual([4, 2]);
});

it('finds a proof of growth that is lost, and proves the other trees', async () => {
  const log = sound();
  log.lie = (path, honest) => (path.includes('/proof') && path.endsWith('treeID=77') ? fault : honest);
  const early = ['6826284441047790130', '77'].map((treeId) => {
    const shard = log.shards.find((one) => one.treeId === treeId);
    return log.tree({ treeId, leaves: (shard?.leaves ?? []).slice(0, 5) }).signedTreeHead;
  });
  const found = await served.audit(await served.at(log), { checkpoints: readCheckpoints(early.join('\n')) });
  expect([codesOf(found), found.unasked]).toEqual([['ANSWER_UNREADABLE'], []]);
  expect(found).toMatchObject({ checkpoints: 2, checkpointsProven: 1, consistencyProofs: 1 });
});

it('takes a log that answers 500 to everything for one that cannot be asked', async () => {
  const log = sound();
  log.lie = (_path, honest) => (log.requests > 30 ? fault : honest);
  const found = await served.audit(await served.at(log));
  expect(codesOf(found)).toEqual([]);
  expect(found.unasked[0]?.reason).toContain('with 500');
});

describe('behind a balancer whose processes are a moment apart', () => {
  const behind: Answer = { status: 400, body: { code: 400, message: 'lastSize is more than the tree has' } };
  const ofActive = Array.from({ length: 14 }, (_, leaf) => 26 + leaf);
  /** Without those of the active tree. */
  const without = ({ status, body }: Answer): Answer => ({
    status,
    body: (body as object[]).filter((answer) => !names(ok(answer), ofActive)),
  });

  it.each<[string, (path: string) => boolean, (honest: Answer) => Answer]>([
    ['the newest entry by its index', (path) => path.endsWith('logIndex=39'), () => notFound],
    ['entries by their ids', (path) => /entries\/0{14}4d[0-9a-f]{64}$/.test(path), () => notFound],
    ['entries together', (path) => path.endsWith('/entries/retrieve'), without],
    ['a proof of growth', (path) => path.includes('/proof?'), () => behind],
  ])('a log is sound that knows %s a moment later', async (_what, isLate, late) => {
    const log = sound();
    const asked = new Map<string, number>();
    log.lie = (path, honest) => {
      const times = (asked.get(path) ?? 0) + 1;
      asked.set(path, times);
      return isLate(path) && honest.status === 200 && times % 2 === 1 ? late(honest) : honest;
    };
    const early = log.tree({ treeId: '77', leaves: log.shard(-1).leaves.slice(0, 5) }).signedTreeHead;
    const checkpoints = readCheckpoints(early);
    const found = await served.audit(await served.at(log), { checkpoints, sample: 30 });
    expect(codesOf(found)).toEqual([]);
    expect(found).toMatchObject({ entriesRead: 40, checkpointsProven: 1 });
    expect(served.slept.filter((ms) => ms === 250)).not.toEqual([]);
  });

  it('a checkpoint is no fault that another process gave a moment before', async () => {
    const log = sound();
    const active = log.shard(-1);
    const [next] = sound().shard(2).leaves;
    if (!next) throw new Error('There is an entry.');
    const grown = {
      ...active,
      leaves: [...active.leaves, { ...next, integratedTime: next.integratedTime + 900 }],
    };
    const kept = readCheckpoints(log.tree(grown).signedTreeHead);
    let asked = 0;
    log.lie = (path, honest) => {
      if (path === '/api/v1/log' && (asked += 1) === 5) active.leaves.splice(0, Infinity, ...grown.leaves);
      return honest;
    };
    const found = await served.audit(await served.at(log), { checkpoints: kept });
    expect([codesOf(found), found.checkpointsProven]).toEqual([[], 1]);
  });

  it('an entry is missing that does not come', async () => {
    const log = sound();
    log.lie = (path, honest) => (path.endsWith('logIndex=39') ? notFound : honest);
    const found = await served.audit(await served.at(log));
    expect(codesOf(found)).toContain('BOUNDARY_WRONG');
    expect(served.slept).toContain(2500);
  });
});

describe('a slot', () => {
  const auditOfSlot = async (log: FakeLog) => {
    const [url = ''] = await served.at(log);
    return await served.audit([url], {}, true);
  };

  it('may be stopped', async () => {
    const found = await served.audit(['http://127.0.0.1:1'], {}, true);
    expect(found.unasked).toMatchObject([{ optional: true }]);
  });

  it('may stop while it is asked', async () => {
    const log = sound();
    log.lie = (_path, honest) => {
      if (log.requests === 12) void log.close();
      return honest;
    };
    const found = await auditOfSlot(log);
    expect([codesOf(found), found.unasked]).toMatchObject([[], [{ optional: true }]]);
  });

  it.each([
    ['a page', ok('<html>')],
    ['500', fault],
  ])('may not answer %s', async (_what, answer) => {
    const log = sound();
    log.lie = () => answer;
    expect((await auditOfSlot(log)).unasked).toMatchObject([{ optional: false }]);
  });
});
