import { DatabaseError, Pool, type ClientBase } from 'pg';
import type { TreeId } from '../../workflows/model/log';
import { isTlsCode } from '../clients/connection-failure';
import { errorReason, innermostCode, isOfAnotherProtocol, isWithoutTls } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse, type RefusalError } from '../errors/refusal-error';
import {
  answered,
  DATABASE_TIMEOUT_MS,
  readAccess,
  sameAccess,
  type Access,
  type DatabaseServer,
} from './database-server';
import type { TreeQueue, TreeRow } from './tree-queue';

/** A single statement is a transaction of its own and sees one snapshot: row and count belong together, and are new. */
const STORED_TREE = `
  SELECT t.treestate::text AS state, t.updatetimemillis AS updated,
    (SELECT count(*) FROM unsequenced u WHERE u.treeid = t.treeid) AS queued,
    pg_is_in_recovery() AS standby
  FROM trees t WHERE t.treeid = $1`;

/** Over all trees; a count that goes on for long is not wanted. */
const QUEUED_LEAVES = 'SELECT count(*) AS queued FROM (SELECT treeid FROM unsequenced LIMIT $1) AS counted';

/** Every user who may connect may ask this (postgresql.org/docs, "Database Object Size Functions"). */
const DATABASE_BYTES = 'SELECT pg_database_size(current_database()) AS bytes';

interface Row {
  readonly state: string;
  /** 64-bit numbers come as text. */
  readonly updated: string;
  readonly queued: string;
  readonly standby: boolean;
}

/**
 * Reads Trillian's database on PostgreSQL. CockroachDB speaks its protocol, and is refused: what one statement
 * shows there was never tried. The user needs SELECT on the columns that the statement names, of the
 * tables `trees` and `unsequenced` (trillian: storage/postgresql/schema/storage.sql), and nothing else.
 */
export function connectPostgresql(server: DatabaseServer): TreeQueue {
  const { log } = server;
  let connected: { readonly access: Access; readonly pool: Pool } | undefined;

  async function pool(): Promise<Pool> {
    const access = readAccess(server);
    if (!connected || !sameAccess(connected.access, access)) {
      const last = connected;
      // Before anything is awaited: who asks meanwhile must find this pool, and not end the last one again.
      connected = { access, pool: openPool(server, access) };
      await last?.pool.end();
    }
    return connected.pool;
  }

  async function ask(treeId: TreeId): Promise<TreeRow | null> {
    const { rows } = await (await pool()).query<Row>(STORED_TREE, [treeId]);
    const [row] = rows;
    if (!row) return null;
    // A standby answers with the past: it may not have heard yet of the leaf that is asked for.
    if (row.standby) throw new OwnWords('it is a standby; the primary must be asked');
    return { state: row.state, updatedAtMs: Number(row.updated), queued: Number(row.queued) };
  }

  async function askQueued(atMost: number): Promise<number> {
    const { rows } = await (await pool()).query<Pick<Row, 'queued'>>(QUEUED_LEAVES, [atMost]);
    return Number(rows[0]?.queued);
  }

  async function askBytes(): Promise<number> {
    const { rows } = await (await pool()).query<{ readonly bytes: string }>(DATABASE_BYTES);
    return Number(rows[0]?.bytes);
  }

  return {
    read: (treeId, signal) => answered(log, refusedBy, signal, ask(treeId)),
    queuedLeaves: (atMost, signal) => answered(log, refusedBy, signal, askQueued(atMost)),
    databaseBytes: (signal) => answered(log, refusedBy, signal, askBytes()),

    async close() {
      const last = connected;
      connected = undefined;
      await last?.pool.end();
    },
  };
}

/** PostgreSQL's codes for a right that is missing, and for a user or a password that it does not take. */
const DENIED: ReadonlySet<string | undefined> = new Set(['42501', '28P01', '28000']);

/** For a database, schema, table, column or type that is missing. */
const MISSING: ReadonlySet<string | undefined> = new Set(['3D000', '3F000', '42P01', '42703', '42704']);

/**
 * What time mends is DATABASE_UNREACHABLE, and is asked again at once. Nothing else may be: a MySQL server that was named by
 * mistake lets nobody in from our host after a hundred such tries, Trillian included (max_connect_errors).
 */
function refusedBy(log: string, error: unknown): RefusalError {
  const reason = errorReason(error);
  const sqlState = error instanceof DatabaseError ? error.code : undefined;
  if (DENIED.has(sqlState)) {
    return refuse('DATABASE_DENIED', { log, reason });
  }
  if (MISSING.has(sqlState)) {
    const expected = "Trillian's tables trees and unsequenced";
    return refuse('DATABASE_OF_ANOTHER_TRILLIAN', { log, expected, shown: reason });
  }
  if (isTlsCode(innermostCode(error)) || isOfAnotherProtocol(error) || isWithoutTls(error)) {
    return refuse('DATABASE_UNUSABLE', { log, reason });
  }
  return refuse('DATABASE_UNREACHABLE', { log, reason });
}

function openPool(server: DatabaseServer, { password, authorities }: Access): Pool {
  const { log, host, port, database, user, tls } = server;
  // The pool waits for what this returns, which its types do not say.
  const onConnect = (client: ClientBase): unknown => prepare(log, client);
  const pool = new Pool({
    ...{ host, port, database, user, password },
    // Without it PGSSLMODE of the environment would decide.
    ssl: tls ? { ...(authorities !== undefined && { ca: authorities }) } : false,
    max: 2,
    connectionTimeoutMillis: DATABASE_TIMEOUT_MS,
    // Ends the wait when the database's host is gone and nobody is left to end the statement.
    query_timeout: DATABASE_TIMEOUT_MS,
    application_name: 'rekor-rotate',
    allowExitOnIdle: true,
    onConnect,
  });
  // An idle connection broke: the pool has dropped it already, and the next question opens another.
  pool.on('error', () => undefined);
  return pool;
}

/** What every new connection begins with; not by start-up parameters, which poolers such as PgBouncer refuse. */
async function prepare(log: string, client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly version: string }>('SELECT version() AS version');
  if (rows[0]?.version.startsWith('CockroachDB') === true) {
    const reason = 'it is CockroachDB, where the proof was never tried';
    throw refuse('DATABASE_UNUSABLE', { log, reason });
  }
  await client.query(`SET statement_timeout = ${DATABASE_TIMEOUT_MS}`);
}
