import { DatabaseError, Pool } from 'pg';
import type { TreeId } from '../../workflows/model/log';
import { errorReason } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse, RefusalError } from '../errors/refusal-error';
import { orAborted } from '../bounds/waiting';
import type { TreeQueue, TreeRow } from './tree-queue';

export interface PostgresqlOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** Reads the secret `postgresql://` address when a connection is needed, so that a changed one is taken up. */
  readonly url: () => string;
}

const TIMEOUT_MS = 2000;

/** A single statement is a transaction of its own and sees one snapshot: row and count belong together, and are new. */
const STORED_TREE = `
  SELECT t.treestate::text AS state, t.updatetimemillis AS updated,
    (SELECT count(*) FROM unsequenced u WHERE u.treeid = t.treeid) AS queued,
    pg_is_in_recovery() AS standby
  FROM trees t WHERE t.treeid = $1`;

interface Row {
  readonly state: string;
  /** 64-bit numbers come as text. */
  readonly updated: string;
  readonly queued: string;
  readonly standby: boolean;
}

/**
 * Reads Trillian's database by SQL: PostgreSQL only. Trillian on MySQL, CockroachDB or Spanner is configured without a
 * database, and drains are proven by the signer. The user needs SELECT on the columns that the statement names, of the
 * tables `trees` and `unsequenced` (trillian: storage/postgresql/schema/storage.sql), and nothing else.
 */
export function connectPostgresql({ log, url }: PostgresqlOptions): TreeQueue {
  let connected: { readonly url: string; readonly pool: Pool } | undefined;

  async function pool(): Promise<Pool> {
    const wanted = url();
    if (connected?.url !== wanted) {
      requirePostgresql(log, wanted);
      const last = connected;
      // Before anything is awaited: who asks meanwhile must find this pool, and not end the last one again.
      connected = { url: wanted, pool: openPool(wanted) };
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

  return {
    async read(treeId, signal) {
      try {
        return await orAborted(ask(treeId), signal);
      } catch (error) {
        signal.throwIfAborted();
        // Without the error itself: one about a malformed address carries that address, and so the password (H28).
        throw refusedBy(log, error);
      }
    },

    async close() {
      const last = connected;
      connected = undefined;
      await last?.pool.end();
    },
  };
}

/** Kinds of databases that Trillian can also run on, by the scheme of their address. */
const OTHER_KINDS = ['mysql', 'mariadb', 'cockroach', 'cockroachdb', 'crdb', 'spanner', 'cloudspanner'];

/**
 * PostgreSQL's driver takes an address of any scheme and speaks PostgreSQL there. A MySQL server counts each such try as a
 * broken handshake, and in the end lets nobody in from that host, Trillian included (max_connect_errors).
 */
function requirePostgresql(log: string, url: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'postgresql' || scheme === 'postgres') return;
  // Anything else may be the secret itself.
  const known = OTHER_KINDS.find((kind) => kind === scheme);
  throw refuse('DATABASE_ADDRESS_UNSUPPORTED', {
    log,
    found: known === undefined ? 'does not begin so' : `begins with ${known}://`,
  });
}

/** PostgreSQL's codes for a right that is missing, and for a schema, table, column or type that is. */
const DENIED = '42501';
const MISSING: ReadonlySet<string | undefined> = new Set(['3F000', '42P01', '42703', '42704']);

function refusedBy(log: string, error: unknown): RefusalError {
  if (error instanceof RefusalError) return error;
  const reason = errorReason(error);
  if (error instanceof DatabaseError && error.code === DENIED) {
    return refuse('DATABASE_DENIED', { log, reason });
  }
  if (error instanceof DatabaseError && MISSING.has(error.code)) {
    const expected = "Trillian's tables trees and unsequenced";
    return refuse('DATABASE_OF_ANOTHER_TRILLIAN', { log, expected, shown: reason });
  }
  return refuse('DATABASE_UNREACHABLE', { log, reason });
}

function openPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    // Ends the wait when the database's host is gone and nobody is left to end the statement.
    query_timeout: TIMEOUT_MS,
    application_name: 'rekor-rotate',
    allowExitOnIdle: true,
  });
  // An idle connection broke: the pool has dropped it already, and the next question opens another.
  pool.on('error', () => undefined);
  return pool;
}
