import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectMysql } from '../../../activities/tree-queue/mysql';
import { connectPostgresql } from '../../../activities/tree-queue/postgresql';
import type { TreeQueue } from '../../../activities/tree-queue/tree-queue';
import { inDatabase, serverAt } from '../../../harness/database';
import { labFiles } from '../../../lab/files';
import { partNames, startLab, type DatabaseName, type RunningLab } from '../../../lab/lab';
import { ensureBinaries } from '../../../tools/binaries';
import { privateAuthority } from '../private-authority';
import { refused } from '../refused';

const signal = new AbortController().signal;
const authority = privateAuthority();
const stranger = privateAuthority();
const pem = (file: string) => ({ caFile: { field: 'logs.lab.trillian.database.tls.caFile', file } });

interface Tried {
  readonly database: DatabaseName;
  readonly connect: typeof connectMysql;
  /** The server's flags for these files. */
  readonly flags: (certificate: string, key: string) => string[];
  /** Asks, and fails unless that was encrypted by the server's own word. */
  readonly encrypted: (admin: string, ask: () => Promise<unknown>) => Promise<void>;
}

const mariadb: Tried = {
  database: 'mariadb',
  connect: connectMysql,
  flags: (certificate, key) => [`--ssl-cert=${certificate}`, `--ssl-key=${key}`],
  async encrypted(admin, ask) {
    await inDatabase(admin, "ALTER USER trillian@'127.0.0.1' REQUIRE SSL");
    await ask();
    await expect(inDatabase(admin, 'SELECT 1')).rejects.toThrow('Access denied');
  },
};

const postgresql: Tried = {
  database: 'postgresql',
  connect: connectPostgresql,
  flags: (certificate, key) => [
    ...['-c', 'ssl=on', '-c', `ssl_cert_file=${certificate}`, '-c', `ssl_key_file=${key}`],
  ],
  async encrypted(admin, ask) {
    await ask();
    const sessions = await inDatabase(
      admin,
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'rekor-rotate'",
    );
    expect(sessions).toEqual([{ ssl: true }]);
  },
};

describe.each([
  ['mariadb', 'localhost', mariadb],
  ['postgresql', 'localhost', postgresql],
  ['mariadb', 'another.example', mariadb],
  ['postgresql', 'another.example', postgresql],
])('TLS to %s whose certificate is for %s', (_database, name, tried) => {
  let lab: RunningLab;
  let directory: string;
  let admin: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tls-'));
    chmodSync(directory, 0o755);
    const { cert, key } = authority.serverFor(name);
    const files = { certificate: join(directory, 'server.pem'), key: join(directory, 'server-key.pem') };
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    if (process.getuid?.() === 0) {
      const id = (which: string) => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }));
      chownSync(files.key, id('-u'), id('-g'));
    }
    const report = () => undefined;
    lab = await startLab({
      ...{ directory: join(directory, 'lab'), binaries: await ensureBinaries(report), report },
      ...{ database: tried.database, databaseFlags: tried.flags(files.certificate, files.key) },
      without: partNames.filter((part) => part !== 'database'),
    });
    admin = readFileSync(labFiles(lab.status.directory).databaseUrl, 'utf8').trim();
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(directory, { recursive: true });
  });

  const opened: TreeQueue[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((queue) => queue.close())));

  const read = async (caFile: string | undefined): Promise<unknown> => {
    const tls = caFile === undefined ? {} : { tls: pem(caFile) };
    const queue = tried.connect({ ...serverAt(admin), host: 'localhost', ...tls });
    opened.push(queue);
    return await queue.read('1', signal);
  };

  if (name === 'localhost') {
    it('is trusted by its name and its authority, and what is asked is encrypted', async () => {
      await tried.encrypted(admin, () => expect(read(authority.file)).resolves.toBeNull());
    });
    it('is refused by another authority', async () => {
      await refused('DATABASE_UNUSABLE', read(stranger.file));
    });
  } else {
    it('is refused, because that is not the host', async () => {
      await refused('DATABASE_UNUSABLE', read(authority.file));
      // It is the name alone that is wrong.
      await expect(read(undefined)).resolves.toBeNull();
    });
  }
});
