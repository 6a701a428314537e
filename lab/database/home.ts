import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { LabFiles } from '../files';
import { newDatabasePassword } from './reader';

/** Where a database of a lab keeps its files, and as whom it runs. */

const run = promisify(execFile);

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Home {
  readonly directory: string;
  /** The files of the database itself. */
  readonly data: string;
  /** Null: as whoever starts the lab. */
  readonly account: Account | null;
}

/** Makes the folder around a database's files; `server` is its name, for what is reported. */
export async function prepareHome(
  files: LabFiles,
  server: string,
  report: (line: string) => void,
): Promise<Home> {
  const account = await accountForDatabase();
  const directory = await databaseHome(files);
  if (account) {
    report(`${server} refuses to run as root: it runs as the user "nobody".`);
  }
  if (directory !== files.directory) {
    for (const folder of [dirname(directory), directory]) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o711);
    }
    report(`The user "nobody" may not enter ${files.directory}: the database is in ${directory}.`);
  }
  return { directory, data: join(directory, 'database'), account };
}

/**
 * Makes the files of a database, with a new password for its first user, Trillian's. `make` gets the path of a file that the account may
 * read: what `secret` says of the password.
 */
export async function makeDatabase(
  files: LabFiles,
  { directory, data, account }: Home,
  secret: (password: string) => string,
  make: (secretFile: string) => Promise<void>,
): Promise<void> {
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700, recursive: true });
  const password = newDatabasePassword();
  await writeFile(files.databasePassword, `${password}\n`, { mode: 0o600 });
  const secretFile = join(directory, 'initial-password');
  try {
    await writeFile(secretFile, secret(password), { mode: 0o600 });
    if (account) {
      await chown(data, account.uid, account.gid);
      await chown(secretFile, account.uid, account.gid);
    }
    await make(secretFile);
  } finally {
    await rm(secretFile, { force: true });
  }
}

/** Servers refuse to run as root. No account is made for them: "nobody" is there on every system. */
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

export async function othersMayEnter(directory: string): Promise<boolean> {
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

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
