import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from './environment';

/** Where this user's caches are, and ours among them: below XDG_CACHE_HOME, which counts only when it is absolute. */
export function cacheFolder(environment: Environment = process.env, platform = process.platform): string {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  const caches = path.isAbsolute(configured)
    ? configured
    : path.join(homedir(), ...(platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']));
  return path.join(caches, 'rekor-rotate');
}
