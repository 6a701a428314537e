import { readFileSync } from 'node:fs';
import { errorReason } from '../../activities/errors/error-reason';

/** Why a file cannot be read, or is no file: the end of a sentence. */
export function whyUnreadable(file: string): string {
  try {
    readFileSync(file);
    return 'it cannot be read';
  } catch (error) {
    return errorReason(error);
  }
}
