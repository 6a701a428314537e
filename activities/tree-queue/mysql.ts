import { connect as openSocket, type Socket } from 'node:net';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { TreeId } from '../../workflows/model/log';
import { isTlsCode } from '../clients/connection-failure';
import { errorReason, innermostCode } from '../errors/error-reason';
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

/**
 * With autocommit a single statement is a transaction of its own, and sees one snapshot: row and count belong together, and
 * are new. The names are as Trillian writes them: on Linux servers tell large letters from small ones.
 */
const STORED_TREE = `
  SELECT t.TreeState AS state, t.UpdateTimeMillis AS updated,
    (SELECT COUNT(*) FROM Unsequenced u WHERE u.TreeId = t.TreeId) AS queued,
    CAST(@@GLOBAL.read_only AS CHAR) AS readOnly, CAST(@@GLOBAL.innodb_read_only AS CHAR) AS storesReadOnly
  FROM Trees t WHERE t.TreeId = ?`;

/** How servers write that they are not read-only. */
const WRITABLE = ['0', 'OFF'];

/**
 * What a server may be configured to do otherwise for everybody (init_connect), and each of which would mislead: without
 * autocommit the first snapshot is seen for ever; with READ UNCOMMITTED the rows that a pass deletes are gone before it
 * commits. Setting autocommit ends a transaction that is open; a level that is set in one would not count.
 */
const SESSION = [
  'SET SESSION autocommit = 1',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  // In seconds. A plain SELECT waits for no row, but for LOCK TABLES and for a change of the table.
  `SET SESSION lock_wait_timeout = ${DATABASE_TIMEOUT_MS / 1_000}`,
];

/**
 * Over all trees. Trillian's quota goes by the server's estimate, which may be a day old where we see it; a count that goes on
 * for long is not wanted.
 */
const queuedLeaves = (atMost: number): string =>
  `SELECT COUNT(*) AS queued FROM (SELECT TreeId FROM Unsequenced LIMIT ${Math.trunc(atMost)}) counted`;

/** Trillian's tables (trillian: storage/mysql/schema/storage.sql). */
const TABLES = [
  'Trees',
  'TreeControl',
  'Subtree',
  'TreeHead',
  'LeafData',
  'SequencedLeafData',
  'Unsequenced',
];

/** A server shows of its tables those to which the user has any right, were it only to one column. */
const TABLE_SIZES = `
  SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`;

/** 64-bit numbers come as text. */
interface StoredTree extends RowDataPacket {
  readonly state: string;
  readonly updated: string;
  readonly queued: string;
  readonly readOnly: string;
  readonly storesReadOnly: string;
}

interface TableSize extends RowDataPacket {
  readonly name: string;
  readonly bytes: string | null;
}

interface Connected {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly access: Access;
}

/** A connection that nobody asks is closed after so long, in milliseconds: later, something on the way may have forgotten it. */
const IDLE_MS = 10_000;

/**
 * Reads Trillian's database on MySQL or MariaDB. The user needs SELECT on the columns that the statement names, of the tables
 * `Trees` and `Unsequenced`, and nothing else; for the size of the database, a right to a column of each of Trillian's tables.
 *
 * Not by the driver's pool: it takes back a connection whose question has run out of time, and the next one waits behind it.
 */
export function connectMysql(server: DatabaseServer): TreeQueue {
  const { log } = server;
  const open = new Set<Connected>();
  let idle: { readonly connected: Connected; readonly end: NodeJS.Timeout } | undefined;

  async function connect(access: Access): Promise<Connected> {
    const { host, port, database, user, tls } = server;
    const { password, authorities } = access;
    let socket: Socket | undefined;
    try {
      const connection = await createConnection({
        ...{ host, port, database, user, password },
        // Our own, to destroy: the driver only says goodbye, which a server that stands still never hears.
        stream: () => (socket = openSocket(port, host).setNoDelay(true)),
        connectTimeout: DATABASE_TIMEOUT_MS,
        // Numbers that are larger than JavaScript's come as they are, and not rounded.
        ...{ supportBigNumbers: true, bigNumberStrings: true },
        ...(tls && {
          ssl: {
            ...{ rejectUnauthorized: true, verifyIdentity: true },
            ...(authorities !== undefined && { ca: authorities }),
          },
        }),
      });
      const connected = { connection, socket: socket as unknown as Socket, access };
      open.add(connected);
      // It broke while nobody asked: the next question opens another.
      connection.on('error', () => drop(connected));
      for (const statement of SESSION) {
        await connection.query({ sql: statement, timeout: DATABASE_TIMEOUT_MS });
      }
      return connected;
    } catch (error) {
      socket?.destroy();
      throw error;
    }
  }

  /** The statement may run on, so nobody may ask here again. */
  function drop(connected: Connected): void {
    if (idle?.connected === connected) takeIdle();
    open.delete(connected);
    connected.connection.destroy();
    connected.socket.destroy();
  }

  function takeIdle(): Connected | undefined {
    const taken = idle;
    idle = undefined;
    clearTimeout(taken?.end);
    return taken?.connected;
  }

  function keep(connected: Connected): void {
    if (idle) drop(connected);
    else if (open.has(connected)) {
      idle = { connected, end: setTimeout(() => drop(connected), IDLE_MS).unref() };
    }
  }

  async function askOn<Row extends RowDataPacket>(
    connected: Connected,
    statement: string,
    values: readonly string[],
  ): Promise<Row[]> {
    try {
      // Values as text: a number would lose the last digits of a tree id, and find nothing.
      const question = { sql: statement, values: [...values], timeout: DATABASE_TIMEOUT_MS };
      const [rows] = await connected.connection.query<Row[]>(question);
      keep(connected);
      return rows;
    } catch (error) {
      drop(connected);
      throw error;
    }
  }

  async function ask<Row extends RowDataPacket>(
    statement: string,
    values: readonly string[] = [],
  ): Promise<Row[]> {
    const access = readAccess(server);
    const kept = takeIdle();
    if (kept && sameAccess(kept.access, access)) {
      try {
        return await askOn<Row>(kept, statement, values);
      } catch (error) {
        // It had broken, and that was not known yet. What ran out of time is not asked again here.
        if ((error as Partial<DriverError>).fatal !== true) throw error;
      }
    } else if (kept) {
      drop(kept);
    }
    return await askOn<Row>(await connect(access), statement, values);
  }

  async function askTree(treeId: TreeId): Promise<TreeRow | null> {
    const [row] = await ask<StoredTree>(STORED_TREE, [treeId]);
    if (!row) return null;
    // Not every replica says so; of the others the row is older than what Trillian answers (tree-row.ts).
    if (![row.readOnly, row.storesReadOnly].every((value) => WRITABLE.includes(value))) {
      throw new OwnWords('it is read-only, as a replica is; the primary must be asked');
    }
    return { state: row.state, updatedAtMs: Number(row.updated), queued: Number(row.queued) };
  }

  async function askQueued(atMost: number): Promise<number> {
    const [row] = await ask<Pick<StoredTree, 'queued'> & RowDataPacket>(queuedLeaves(atMost));
    return Number(row?.queued);
  }

  async function askBytes(): Promise<number> {
    const sizes = await ask<TableSize>(TABLE_SIZES);
    const hidden = TABLES.filter(
      // A server may keep all names in small letters (lower_case_table_names).
      (table) =>
        !sizes.some(({ name, bytes }) => name.toLowerCase() === table.toLowerCase() && bytes !== null),
    );
    if (hidden.length > 0) {
      const reason = `it does not show the size of ${hidden.join(', ')}`;
      throw refuse('DATABASE_DENIED', { log, reason });
    }
    return sizes.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  }

  return {
    read: (treeId, signal) => answered(log, refusedBy, signal, askTree(treeId)),
    queuedLeaves: (atMost, signal) => answered(log, refusedBy, signal, askQueued(atMost)),
    databaseBytes: (signal) => answered(log, refusedBy, signal, askBytes()),

    async close() {
      const last = takeIdle();
      // Says goodbye, for the server's records, and waits for no answer.
      await last?.connection.end().catch(() => undefined);
      for (const connected of open) drop(connected);
    },
  };
}

/** What the driver says of an error besides its message. */
interface DriverError extends Error {
  readonly code: string;
  /** The server's number of it (mariadb.com/kb, "MariaDB Error Codes"; MySQL's are the same, these included). */
  readonly errno: number;
  /** The connection is of no use any more. */
  readonly fatal: boolean;
}

/**
 * The user may not: a table, a column, the database, in at all, from this host; the host has been blocked; the password has
 * expired, or the account is locked.
 */
const DENIED: ReadonlySet<number | undefined> = new Set([
  ...[1142, 1143, 1044, 1045, 1698, 1130, 1129],
  ...[1820, 1862, 3118, 3955, 4151],
]);

/** The server wants TLS, or a way to log in that it or the driver has not. */
const UNFIT: ReadonlySet<number | undefined> = new Set([3159, 1251, 1524]);

/** There is no such table, column or database. */
const MISSING: ReadonlySet<number | undefined> = new Set([1146, 1054, 1049]);

/** What the driver cannot do with this server, whenever it is asked. */
const UNUSABLE: ReadonlySet<string | undefined> = new Set([
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
  'AUTH_SWITCH_PLUGIN_ERROR',
  'MYSQL_CLEAR_PASSWORD_NOT_ENABLED',
  'HANDSHAKE_UNKNOWN_ERROR',
]);

/**
 * What time mends is DATABASE_UNREACHABLE, and is asked again at once. Nothing else may be: a server that has seen a hundred
 * handshakes come to nothing lets nobody in from that host, Trillian included (max_connect_errors).
 */
function refusedBy(log: string, error: unknown): RefusalError {
  const reason = errorReason(error);
  const { errno } = error as Partial<DriverError>;
  const code = innermostCode(error);
  if (DENIED.has(errno)) {
    return refuse('DATABASE_DENIED', { log, reason });
  }
  if (MISSING.has(errno)) {
    return refuse('DATABASE_OF_ANOTHER_TRILLIAN', {
      log,
      expected: "Trillian's tables Trees and Unsequenced",
      shown: reason,
    });
  }
  if (UNFIT.has(errno) || UNUSABLE.has(code) || isTlsCode(code)) {
    return refuse('DATABASE_UNUSABLE', { log, reason });
  }
  return refuse('DATABASE_UNREACHABLE', { log, reason });
}
