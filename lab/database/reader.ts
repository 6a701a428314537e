import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hasCode } from '../../tools/error-code';
import type { LabFiles } from '../files';
import type { LabDatabase } from './lab-database';

/** The user as whom a worker reads Trillian's database: not Trillian's own, so that a lab shows that its two rights are enough. */
export const READER = 'rekor_rotate';

/** What it is granted, word for word what docs/configuration.md recommends. */
export const readerGrants: Readonly<Record<LabDatabase['kind'], readonly string[]>> = {
  postgresql: [
    `GRANT SELECT (treeid) ON unsequenced TO ${READER};`,
    `GRANT SELECT (treeid, treestate, updatetimemillis) ON trees TO ${READER};`,
  ],
  mysql: [
    `GRANT SELECT (TreeId) ON trillian.Unsequenced TO ${READER};`,
    `GRANT SELECT (TreeId, TreeState, UpdateTimeMillis) ON trillian.Trees TO ${READER};`,
  ],
};

/** A password that nobody can guess, of characters that need no quoting in SQL. */
export function newDatabasePassword(): string {
  return randomBytes(18).toString('base64url');
}

/** The reader's password, which is made when there is none yet. */
export async function readerPassword({
  readerPassword: file,
}: Pick<LabFiles, 'readerPassword'>): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
    const password = newDatabasePassword();
    await writeFile(file, `${password}\n`, { mode: 0o600 });
    return password;
  }
}
