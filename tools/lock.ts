import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from './error-code';
import {
  formatIdentity,
  isRunning,
  ownIdentity,
  parseIdentity,
  type ProcessIdentity,
} from './process-identity';

export interface LockOptions {
  /** Called once, with the holder, when the lock is not free. Throw here to refuse instead of waiting. */
  readonly onWait: (holder: ProcessIdentity) => void;
  readonly signal?: AbortSignal;
}

/**
 * Takes a lock that is a file naming its holder, waiting while the holder runs. The lock of a process that is gone
 * is taken over. Returns what gives it back.
 */
export async function takeLock(file: string, options: LockOptions): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, formatIdentity(ownIdentity()));
  try {
    let saidSo = false;
    // Linking a complete file is atomic: no one ever reads a lock that does not name its holder.
    while (!(await created(link(own, file)))) {
      const text = await readFile(file, 'utf8').catch(() => null);
      const holder = text === null ? null : parseIdentity(text);
      if (text !== null && !(holder && isRunning(holder))) {
        await discard(file, text);
      } else if (holder) {
        if (!saidSo) {
          options.onWait(holder);
          saidSo = true;
        }
        await pause(200, undefined, options.signal ? { signal: options.signal } : {});
      }
    }
  } finally {
    await unlink(own);
  }
  return () => rm(file, { force: true });
}

/**
 * Removes a dead holder's lock. Whoever does that holds a lock on it: two that had found the same dead one would otherwise
 * remove, one after the other, the dead one and that of who took it over meanwhile. It is named after the dead one, so
 * that a dead holder of it, too, can be told from every other.
 */
async function discard(file: string, deadText: string): Promise<void> {
  const name = createHash('sha256').update(deadText).digest('hex').slice(0, 12);
  const unlock = await takeLock(`${file}.${name}`, { onWait: () => undefined });
  try {
    if ((await readFile(file, 'utf8').catch(() => null)) === deadText) {
      await unlink(file);
    }
  } finally {
    await unlock();
  }
}

async function created(linking: Promise<void>): Promise<boolean> {
  try {
    await linking;
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
}
