import { Pool } from 'pg';
import type { TreeId } from '../workflows/model/log';
import { errorReason } from './error-reason';
import { refuse, RefusalError } from './refusal-error';
import { abortReason, throwIfAborted } from './waiting';

/** Trillian's queue of leaves that are accepted but not integrated; no interface of Trillian tells its length. */
export interface QueueReader {
  /** Queued leaves of the tree, committed at the moment of asking. Refuses DATABASE_UNREACHABLE. */
  queued(treeId: TreeId, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

export interface QueueOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** Reads the secret `postgresql://` address when a connection is needed, so that a changed one is taken up. */
  readonly url: () => string;
}

const TIMEOUT_MS = 2000;

/** A single statement is a transaction of its own, so every answer is as new as the question. */
const QUEUED = `
  SELECT count(*) AS queued, pg_is_in_recovery() AS standby
  FROM unsequenced WHERE treeid = $1`;

/**
 * Reads the queue from Trillian's database by SQL: PostgreSQL only. Trillian on MySQL, CockroachDB or Spanner is
 * configured without a database, and drains are proven by the signer. The user needs SELECT on the table `unsequenced`
 * (trillian: storage/postgresql/schema/storage.sql) and nothing else.
 */
export function connectQueue({ log, url }: QueueOptions): QueueReader {
  let connected: { readonly url: string; readonly pool: Pool } | undefined;

  async function pool(): Promise<Pool> {
    const wanted = url();
    if (connected?.url !== wanted) {
      await connected?.pool.end();
      connected = { url: wanted, pool: openPool(wanted) };
    }
    return connected.pool;
  }

  async function ask(treeId: TreeId): Promise<number> {
    const { rows } = await (await pool()).query<{ queued: string; standby: boolean }>(QUEUED, [treeId]);
    const [row] = rows;
    if (!row) throw new Error('it counted nothing');
    // A standby answers with the past: it may not have heard yet of the leaf that is asked for.
    if (row.standby) throw new Error('it is a standby; the primary must be asked');
    return Number(row.queued);
  }

  return {
    async queued(treeId, signal) {
      try {
        return await orAborted(ask(treeId), signal);
      } catch (error) {
        throwIfAborted(signal);
        if (error instanceof RefusalError) throw error;
        // Without the error itself: one about a malformed address carries that address, and so the password (H28).
        throw refuse('DATABASE_UNREACHABLE', { log, reason: errorReason(error) });
      }
    },

    async close() {
      const last = connected;
      connected = undefined;
      await last?.pool.end();
    },
  };
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

async function orAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortReason(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
