import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { READER, readerGrants } from './reader';

/** Connects to one database of a server; `url` names the server and its user. */
export async function withPostgresql<Result>(
  url: string,
  database: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const named = new URL(url);
  named.pathname = `/${database}`;
  const client = new Client({ connectionString: named.href, connectionTimeoutMillis: 5_000 });
  // The server may end while the connection is idle; the next query says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Whether the server takes connections. */
export async function postgresqlAnswers(url: string): Promise<boolean> {
  return await withPostgresql(url, 'postgres', async (client) => {
    await client.query('SELECT 1');
  }).then(
    () => true,
    () => false,
  );
}

/** Creates Trillian's database with its schema unless it is there whole; a half made one is made again. */
export async function createTrillianOnPostgresql(url: string, schemaFile: string): Promise<void> {
  const found = await withPostgresql(url, 'postgres', async (client) => {
    const answer = await client.query("SELECT 1 FROM pg_database WHERE datname = 'trillian'");
    return answer.rowCount ?? 0;
  });
  if (found > 0) {
    return;
  }
  const schema = await readFile(schemaFile, 'utf8');
  await withPostgresql(url, 'postgres', async (client) => {
    await client.query('DROP DATABASE IF EXISTS trillian_new');
    await client.query('CREATE DATABASE trillian_new');
  });
  await withPostgresql(url, 'trillian_new', async (client) => {
    await client.query(schema);
  });
  await withPostgresql(url, 'postgres', async (client) => {
    await client.query('ALTER DATABASE trillian_new RENAME TO trillian');
  });
}

/** Makes the user who reads Trillian's database, or gives it this password; it has the rights that are recommended. */
export async function makeReaderOnPostgresql(url: string, password: string): Promise<void> {
  await withPostgresql(url, 'trillian', async (client) => {
    const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [READER]);
    await client.query(`${found.rowCount === 0 ? 'CREATE' : 'ALTER'} USER ${READER} PASSWORD '${password}'`);
    for (const grant of readerGrants.postgresql) {
      await client.query(grant);
    }
  });
}
