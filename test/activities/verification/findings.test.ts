import type { Finding } from '../../../activities/verification/finding';
import type { VerificationTarget } from '../../../activities/verification/target';
import { logVerifier } from '../../../activities/verification/verification';
import type { VerificationReport } from '../../../workflows/model/evidence';
import { PATIENCE_MS } from '../../../harness/waiting';
import { entryId, FakeLog, notFound, ok, type Answer, type Lie } from './fake-log';
import { hashedRekord } from './leaves';
import { treeRoot } from './merkle-tree';

const time = 1_790_000_000;
let log: FakeLog;
let baseUrl: string;

/** Trees of 3, 0, 2 and (active) 3 entries: indexes 0-2, 3-4 and 5-7. */
beforeEach(async () => {
  log = new FakeLog([
    { treeId: '11', leaves: [0, 1, 2].map((n) => hashedRekord(`first ${n}`, time + n)) },
    { treeId: '12', leaves: [] },
    { treeId: '13', leaves: [0, 1].map((n) => hashedRekord(`second ${n}`, time + 10 + n)) },
    { treeId: '77', leaves: [0, 1, 2].map((n) => hashedRekord(`last ${n}`, time + 20 + n)) },
  ]);
  baseUrl = await log.listen();
});

afterEach(() => log.close());

/** As an audit would: everything that does not hold, with what was proven all the same. */
async function audited(
  changes: Partial<VerificationTarget> = {},
): Promise<{ readonly findings: readonly Finding[]; readonly report: VerificationReport }> {
  const findings: Finding[] = [];
  const report = await logVerifier({ log: 'test', clockDifferenceMs: 0 }).verify(
    target(changes),
    AbortSignal.timeout(PATIENCE_MS),
    (finding) => findings.push(finding),
  );
  return { findings, report };
}

function target(changes: Partial<VerificationTarget> = {}): VerificationTarget {
  return {
    address: { url: baseUrl, field: 'logs.test.publicUrl' },
    activeTreeId: '77',
    inactive: log.shards.slice(0, -1).map(({ treeId, leaves }) => ({ treeId, length: leaves.length })),
    sampleEntries: 20,
    ...changes,
  };
}

/** Makes the log lie in several things, each by the end of its path. */
function lies(byPath: Readonly<Record<string, (honest: Answer) => Answer>>): Lie {
  return (path, honest) => Object.entries(byPath).find(([end]) => path.endsWith(end))?.[1](honest) ?? honest;
}

const placesOf = (findings: readonly Finding[]) =>
  findings.map(({ code, shard, index }) => [code, shard, index] as const);

it('finds nothing in a log that is sound', async () => {
  const { findings, report } = await audited();
  expect(findings).toEqual([]);
  expect(report.entriesVerified).toBe(8);
});

it('finds several faults in one run, each with its place, and proves the rest', async () => {
  const early = log
    .shard(0)
    .leaves.slice(0, 2)
    .map(({ body }) => body);
  const staleLength = ({ body }: Answer) => {
    const [first, ...others] = (body as { inactiveShards: object[] }).inactiveShards;
    const stale = { ...first, signedTreeHead: log.checkpoint('11', 2, treeRoot(early)) };
    return ok({ ...(body as object), inactiveShards: [stale, ...others] });
  };
  const lost = entryId('13', log.shard(2).leaves[1]?.body ?? Buffer.of());
  log.lie = lies({
    '/log': staleLength,
    'logIndex=1': () => notFound,
    [lost]: () => notFound,
    'logIndex=6': () => ok(log.entry(log.shard(-1), 1, { logIndex: 7 })),
  });
  const { findings, report } = await audited({ handoverLeafHash: 'cd'.repeat(32) });

  expect(placesOf(findings)).toEqual(
    expect.arrayContaining([
      ['LENGTH_DIFFERS', '11', undefined],
      ['ENTRY_MISSING', '11', 1],
      ['ENTRY_MISSING', '13', 4],
      ['INDEX_DIFFERS', '77', 6],
      ['HANDOVER_DIFFERS', '77', undefined],
    ]),
  );
  expect(findings).toHaveLength(5);
  expect(findings).toContainEqual({
    code: 'ENTRY_MISSING',
    where: `Index 4 (leaf 1 of tree 13) of test at ${baseUrl}`,
    shard: '13',
    index: 4,
    entry: lost,
    what: `its entry id ${lost} is not found`,
  });
  expect(report.entriesVerified).toBe(5);
});

it('judges every boundary: two that took writes at once long ago, and the newest', async () => {
  log.shard(0).leaves[2] = hashedRekord('first 2', time + 15);
  log.shard(2).leaves[1] = hashedRekord('second 1', time + 25);
  const { findings } = await audited();
  expect(placesOf(findings)).toEqual([
    ['EARLIER_OVERLAP', '13', 3],
    ['OVERLAP', '77', 5],
  ]);
});

it('goes on for a rotation past two shards that took writes at once long ago, which nobody can mend', async () => {
  log.shard(0).leaves[2] = hashedRekord('first 2', time + 15);
  const verifier = logVerifier({ log: 'test', clockDifferenceMs: 0 });
  const report = await verifier.verify(target(), AbortSignal.timeout(PATIENCE_MS));
  expect(report.entriesVerified).toBe(8);
});

it('tells once of a list that is read twice, and proves the trees that are served', async () => {
  const { findings, report } = await audited({ inactive: target().inactive.slice(0, -1) });
  expect(placesOf(findings)).toEqual([['SHARD_LIST_DIFFERS', undefined, undefined]]);
  expect(report.entriesVerified).toBe(8);
});

it('proves the other shards where one gives no key, at their right indexes', async () => {
  log.lie = lies({ 'publicKey?treeID=11': () => ({ status: 404, body: '' }) });
  const { findings, report } = await audited();
  expect(placesOf(findings)).toEqual([['ANSWER_UNREADABLE', '11', undefined]]);
  expect(report.shards.map(({ treeId, entriesVerified }) => [treeId, entriesVerified])).toEqual([
    ['12', 0],
    ['13', 2],
    ['77', 3],
  ]);
});

it('says of a shard that was loaded with another length which indexes are given wrongly', async () => {
  // Its process has loaded the first tree before its last entry, and numbers all that follows from there.
  const { findings } = await audited({
    inactive: [{ treeId: '11', length: 4 }, ...target().inactive.slice(1)],
  });
  expect(placesOf(findings)).toEqual(
    expect.arrayContaining([
      ['LENGTH_DIFFERS', '11', undefined],
      ['ENTRY_DIFFERS', '11', 3],
      ['INDEX_DIFFERS', '13', 4],
    ]),
  );
});

it('finds that nothing can be proven of an address that serves something else', async () => {
  log.lie = lies({ '/log': () => ok('<html>') });
  const { findings, report } = await audited();
  expect(findings).toMatchObject([
    { code: 'ANSWER_UNREADABLE', where: `The shard list of test at ${baseUrl}` },
  ]);
  expect(report).toMatchObject({ entriesVerified: 0, shards: [] });
});
