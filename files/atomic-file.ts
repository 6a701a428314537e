import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';

/** Files that a crash cannot split: whoever reads one finds the former or the new content, also after a loss of power. */

export interface ModeAndOwner {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Gives a file this content, in one step; it returns when a loss of power can no longer bring back what was there before. A
 * symbolic link stays one: what it names is replaced. Throws the errors of the file system, and leaves the file as it was.
 */
export async function replaceFile(
  file: string,
  content: string,
  { mode, uid, gid }: ModeAndOwner = { mode: 0o644 },
): Promise<void> {
  const target = await throughLinks(file);
  const folder = path.dirname(target);
  // A name of its own for each writing: one that was given up may still be going on beside its retry.
  const temporary = path.join(folder, `${startOfTemporary(target)}${randomUUID()}`);
  try {
    await writeNew(temporary, content, async (handle) => {
      const made = await handle.stat();
      if (uid !== undefined && gid !== undefined && (made.uid !== uid || made.gid !== gid))
        await handle.chown(uid, gid);
      await handle.chmod(mode);
    });
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  await synchronise(folder);
}

/**
 * Makes a file with this content, in one step; it returns when a loss of power can no longer take it away. Throws the errors of
 * the file system: EEXIST where anything of that name is there, which stays as it is.
 *
 * @param mode who may read it, whatever the umask; by default its owner alone.
 */
export async function createFile(file: string, content: string, mode = 0o600): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `${startOfTemporary(file)}${randomUUID()}`);
  try {
    await writeNew(temporary, content, async (handle) => handle.chmod(mode));
    // A rename would replace what is there; a second name for the same file cannot.
    await fs.link(temporary, file);
  } finally {
    await fs.rm(temporary, { force: true });
  }
  await synchronise(folder);
}

/** Writes a file that is not there yet, for nobody else to read until `dresses` says so. */
async function writeNew(
  file: string,
  content: string,
  dresses: (handle: fs.FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await dresses(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a file if it is there; returns when a loss of power can no longer bring it back. */
export async function removeFile(file: string): Promise<void> {
  await fs.rm(file, { force: true });
  await synchronise(path.dirname(file));
}

/** Removes what writings of this file left behind when they were interrupted. */
export async function removeUnfinished(file: string): Promise<void> {
  const target = await throughLinks(file);
  const folder = path.dirname(target);
  for (const name of await fs.readdir(folder)) {
    if (name.startsWith(startOfTemporary(target))) await fs.rm(path.join(folder, name), { force: true });
  }
}

async function throughLinks(file: string): Promise<string> {
  try {
    return await fs.realpath(file);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return file;
    throw error;
  }
}

function startOfTemporary(target: string): string {
  return `.${path.basename(target)}.rekor-rotate-`;
}

/** Makes a rename or removal in a folder survive a loss of power. */
export async function synchronise(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
