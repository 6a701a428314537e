import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freezeTree } from '../../activities/drain';
import { connectMysql } from '../../activities/tree-queue/mysql';
import { connectPostgresql } from '../../activities/tree-queue/postgresql';
import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { connectMetrics } from '../../activities/clients/metrics';
import { connectTrillian } from '../../activities/clients/trillian';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { RotationResult } from '../../workflows/model/result';
import { fieldsOf, serverAt } from '../../harness/database';
import type { DatabaseName } from '../../lab/lab';
import { refused } from '../activities/refused';
import { blocksOf, commandsIn } from '../docs/markdown';
import { databaseUser, otherDatabase, type Content } from './other-database';
import { lockTable } from './table-lock';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

/** An empty queue proves something in one database only: the one that Trillian writes to. */
export function otherDatabasesOn(database: DatabaseName): void {
  const kind = database === 'mariadb' ? 'mysql' : 'postgresql';
  const log = useLog({ rotation: { attempts: 1 }, lab: { database } });
  let databaseUrl: string;

  beforeAll(() => {
    databaseUrl = readFileSync(log.lab.files.databaseUrl, 'utf8').trim();
  });

  async function useDatabase(url: string): Promise<void> {
    await log.reconfigure((section) => {
      const { password, ...fields } = fieldsOf(url);
      const file = join(log.newDirectory(), 'database-password');
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
      section.trillian.database = { kind, ...fields, password: { file } };
    });
  }

  /** The current tree is updated, as by an earlier rotation: its row is newer than every copy from before. */
  async function updateCurrentTree(): Promise<void> {
    const { activeTreeId } = await log.serving();
    await log.trees.setState(activeTreeId, 'ACTIVE');
  }

  async function rotatesNot(code: RefusalCode): Promise<RotationResult> {
    await log.expectWritable();
    const before = await log.snapshot();
    const result = await log.rotate();
    expect({ outcome: result.outcome, codes: result.refusals.map((refusal) => refusal.code) }).toEqual({
      outcome: 'refused',
      codes: [code],
    });
    expect(await log.snapshot()).toEqual(before);
    return result;
  }

  it('that names another Trillian is refused before anything is changed (H2)', async () => {
    const { activeTreeId } = await log.serving();
    const expected = new RegExp(`expected tree ${activeTreeId} ACTIVE since .*, found not at all`);
    await useDatabase(await otherDatabase(databaseUrl, 'staging', "Trillian's tables"));
    expect((await rotatesNot('DATABASE_OF_ANOTHER_TRILLIAN')).reason).toMatch(expected);

    await useDatabase(await otherDatabase(databaseUrl, 'something_else', 'nothing'));
    expect((await rotatesNot('DATABASE_OF_ANOTHER_TRILLIAN')).reason).toContain(
      'it has no table of that name',
    );
  });

  it('that is a copy from before the tree was last changed is refused before anything is changed (H2)', async () => {
    await useDatabase(await otherDatabase(databaseUrl, 'restored', 'a copy of its trees and queues'));
    await updateCurrentTree();
    expect((await rotatesNot('DATABASE_OF_ANOTHER_TRILLIAN')).reason).toMatch(/found ACTIVE since /);
  });

  it('that is a copy of just now is found by the next tree, before any write waits (H2)', async () => {
    await useDatabase(await otherDatabase(databaseUrl, 'just_now', 'a copy of its trees and queues'));
    await log.expectWritable();
    const before = await log.snapshot();
    const result = await log.rotate();

    expectOutcome(result, 'rolledBack');
    expect(result.reason).toContain('not the one that its Trillian writes to');
    expect(log.gate.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
    expectAsBefore(before, await log.snapshot());
  });

  it('wants two rights of its user, and names the one that is missing', async () => {
    const sql = blocksOf('docs/configuration.md').filter(({ language }) => language === 'sql');
    const both = sql
      .flatMap(commandsIn)
      .filter((grant) => grant.includes('trillian.') === (kind === 'mysql'));
    expect(both).toHaveLength(2);
    await useDatabase(await databaseUser(databaseUrl, 'reads_one', both.slice(0, 1)));
    expect((await rotatesNot('DATABASE_DENIED')).reason).toContain('the user may not read');

    await useDatabase(await databaseUser(databaseUrl, 'reads_both', both));
    const result = await log.rotate();
    expectOutcome(result, 'completed');
    expect(result.frozen?.proof).toContain('no row in its queue after FROZEN');
  });

  it.each<[Content]>([["Trillian's tables"], ['a copy of its trees and queues']])(
    'never proves a tree drained that has a leaf in its queue: %s (H2)',
    async (content) => {
      const { address, logServerMetrics: logServers, signerMetrics: signers } = log.section.trillian;
      const trillian = connectTrillian({ log: 'lab', address });
      const metrics = connectMetrics({ log: 'lab', logServers, signers });
      const treeId = await log.trees.create('LOG');
      const name = content === "Trillian's tables" ? 'empty_queue' : 'copied_queue';
      const other = await otherDatabase(databaseUrl, name, content);
      const connect = kind === 'mysql' ? connectMysql : connectPostgresql;
      const [own, wrong] = [databaseUrl, other].map((url) => connect(serverAt(url))) as [
        TreeQueue,
        TreeQueue,
      ];
      const timing = { signerIntervalMs: 100, guardWindowMs: 0, clockDifferenceMs: 0 };
      const freeze = (queue: TreeQueue, signal = AbortSignal.timeout(30_000)) =>
        freezeTree({ log: 'lab', trillian, metrics, queue }, timing, treeId, { signal });
      /** Gives up when the database was asked so often: whatever proves nothing by then never does. */
      const freezesNot = async (queue: TreeQueue): Promise<string> => {
        const stop = new AbortController();
        let asked = 0;
        const read: TreeQueue['read'] = async (...question) => {
          const row = await queue.read(...question);
          if ((asked += 1) === 20) stop.abort(new Error('given up'));
          return row;
        };
        return await refused('NOT_DRAINED', freeze({ ...queue, read }, stop.signal));
      };
      const unlock = await lockTable(databaseUrl, 'SequencedLeafData');
      try {
        const leaf = { value: Buffer.from(name), identityHash: Buffer.alloc(32, name) };
        await trillian.queueLeaf(treeId, leaf, { signal: AbortSignal.timeout(20_000) });
        expect(await freezesNot(own)).toContain('leaves in its queue: 1');
        expect(await freezesNot(wrong)).toContain("or not this Trillian's");
        // Frozen by hand, as an interrupted proof leaves it.
        await log.trees.setState(treeId, 'FROZEN');
        expect(await freezesNot(wrong)).toContain("or not this Trillian's");
      } finally {
        await unlock();
      }
      await expect(freeze(own)).resolves.toMatchObject({ treeId, size: 1 });
      await Promise.all([own.close(), wrong.close()]);
      trillian.close();
    },
  );
}
