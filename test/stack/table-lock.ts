import { isMysql, openSession } from '../../harness/database';

/** Nobody else writes to a table of Trillian's database until the returned function is called. */
export async function lockTable(
  database: string,
  table: 'LeafData' | 'SequencedLeafData',
): Promise<() => Promise<void>> {
  const session = await openSession(database);
  if (isMysql(database)) {
    await session.run(`LOCK TABLES ${table} READ`);
  } else {
    await session.run('BEGIN');
    await session.run(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  }
  return () => session.end();
}
