import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPostgresql } from '../../../activities/tree-queue/postgresql';
import { fieldsOf, inDatabase, openSession, serverAt } from '../../../harness/database';
import { PATIENCE_MS, until } from '../../../harness/waiting';
import { labFiles } from '../../../lab/files';
import { partNames, startLab, type RunningLab } from '../../../lab/lab';
import { ensureBinaries } from '../../../tools/binaries';
import { answeringServer } from '../answering-server';
import { refused } from '../refused';

const signal = new AbortController().signal;

function serverOn(port: number, password = () => 'a-secret') {
  return {
    ...{ log: 'production', host: '127.0.0.1', port, database: 'trillian', user: 'rekor_rotate' },
    password,
  };
}

it('takes up a changed secret for all who ask at once', async () => {
  const gone = await answeringServer((_, response) => response.end());
  await gone.close();
  let password = 'before';
  const queue = connectPostgresql(serverOn(Number(new URL(gone.url).port), () => password));
  const read = () => refused('DATABASE_UNREACHABLE', queue.read('1', AbortSignal.timeout(PATIENCE_MS)));
  expect(await read()).toContain('ECONNREFUSED');

  password = 'after';
  for (const message of await Promise.all([read(), read(), read()])) {
    expect(message).toContain('ECONNREFUSED');
  }
  await queue.close();
});

it('sends no setting when it connects, because poolers refuse those', async () => {
  let sent = '';
  const pooler = createServer((socket) => {
    socket.once('data', (data) => {
      sent = data.toString('latin1');
      socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => pooler.once('listening', listening));
  const queue = connectPostgresql(serverOn((pooler.address() as AddressInfo).port));
  await refused('DATABASE_UNREACHABLE', queue.read('1', signal));
  await queue.close();
  pooler.close();
  // Length and protocol, then names and values.
  const words = sent.slice(8).split('\0');
  expect(words.filter((word, place) => place % 2 === 0 && word !== '')).toEqual([
    ...['user', 'database', 'application_name', 'client_encoding'],
  ]);
});

describe('on a server', () => {
  let lab: RunningLab;
  let directory: string;
  /** As the user who may do everything. */
  let admin: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postgresql-'));
    const report = () => undefined;
    const binaries = await ensureBinaries(report);
    const without = partNames.filter((name) => name !== 'database');
    lab = await startLab({ directory: join(directory, 'lab'), binaries, report, without });
    admin = readFileSync(labFiles(lab.status.directory).databaseUrl, 'utf8').trim();
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(directory, { recursive: true });
  });

  it('leaves no question behind that was not answered in time', async () => {
    const queue = connectPostgresql(serverAt(admin));
    await expect(queue.read('1', signal)).resolves.toBeNull();
    const other = await openSession(admin);
    await other.run('BEGIN');
    await other.run('LOCK TABLE trees IN ACCESS EXCLUSIVE MODE');
    await refused('DATABASE_UNREACHABLE', queue.read('1', signal));
    // By the server itself: the lock is still there.
    await until('no question on the server', PATIENCE_MS, async () => {
      const waiting = await inDatabase(
        admin,
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'rekor-rotate' AND state = 'active'",
      );
      return waiting.length === 0;
    });
    await other.end();
    await expect(queue.read('1', signal)).resolves.toBeNull();
    await queue.close();
  });

  it('that says it is CockroachDB is refused', async () => {
    await inDatabase(
      admin,
      `CREATE SCHEMA cockroach;
       CREATE FUNCTION cockroach.version() RETURNS text LANGUAGE sql AS $$ SELECT 'CockroachDB CCL v25.2.1 (x86_64)' $$;
       CREATE USER cockroach PASSWORD 'a-secret';
       GRANT USAGE ON SCHEMA cockroach TO cockroach;
       ALTER USER cockroach SET search_path = cockroach, pg_catalog, public`,
    );
    const queue = connectPostgresql({ ...serverAt(admin), user: 'cockroach', password: () => 'a-secret' });
    expect(await refused('DATABASE_UNUSABLE', queue.read('1', signal))).toContain('it is CockroachDB');
    await queue.close();
  });

  it('is refused without a word of the password where TLS is wanted and is not there, or it is wrong (H28)', async () => {
    const { password } = fieldsOf(admin);
    const tls = connectPostgresql({ ...serverAt(admin), tls: {} });
    const untrusted = await refused('DATABASE_UNUSABLE', tls.read('1', signal));
    expect(untrusted).toContain('it has no TLS');
    const wrong = connectPostgresql({ ...serverAt(admin), password: () => `${password}-wrong` });
    const denied = await refused('DATABASE_DENIED', wrong.read('1', signal));
    expect([untrusted, denied].join()).not.toContain(password);
    await Promise.all([tls.close(), wrong.close()]);
  });
});
