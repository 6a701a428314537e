import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { startHttpProxy } from '../../faults/http-proxy';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

const log = useLog({ rotation: { attempts: 1 } });

async function inDatabase(statement: string, values: readonly unknown[]): Promise<void> {
  const client = new Client({ connectionString: readFileSync(log.lab.files.databaseUrl, 'utf8').trim() });
  await client.connect();
  await client.query(statement, [...values]);
  await client.end();
}

/** As if the signer of the current tree had a clock that is so far ahead of that of the next one. */
async function lastEntryIsAhead(seconds: number): Promise<void> {
  await log.expectWritable();
  const { activeTreeId } = await log.serving();
  await inDatabase(
    `UPDATE sequencedleafdata SET integratetimestampnanos = integratetimestampnanos + $2::bigint * 1000000000
     WHERE treeid = $1 AND sequencenumber = (SELECT max(sequencenumber) FROM sequencedleafdata WHERE treeid = $1)`,
    [activeTreeId, seconds],
  );
}

it('makes the next tree with the settings of the current one, and says so', async () => {
  const { activeTreeId } = await log.serving();
  await inDatabase('UPDATE trees SET maxrootdurationmillis = 1234567 WHERE treeid = $1', [activeTreeId]);
  const said = await log.rotate({ dryRun: true });
  expect(said.steps.find(({ name }) => name === 'createTree')?.says?.join()).toContain('1234.567 s');
  const result = await log.rotate();
  expectOutcome(result, 'completed');
  const next = (await log.trees.list()).find(({ tree_id }) => tree_id === result.nextTree?.treeId);
  expect(next?.max_root_duration).toEqual({ seconds: '1234', nanos: 567_000_000 });
});

it('takes back what the clocks of two signers would show as two trees that took writes at once (H40)', async () => {
  await lastEntryIsAhead(600);
  const before = await log.snapshot();
  const result = await log.rotate();
  expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CLOCKS_APART' }] });
  expectAsBefore(before, await log.snapshot());

  await log.reconfigure((section) => {
    section.trillian.clockDifference = '1m';
  });
  await lastEntryIsAhead(30);
  expectOutcome(await log.rotate(), 'completed');
});

it('refuses a signer that is behind a log server, before any write waits', async () => {
  const [page = ''] = log.section.trillian.signerMetrics;
  const late = await startHttpProxy({ upstream: new URL(page).origin });
  late
    .when({ method: 'HEAD', path: /metrics/ })
    .answer({ status: 200, headers: { date: new Date(Date.now() - 3_600_000).toUTCString() } });
  await log.reconfigure((section) => {
    section.trillian.signerMetrics = [`${late.url}/metrics`];
  });
  const before = await log.snapshot();
  const result = await log.rotate();
  expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'SIGNER_BEHIND' }] });
  expect(log.gate.calls.filter(({ path }) => path.startsWith('/order/'))).toEqual([]);
  expect(await log.snapshot()).toEqual(before);
  await late.end();
  await log.reconfigure();
});
