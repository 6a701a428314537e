import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { ensureBinaries } from '../../tools/binaries';

/** What is in a database that somebody may name by mistake. */
export type Content = 'nothing' | "Trillian's tables" | 'a copy of its trees and queues';

/**
 * Makes another database on the server of Trillian's own; its address. The copy is made by rows: a template may have no other
 * session, and Trillian keeps some.
 */
export async function otherDatabase(trillianUrl: string, name: string, content: Content): Promise<string> {
  const url = new URL(trillianUrl);
  url.pathname = `/${name}`;
  await using(trillianUrl, async (trillian) => {
    await trillian.query(`CREATE DATABASE ${name}`);
    if (content === 'nothing') return;
    const { trillianSchema } = await ensureBinaries(() => undefined);
    await using(url.href, async (other) => {
      await other.query(readFileSync(trillianSchema, 'utf8'));
      if (content === "Trillian's tables") return;
      for (const table of ['trees', 'unsequenced']) {
        const { rows } = await trillian.query<{ all: string }>(
          `SELECT coalesce(json_agg(t), '[]')::text AS all FROM ${table} t`,
        );
        await other.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
          rows[0]?.all,
        ]);
      }
    });
  });
  return url.href;
}

/** Makes a user of Trillian's database with these rights; the address that it uses. */
export async function databaseUser(
  trillianUrl: string,
  name: string,
  grants: readonly string[],
): Promise<string> {
  const url = new URL(trillianUrl);
  url.username = name;
  url.password = 'known-to-this-test';
  await using(trillianUrl, async (trillian) => {
    await trillian.query(`CREATE USER ${name} PASSWORD '${url.password}'`);
    for (const grant of grants) {
      await trillian.query(`${grant} TO ${name}`);
    }
  });
  return url.href;
}

async function using(connectionString: string, act: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}
