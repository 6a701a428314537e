import { readFileSync } from 'node:fs';
import { inDatabase, isMysql } from '../../harness/database';
import { ensureBinaries } from '../../tools/binaries';

/** What is in a database that somebody may name by mistake. */
export type Content = 'nothing' | "Trillian's tables" | 'a copy of its trees and queues';

/** Makes another database on the server of Trillian's own; its address. */
export async function otherDatabase(trillian: string, name: string, content: Content): Promise<string> {
  const other = withPath(trillian, name);
  await inDatabase(trillian, `CREATE DATABASE ${name}`);
  if (content === 'nothing') return other;
  const { trillianSchemaPostgresql, trillianSchemaMysql } = await ensureBinaries(() => undefined);
  const schema = isMysql(trillian) ? trillianSchemaMysql : trillianSchemaPostgresql;
  await inDatabase(other, readFileSync(schema, 'utf8'));
  if (content === "Trillian's tables") return other;
  for (const table of ['Trees', 'Unsequenced']) {
    await (isMysql(trillian)
      ? inDatabase(other, `INSERT INTO ${table} SELECT * FROM trillian.${table}`)
      : copyRows(trillian, other, table));
  }
  return other;
}

/** By rows, because PostgreSQL's template of a new database may have no other session, and Trillian keeps some. */
async function copyRows(trillian: string, other: string, table: string): Promise<void> {
  const [rows] = await inDatabase<{ readonly all: string }>(
    trillian,
    `SELECT coalesce(json_agg(t), '[]')::text AS all FROM ${table} t`,
  );
  await inDatabase(other, `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, ?)`, [
    rows?.all,
  ]);
}

/** Makes a user of Trillian's database, who gets the rights that are granted to `rekor_rotate`; the address that it uses. */
export async function databaseUser(
  trillian: string,
  name: string,
  grants: readonly string[],
): Promise<string> {
  const url = new URL(trillian);
  url.username = name;
  url.password = 'known-to-this-test';
  const user = isMysql(trillian) ? `${name}@'127.0.0.1'` : name;
  await inDatabase(
    trillian,
    isMysql(trillian)
      ? `CREATE USER ${user} IDENTIFIED BY '${url.password}'`
      : `CREATE USER ${user} PASSWORD '${url.password}'`,
  );
  for (const grant of grants) {
    await inDatabase(trillian, grant.replace(/ TO .*$/s, ` TO ${user}`));
  }
  return url.href;
}

function withPath(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}
