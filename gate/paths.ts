import { posix } from 'node:path';

const WRITE_PATH = '/api/v1/log/entries';

export const RETRIEVE_PATH = '/api/v1/log/entries/retrieve';

/** A request target with scheme and host, which HTTP/1.1 allows to any client. */
export function isWholeUrl(target: string): boolean {
  return /^https?:\/\//i.test(target);
}

/**
 * Is this a request that makes an entry? Rekor's router cleans a path before it matches it (go-openapi/runtime:
 * middleware/router.go), so `//api/v1/log/./entries/` is a write too; it does not decode one, so `%65ntries` is none.
 */
export function isWrite(method: string | undefined, target: string): boolean {
  if (method !== 'POST') return false;
  const path = isWholeUrl(target) ? target.replace(/^https?:\/\/[^/?#]*/i, '') : target;
  const [withoutQuery = ''] = path.split(/[?#]/, 1);
  return withoutQuery.startsWith('/') && posix.normalize(withoutQuery).replace(/\/$/, '') === WRITE_PATH;
}
