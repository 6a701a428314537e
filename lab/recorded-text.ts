import { readFile } from 'node:fs/promises';
import { hasCode } from '../tools/error-code';

/** What a lab has recorded in a file of its directory; null where there is no such file, or no such directory. */
export async function recordedText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) {
      return null;
    }
    throw error;
  }
}

/** A record that no lab can have written: whoever made it is to remove it. */
export function notALabs(record: string, directory: string): Error {
  return new Error(`${record} is not what a lab wrote; remove the directory ${directory} yourself.`);
}
