import { Client } from 'pg';

/** Nobody else writes to a table of a database until the returned function is called. */
export async function lockTable(connectionString: string, table: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
