import { posix } from 'node:path';

const WRITE_PATH = '/api/v1/log/entries';

export const RETRIEVE_PATH = '/api/v1/log/entries/retrieve';

/**
 * Where clients' own address says whether this gate is ready. Rekor answers `/`, `/ping`, `/docs`, `/swagger.json` and what its
 * specification names, all of it below `/api/` (rekor: pkg/generated/restapi/configure_rekor_server.go, openapi.yaml); everything
 * else with 404. A path that begins with our name is none of these, and no later Rekor has a reason to take it.
 */
export const READY_PATH = '/rekor-rotate/readyz';

/** What is asked there; null for a request that is Rekor's. */
export function askedReadiness(method: string | undefined, target: string): { exclude?: string } | null {
  if (method !== 'GET' && method !== 'HEAD') return null;
  const [path, query = ''] = target.split('?', 2);
  return path === READY_PATH ? Object.fromEntries(new URLSearchParams(query)) : null;
}

const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** A request target with scheme and host, which HTTP/1.1 allows to any client. */
export function isWholeUrl(target: string): boolean {
  return /^https?:\/\//i.test(target);
}

/**
 * A request target as it goes on to Rekor: as it came, but for a scheme that undici does not send (undici:
 * lib/core/request.js). It becomes "http", since no scheme means anything to Rekor. Null for `*`, which is no resource.
 */
export function forwardedTarget(target: string): string | null {
  if (target.startsWith('/')) return target;
  if (!/^[a-z]+:\/\//i.test(target)) return null;
  return /^https?:/.test(target) ? target : target.replace(SCHEME, 'http:');
}

/**
 * Is this a request that makes an entry: would Rekor's router give it to the handler for that? Tested against the router
 * itself. What Rekor answers with 400, because its host is none, may count as one too.
 */
export function isWrite(method: string | undefined, target: string): boolean {
  // go-openapi/runtime: middleware/router.go, `Lookup`: the method in capitals; no route of a POST has a parameter.
  if (method?.toUpperCase() !== 'POST') return false;
  if (target === WRITE_PATH) return true;
  const path = pathOf(target);
  return path !== null && posix.normalize(asRouted(path)).replace(/\/$/, '') === WRITE_PATH;
}

/**
 * The path of a request target as Go finds it (net/url: `parse`, called by net/http with the whole target): a query begins
 * at the first question mark, a host ends at the first slash after it, and nothing is a fragment. Null without one.
 */
function pathOf(target: string): string | null {
  if (CONTROL_CHARACTER.test(target)) return null;
  const [beforeQuery = ''] = target.split('?', 1);
  const afterScheme = beforeQuery.replace(SCHEME, '');
  if (!afterScheme.startsWith('/')) return null;
  const hasHost = afterScheme !== beforeQuery && afterScheme.startsWith('//');
  const path = hasHost ? afterScheme.replace(/^\/\/[^/]*/, '') : afterScheme;
  const isMalformed = /%(?![0-9a-f]{2})/i.test(path);
  return isMalformed ? null : path;
}

/** Bytes that a path may hold as they are (net/url: `validEncoded`), and the percent sign. */
const WELL_ENCODED = /^[\w\-.~!$&'()*+,/:;=@[\]%]*$/;

/**
 * The path that is cleaned and looked up (go-openapi/runtime: middleware/context.go, `LookupRoute`): as it came when it is
 * well encoded, else encoded anew from what it decodes to (net/url: `EscapedPath`). The write path needs no encoding,
 * so the decoded path does for the comparison.
 */
function asRouted(path: string): string {
  if (WELL_ENCODED.test(path)) return path;
  return path.replace(/%([0-9a-f]{2})/gi, (_sign, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
