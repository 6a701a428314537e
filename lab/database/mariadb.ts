import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { ensureMariadb, type MariadbPrograms } from '../../tools/mariadb';
import type { LabFiles } from '../files';
import { startProcess } from '../process';
import type { LabDatabase } from './lab-database';
import { exists, makeDatabase, prepareHome, type Home } from './home';
import { READER, readerGrants, readerPassword } from './reader';

const run = promisify(execFile);

/** Where the tables of a new database are until they are all there. */
const UNFINISHED = 'trillian_new';

/** The lab's MariaDB, with the programs of this system and none of its settings. */
export const mariadb: LabDatabase = {
  kind: 'mysql',
  stopSignal: 'SIGTERM',

  async ensurePrograms(report) {
    await ensureMariadb({ report });
  },

  async start(files, { flags, ...part }, report) {
    const programs = await ensureMariadb({ report });
    const port = part.ports[0] ?? 0;
    const home = await prepareHome(files, 'MariaDB', report);
    const { directory, data, account } = home;
    // Written last, so that files whose making was broken off are made again.
    const made = join(data, 'made-by-the-lab');
    if (!(await exists(made))) {
      await initialise(files, home, programs);
      await writeFile(made, '');
    }
    const password = (await readFile(files.databasePassword, 'utf8')).trim();
    await writeFile(files.databaseUrl, `mysql://trillian:${password}@127.0.0.1:${port}/trillian\n`, {
      mode: 0o600,
    });
    startProcess({
      ...part,
      command: programs.server,
      args: [
        ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', '--socket='],
        ...['--skip-name-resolve', '--skip-log-bin', '--character-set-server=utf8mb4'],
        // Where our own temporary files are, its user may not write.
        `--tmpdir=${data}`,
        ...flags,
      ],
      workingDirectory: directory,
      ...(account ? { user: account } : {}),
    });
  },

  async answers(files) {
    return await withConnection(files, async (connection) => {
      await connection.query('SELECT 1');
    }).then(
      () => true,
      () => false,
    );
  },

  async createTrillianDatabase(files, { trillianSchemaMysql }) {
    await withConnection(files, async (connection) => {
      if ((await tablesOf(connection, 'trillian')).length === 0) {
        await createTables(connection, await readFile(trillianSchemaMysql, 'utf8'));
      }
      await makeReader(connection, await readerPassword(files));
    });
  },

  trillianFlags(port, password, mostQueued) {
    return {
      flags: ['--storage_system=mysql', '--quota_system=mysql', `--max_unsequenced_rows=${mostQueued}`],
      // The driver of Trillian takes a password from nowhere else (github.com/go-sql-driver/mysql: dsn.go).
      flagsInFile: [`--mysql_uri=trillian:\${LAB_DATABASE_PASSWORD}@tcp(127.0.0.1:${port})/trillian`],
      environment: { LAB_DATABASE_PASSWORD: password },
    };
  },
};

async function createTables(connection: Connection, schema: string): Promise<void> {
  await connection.query(`DROP DATABASE IF EXISTS ${UNFINISHED}`);
  await connection.query(`CREATE DATABASE ${UNFINISHED}`);
  await connection.query(`USE ${UNFINISHED}`);
  await connection.query(schema);
  await connection.query('CREATE DATABASE IF NOT EXISTS trillian');
  const tables = await tablesOf(connection, UNFINISHED);
  // All of them or none.
  const renamed = tables.map((table) => `${UNFINISHED}.${table} TO trillian.${table}`);
  await connection.query(`RENAME TABLE ${renamed.join(', ')}`);
  await connection.query(`DROP DATABASE ${UNFINISHED}`);
}

/** Makes the user who reads Trillian's database, or gives it this password; it has the rights that are recommended. */
async function makeReader(connection: Connection, password: string): Promise<void> {
  // The server listens on this machine alone, and looks up no names.
  const account = `${READER}@'127.0.0.1'`;
  await connection.query(`CREATE USER IF NOT EXISTS ${account}`);
  await connection.query(`ALTER USER ${account} IDENTIFIED BY '${password}'`);
  for (const grant of readerGrants.mysql) {
    await connection.query(grant.replace(`TO ${READER}`, `TO ${account}`));
  }
}

async function initialise(files: LabFiles, home: Home, programs: MariadbPrograms): Promise<void> {
  // Whoever could come in without a password is removed, before the server listens for the first time.
  const onlyUser = (password: string): string =>
    [
      'FLUSH PRIVILEGES;',
      "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
      'FLUSH PRIVILEGES;',
      `CREATE USER trillian@'127.0.0.1' IDENTIFIED BY '${password}';`,
      "GRANT ALL ON *.* TO trillian@'127.0.0.1' WITH GRANT OPTION;",
      '',
    ].join('\n');
  await makeDatabase(files, home, onlyUser, async (sqlFile) => {
    await run(
      programs.install,
      [
        ...['--no-defaults', `--datadir=${home.data}`, `--extra-file=${sqlFile}`],
        ...['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'],
      ],
      // Not where our own temporary files are: there its user may not write.
      { ...home.account, cwd: home.directory, env: { ...process.env, TMPDIR: home.data } },
    );
  });
}

async function tablesOf(connection: Connection, database: string): Promise<string[]> {
  const [rows] = await connection.query<(RowDataPacket & { readonly name: string })[]>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  return rows.map(({ name }) => name);
}

async function withConnection<Result>(
  files: LabFiles,
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const { hostname, port, username, password } = new URL((await readFile(files.databaseUrl, 'utf8')).trim());
  const connection = await createConnection({
    ...{ host: hostname, port: Number(port), user: username, password },
    ...{ connectTimeout: 5_000, multipleStatements: true },
  });
  // The server may end while the connection is idle; the next query says so.
  connection.on('error', () => undefined);
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}
