import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { z } from 'zod';
import * as atomic from '../../../files/atomic-file';
import { errorReason } from '../../errors/error-reason';
import { OwnWords } from '../../errors/own-words';
import { refuse } from '../../errors/refusal-error';

/**
 * The files of a slot: read whole, written in one step that a crash cannot split, and kept beside themselves while a
 * rotation may still be taken back.
 */

/** What a rotation found in place of a file that it wrote: enough to tell its own writing from someone else's. */
export interface KeptFile {
  /** The attempt that keeps it. */
  readonly mark: string;
  /** The content before; null when there was no file. */
  readonly before: string | null;
  /** SHA-256 of the content that the attempt writes. */
  readonly stagedHash: string;
  /** What the attempt that it supersedes keeps: that one has not ended, and may go on once this one is discarded. */
  readonly superseded?: KeptFile | undefined;
}

const keptFile: z.ZodType<KeptFile> = z.strictObject({
  mark: z.string(),
  before: z.string().nullable(),
  stagedHash: z.string(),
  superseded: z.lazy(() => keptFile).optional(),
});

/** Where the earlier content of a file is kept. */
export function keptPath(file: string): string {
  return `${file}.before-rekor-rotate`;
}

/** The content of a file as text; null when there is none. */
export async function readText(file: string): Promise<string | null> {
  return await explained(file, async () => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await fs.readFile(file));
    } catch (error) {
      if (isMissing(error)) return null;
      throw hasCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA')
        ? new OwnWords('it is not UTF-8 text')
        : error;
    }
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
  try {
    return keptFile.parse(JSON.parse(text));
  } catch {
    // Without the cause: it would quote the file, which may hold a password (H28).
    throw refuse('FILE_UNREADABLE', {
      path: keptPath(file),
      reason: 'it is not what rekor-rotate keeps there',
    });
  }
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
  return await explained(file, async () => {
    try {
      const { mode, uid, gid } = await fs.stat(file);
      return { mode: mode & 0o7777, uid, gid };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  });
}

async function remove(file: string): Promise<void> {
  await explained(file, () => atomic.removeFile(file));
}

async function replace(file: string, content: string, modeAndOwner: atomic.ModeAndOwner): Promise<void> {
  await explained(file, () => atomic.replaceFile(file, content, modeAndOwner));
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

async function explained<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw refuse('FILE_UNREADABLE', { path: file, reason: errorReason(error) }, error);
  }
}
