import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLEANING } from '../../../activities/examination/queue';
import { connectMysql } from '../../../activities/tree-queue/mysql';
import { connectPostgresql } from '../../../activities/tree-queue/postgresql';
import { requireShown } from '../../../activities/tree-queue/tree-row';
import type { TreeQueue } from '../../../activities/tree-queue/tree-queue';
import { inDatabase, openSession, serverAt, type Session } from '../../../harness/database';
import { standStill } from '../../../harness/stand-still';
import { PATIENCE_MS } from '../../../harness/waiting';
import { labFiles } from '../../../lab/files';
import { partNames, startLab, type RunningLab } from '../../../lab/lab';
import { ensureBinaries } from '../../../tools/binaries';
import { refused } from '../refused';

/** Their neighbour is the same number to JavaScript. */
const TREE = '6826284441047790130';
const NEIGHBOUR = '6826284441047790131';
const SECRET = 'known-to-this-test-alone';
const GRANTS = [
  'SELECT (TreeId) ON trillian.Unsequenced',
  'SELECT (TreeId, TreeState, UpdateTimeMillis) ON trillian.Trees',
];

const bounds = { signal: new AbortController().signal };
const { signal } = bounds;
let lab: RunningLab;
let directory: string;
/** As the user who may do everything. */
let admin: string;
let queue: TreeQueue;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mysql-'));
  const report = () => undefined;
  const binaries = await ensureBinaries(report);
  const without = partNames.filter((name) => name !== 'database');
  lab = await startLab({ directory: join(directory, 'lab'), binaries, report, database: 'mariadb', without });
  admin = readFileSync(labFiles(lab.status.directory).databaseUrl, 'utf8').trim();
  for (const treeId of [TREE, NEIGHBOUR]) {
    await inDatabase(
      admin,
      `INSERT INTO Trees VALUES (?, 'DRAINING', 'LOG', 'RFC6962_SHA256', 'SHA256', 'ECDSA', '', '',
         1, ?, 1, '', '', NULL, NULL)`,
      [treeId, treeId === TREE ? '1790000000123' : '1790000000124'],
    );
  }
  await user('reader', GRANTS);
});

afterAll(async () => {
  await lab.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  queue = connectMysql(reader());
});

afterEach(async () => {
  await queue.close();
  // First what may hold a lock.
  await Promise.all(sessions.splice(0).map((each) => each.end()));
  await inDatabase(admin, 'DELETE FROM Unsequenced');
  await inDatabase(admin, "SET GLOBAL init_connect = ''; SET GLOBAL read_only = 0");
});

async function user(name: string, grants: readonly string[]): Promise<void> {
  const account = `${name}@'127.0.0.1'`;
  await inDatabase(admin, `CREATE OR REPLACE USER ${account} IDENTIFIED BY '${SECRET}'`);
  for (const grant of grants) {
    await inDatabase(admin, `GRANT ${grant} TO ${account}`);
  }
}

function reader(name = 'reader') {
  return { ...serverAt(admin), user: name, password: () => SECRET };
}

const sessions: Session[] = [];

/** A session that is ended with the test, also with one that fails. */
async function session(address = admin): Promise<Session> {
  const opened = await openSession(address);
  sessions.push(opened);
  return opened;
}

let leaves = 0;

/** Queues a leaf as Trillian does (trillian: storage/mysql/log_storage.go). */
async function queueLeaf(treeId: string): Promise<void> {
  await inDatabase(
    admin,
    `INSERT INTO Unsequenced (TreeId, Bucket, LeafIdentityHash, MerkleLeafHash, QueueTimestampNanos)
     VALUES (?, 0, UNHEX(LPAD(HEX(?), 64, '0')), '', 0)`,
    [treeId, (leaves += 1)],
  );
}

/** The connections of a user that the server has now. */
async function connectionsOf(name: string): Promise<readonly string[]> {
  const rows = await inDatabase<{ readonly id: string }>(
    admin,
    'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?',
    [name],
  );
  return rows.map(({ id }) => id);
}

it('shows the row of exactly the tree that is asked for, and its own leaves alone', async () => {
  await queueLeaf(TREE);
  expect(await queue.read(TREE, signal)).toEqual({
    state: 'DRAINING',
    updatedAtMs: 1_790_000_000_123,
    queued: 1,
  });
  expect(await queue.read(NEIGHBOUR, signal)).toMatchObject({ updatedAtMs: 1_790_000_000_124, queued: 0 });
  expect(await queue.read('1', signal)).toBeNull();
});

describe.each([
  ['nothing', ''],
  ['no autocommit', 'SET autocommit = 0'],
  [
    'no autocommit and a snapshot',
    'SET autocommit = 0; SELECT COUNT(*) FROM trillian.Unsequenced INTO @before',
  ],
  ['READ UNCOMMITTED', 'SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED'],
])('where the server begins each session with %s, it', (_, statement) => {
  let raw: Session;

  beforeEach(async () => {
    await inDatabase(admin, 'SET GLOBAL init_connect = ?', [statement]);
    const url = new URL(admin);
    [url.username, url.password] = ['reader', SECRET];
    raw = await session(url.href);
  });

  const seenBy = async (session: Session): Promise<number> => {
    const [row] = await session.run<{ readonly queued: string }>(
      'SELECT COUNT(*) AS queued FROM Unsequenced WHERE TreeId = ?',
      [TREE],
    );
    return Number(row?.queued);
  };

  it('counts what was committed since it last asked (H2)', async () => {
    expect((await queue.read(TREE, signal))?.queued).toBe(0);
    expect(await seenBy(raw)).toBe(0);
    await queueLeaf(TREE);
    expect((await queue.read(TREE, signal))?.queued).toBe(1);
    // The server does what the test is about.
    expect(await seenBy(raw)).toBe(statement.includes('autocommit') ? 0 : 1);
  });

  it('counts a leaf that a pass has taken and not committed (H1)', async () => {
    await queueLeaf(TREE);
    const pass = await session();
    await pass.run('BEGIN');
    await pass.run('DELETE FROM Unsequenced WHERE TreeId = ?', [TREE]);
    expect((await queue.read(TREE, signal))?.queued).toBe(1);
    expect(await seenBy(raw)).toBe(/UNCOMMITTED|INTO @before/.test(statement) ? 0 : 1);
    await pass.run('COMMIT');
    expect((await queue.read(TREE, signal))?.queued).toBe(0);
  });
});

it.each([
  ['Unsequenced', 'TreeId', ['SELECT (TreeId, TreeState, UpdateTimeMillis) ON trillian.Trees']],
  [
    'Trees',
    'TreeId',
    ['SELECT (TreeId) ON trillian.Unsequenced', 'SELECT (TreeState, UpdateTimeMillis) ON trillian.Trees'],
  ],
  [
    'Trees',
    'TreeState',
    ['SELECT (TreeId) ON trillian.Unsequenced', 'SELECT (TreeId, UpdateTimeMillis) ON trillian.Trees'],
  ],
  [
    'Trees',
    'UpdateTimeMillis',
    ['SELECT (TreeId) ON trillian.Unsequenced', 'SELECT (TreeId, TreeState) ON trillian.Trees'],
  ],
])('is denied to a user who may not read %s.%s', async (_table, _column, grants) => {
  await user('reads_less', grants);
  const denied = connectMysql(reader('reads_less'));
  expect(await refused('DATABASE_DENIED', denied.read(TREE, signal))).toContain('the user may not read');
  await denied.close();
});

it('of another name is another Trillian’s, or denied, which are one to a user without rights there', async () => {
  await inDatabase(admin, 'CREATE DATABASE empty');
  const at = (database: string, server = reader()) => connectMysql({ ...server, database });
  await refused('DATABASE_DENIED', at('empty').read(TREE, signal));
  await refused('DATABASE_DENIED', at('nowhere').read(TREE, signal));
  await refused('DATABASE_OF_ANOTHER_TRILLIAN', at('empty', serverAt(admin)).read(TREE, signal));
  await refused('DATABASE_OF_ANOTHER_TRILLIAN', at('nowhere', serverAt(admin)).read(TREE, signal));
});

it('is asked on another connection after a table was locked for too long', async () => {
  await queue.read(TREE, signal);
  const [before] = await connectionsOf('reader');
  const other = await session();
  await other.run('LOCK TABLES Unsequenced WRITE');
  expect(await refused('DATABASE_UNREACHABLE', queue.read(TREE, signal))).toContain('no answer in time');
  await other.run('UNLOCK TABLES');
  await expect(queue.read(TREE, signal)).resolves.toMatchObject({ queued: 0 });
  expect(await connectionsOf('reader')).not.toContain(before);
});

it('that stands still is given up, connected or not, and asked anew when it goes on', async () => {
  await queue.read(TREE, signal);
  const pid = lab.pidOf('database') ?? 0;
  await standStill(pid);
  try {
    expect(await refused('DATABASE_UNREACHABLE', queue.read(TREE, signal))).toContain('no answer in time');
    expect(await refused('DATABASE_UNREACHABLE', queue.read(TREE, signal))).toContain('ETIMEDOUT');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect(queue.read(TREE, signal)).resolves.toMatchObject({ queued: 0 });
});

it('keeps one connection, and opens another when that was killed', async () => {
  await queue.read(TREE, signal);
  await queue.read(TREE, signal);
  const [only, ...more] = await connectionsOf('reader');
  expect(more).toEqual([]);
  await inDatabase(admin, `KILL ${only ?? ''}`);
  await expect(queue.read(TREE, signal)).resolves.toMatchObject({ queued: 0 });
  expect(await connectionsOf('reader')).not.toContain(only);
});

describe('behind something that breaks connections', () => {
  let proxy: Server;
  /** So many of the next pieces that are sent to the server end their connection instead. */
  let breaks = 0;

  beforeEach(async () => {
    const { port } = serverAt(admin);
    breaks = 0;
    proxy = createServer((caller) => {
      const called = connect(port, '127.0.0.1');
      for (const socket of [caller, called]) socket.on('error', () => undefined);
      called.pipe(caller);
      caller.on('data', (data) => {
        if (breaks === 0) {
          called.write(data);
          return;
        }
        breaks -= 1;
        called.destroy();
        caller.resetAndDestroy();
      });
      caller.on('close', () => called.destroy());
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => proxy.once('listening', listening));
    queue = connectMysql({ ...reader(), port: (proxy.address() as AddressInfo).port });
  });
  afterEach(() => proxy.close());

  it('is asked once more, and no third time', async () => {
    await queue.read(TREE, signal);
    breaks = 1;
    await expect(queue.read(TREE, signal)).resolves.toMatchObject({ queued: 0 });
    expect(breaks).toBe(0);
    breaks = 9;
    await refused('DATABASE_UNREACHABLE', queue.read(TREE, signal));
    expect(breaks).toBe(7);
  });
});

it('that is read-only is refused, as a replica', async () => {
  await inDatabase(admin, 'SET GLOBAL read_only = 1');
  expect(await refused('DATABASE_UNREACHABLE', queue.read(TREE, signal))).toContain('it is read-only');
});

it('whose row is older than what Trillian says is refused, as a replica that has stopped (H2)', async () => {
  const trillian = { getTree: () => Promise.resolve({ state: 'FROZEN', updatedAtMs: 1_790_000_000_999 }) };
  const systems = { log: 'lab', trillian } as unknown as Parameters<typeof requireShown>[0];
  const said = await refused('DATABASE_OF_ANOTHER_TRILLIAN', requireShown(systems, queue, TREE, bounds));
  expect(said).toMatch(/expected tree \d+ FROZEN since .*, found DRAINING since /);
});

it('counts the leaves of all trees, and no further than it is asked to', async () => {
  for (const treeId of [TREE, NEIGHBOUR, '1']) await queueLeaf(treeId);
  expect([await queue.queuedLeaves(100, signal), await queue.queuedLeaves(2, signal)]).toEqual([3, 2]);
  // What the doctor says to do removes those of trees that are no more, and no others.
  await inDatabase(admin, CLEANING);
  expect(await queue.queuedLeaves(100, signal)).toBe(2);
});

it('tells its size to a user who has a right to each table, and to no other a part of it', async () => {
  const said = await refused('DATABASE_DENIED', queue.databaseBytes(signal));
  expect(said).toContain('TreeControl, Subtree, TreeHead, LeafData, SequencedLeafData');
  const more = ['TreeControl', 'Subtree', 'TreeHead', 'LeafData', 'SequencedLeafData'];
  await user('sees_all', [...GRANTS, ...more.map((table) => `SELECT (TreeId) ON trillian.${table}`)]);
  const all = connectMysql(reader('sees_all'));
  expect(await all.databaseBytes(signal)).toBeGreaterThan(100_000);
  await all.close();
});

describe('without a word of the password (H28), refuses', () => {
  const refusing = async (code: Parameters<typeof refused>[0], asked: TreeQueue): Promise<string> => {
    const message = await refused(code, asked.read(TREE, signal));
    expect(message).not.toContain(SECRET);
    await asked.close();
    return message;
  };

  it('a wrong password', async () => {
    const wrong = connectMysql({ ...reader(), password: () => `${SECRET}-wrong` });
    expect(await refusing('DATABASE_DENIED', wrong)).toContain('the user or the password');
  });

  it('an account that is locked', async () => {
    await user('locked', GRANTS);
    await inDatabase(admin, "ALTER USER locked@'127.0.0.1' ACCOUNT LOCK");
    await refusing('DATABASE_DENIED', connectMysql({ ...reader(), user: 'locked' }));
  });

  it('a server that lets nobody in without TLS', async () => {
    // In one session: nobody else is let in meanwhile.
    const session = await openSession(admin);
    await session.run('SET GLOBAL require_secure_transport = ON');
    try {
      expect(await refusing('DATABASE_DENIED', connectMysql(reader()))).toContain('without TLS');
    } finally {
      await session.run('SET GLOBAL require_secure_transport = OFF');
      await session.end();
    }
  });

  it('a server without TLS where TLS is wanted', async () => {
    expect(await refusing('DATABASE_UNUSABLE', connectMysql({ ...reader(), tls: {} }))).toContain('no TLS');
  });

  it('what is no server of its kind', async () => {
    expect(await refusing('DATABASE_UNUSABLE', connectPostgresql(reader()))).toContain(
      'it does not speak the protocol of PostgreSQL',
    );
  });

  it('a port on which nobody listens', async () => {
    const nobody = connectMysql({ ...reader(), port: 1 });
    expect(await refusing('DATABASE_UNREACHABLE', nobody)).toContain('ECONNREFUSED');
  });
});

it('takes up a changed password', async () => {
  let password = SECRET;
  const changing = connectMysql({ ...reader(), password: () => password });
  await changing.read(TREE, signal);
  password = `${SECRET}-wrong`;
  await refused('DATABASE_DENIED', changing.read(TREE, signal));
  password = SECRET;
  await expect(changing.read(TREE, AbortSignal.timeout(PATIENCE_MS))).resolves.toMatchObject({ queued: 0 });
  await changing.close();
});
