import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A hash of what these files and folders hold, whatever they are called, and of these settings. Of two that are equal nothing
 * differs but times and owners.
 */
export async function contentHash(paths: readonly string[], settings: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const path of paths) {
    await add(hash, path, '');
  }
  return hash.digest('hex').slice(0, 12);
}

async function add(hash: Hash, path: string, inside: string): Promise<void> {
  const found = await lstat(path);
  // Lengths are part of it, so that no content can pass for the name of what comes next.
  const note = (kind: string, more: unknown): unknown =>
    hash.update(`${JSON.stringify([kind, inside, more])}\n`);
  if (found.isSymbolicLink()) {
    note('link', await readlink(path));
  } else if (found.isDirectory()) {
    const names = (await readdir(path)).sort();
    note('folder', names);
    for (const name of names) {
      await add(hash, join(path, name), join(inside, name));
    }
  } else {
    note('file', [(found.mode & 0o100) !== 0, found.size]);
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
    }
  }
}
