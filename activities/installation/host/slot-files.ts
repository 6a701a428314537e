import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { z } from 'zod';
import * as atomic from '../../../files/atomic-file';
import { parseJson } from '../../clients/parse-json';
import { errorReason } from '../../errors/error-reason';
import { OwnWords } from '../../errors/own-words';
import { refuse } from '../../errors/refusal-error';

/**
 * The files of a slot: read whole, written in one step that a crash cannot split, and kept beside themselves while a
 * rotation may still be taken back.
 */

/** What a rotation found in place of a file that it wrote: enough to tell its own writing from someone else's. */
export type KeptFile = z.output<typeof keptFile>;

const keptFile = z.strictObject({
  /** The attempt that keeps it. */
  mark: z.string(),
  /** The content before; null when there was no file. */
  before: z.string().nullable(),
  /** SHA-256 of the content that the attempt writes. */
  stagedHash: z.string(),
  /** What the attempt that it supersedes keeps: that one has not ended, and may go on once this one is discarded. */
  get superseded() {
    return keptFile.optional();
  },
});

/** Where the earlier content of a file is kept. */
export function keptPath(file: string): string {
  return `${file}.before-rekor-rotate`;
}

/** The content of a file as text; null when there is none. */
export async function readText(file: string): Promise<string | null> {
  return await ifThere(file, async () => {
    const bytes = await fs.readFile(file);
    if (!isUtf8(bytes)) throw new OwnWords('it is not UTF-8 text');
    return bytes.toString();
  });
}

/** The content of a file that must be there. */
export async function readRequired(file: string): Promise<string> {
  const text = await readText(file);
  if (text === null) throw refuse('FILE_UNREADABLE', { path: file, reason: 'it does not exist' });
  return text;
}

/** What is kept for a file, or null. */
export async function readKept(file: string): Promise<KeptFile | null> {
  const text = await readText(keptPath(file));
  if (text === null) return null;
  const kept = keptFile.safeParse(parseJson(text));
  if (kept.success) return kept.data;
  // Without the cause: it would quote the file, which may hold a password (H28).
  const reason = 'it is not what rekor-rotate keeps there';
  throw refuse('FILE_UNREADABLE', { path: keptPath(file), reason });
}

/** Keeps what a file holds before it is written; readable by its owner only, because it may hold a password (H28). */
export async function keep(file: string, kept: KeptFile): Promise<void> {
  await replace(keptPath(file), JSON.stringify(kept), { mode: 0o600 });
}

/** Forgets what was kept for a file. */
export async function forgetKept(file: string): Promise<void> {
  await remove(keptPath(file));
}

/** Removes what a writing of this file, or of what is kept for it, left behind when it was interrupted. */
export async function removeUnfinished(file: string): Promise<void> {
  await explained(file, async () => {
    for (const whole of [file, keptPath(file)]) await atomic.removeUnfinished(whole);
  });
}

/**
 * Gives a file this content, or removes it for null: whoever reads it finds the former or the new content, also after
 * a loss of power. Mode and owner stay; a new file takes them from `like`, and is readable by all without that.
 */
export async function writeText(file: string, content: string | null, like: string = file): Promise<void> {
  if (content === null) await remove(file);
  else
    await replace(file, content, (await modeAndOwner(file)) ?? (await modeAndOwner(like)) ?? { mode: 0o644 });
}

/** SHA-256 of a text, lower-case hex. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function modeAndOwner(file: string): Promise<atomic.ModeAndOwner | null> {
  return await ifThere(file, async () => {
    const { mode, uid, gid } = await fs.stat(file);
    return { mode: mode & 0o7777, uid, gid };
  });
}

async function remove(file: string): Promise<void> {
  await explained(file, () => atomic.removeFile(file));
}

async function replace(file: string, content: string, modeAndOwner: atomic.ModeAndOwner): Promise<void> {
  await explained(file, () => atomic.replaceFile(file, content, modeAndOwner));
}

/** What a look at a file finds; null when there is no file. */
async function ifThere<Found>(file: string, look: () => Promise<Found>): Promise<Found | null> {
  return await explained(file, () =>
    look().catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }),
  );
}

async function explained<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw refuse('FILE_UNREADABLE', { path: file, reason: errorReason(error) }, error);
  }
}
