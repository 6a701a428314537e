import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { synchronise } from './atomic-file';

/**
 * Makes a folder with these files, in one step: there are all of them, or there is nothing. It replaces nothing: where something
 * is already there, other than an empty folder, it throws and leaves that as it was. It returns when a loss of power can no
 * longer take it away. Throws the errors of the file system.
 */
export async function createFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const target = path.resolve(folder);
  const parent = path.dirname(target);
  const temporary = path.join(parent, `.${path.basename(target)}.rekor-rotate-${randomUUID()}`);
  await fs.mkdir(temporary);
  try {
    for (const [name, content] of files) {
      await fs.writeFile(path.join(temporary, name), content, { flag: 'wx', flush: true });
    }
    await synchronise(temporary);
    // Of folders, rename replaces an empty one only (POSIX).
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await synchronise(parent);
}
