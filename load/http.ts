import { Pool } from 'undici';

/** An answer that comes later counts as a failure, as it does for a client that gives up then (DESIGN, "Budgets"). */
export const LATE_AFTER_MS = 5_000;

/** How long an answer is waited for at all: a late acknowledgement is one, and must be recorded. */
const GIVE_UP_AFTER_MS = 30_000;

/** What became of one request. */
export interface Answer {
  /** HTTP status; null when there was none: the connection broke, or nothing came for 30 s. */
  readonly status: number | null;
  /** The answer's body, or what broke the connection. */
  readonly body: string;
  readonly elapsedMs: number;
}

/** One client of a log: never retries, never throws. */
export interface HttpClient {
  get(path: string): Promise<Answer>;
  post(path: string, json: string): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Connects to a Rekor by its base URL, with connections that nobody else uses.
 *
 * @param keepsConnections whether a connection is used again; otherwise each request has one of its own.
 */
export function httpClient(url: string, keepsConnections = true): HttpClient {
  const pool = new Pool(new URL(url).origin, {
    ...(!keepsConnections && { pipelining: 0 }),
    headersTimeout: GIVE_UP_AFTER_MS,
    bodyTimeout: GIVE_UP_AFTER_MS,
  });
  const send = async (method: 'GET' | 'POST', path: string, json?: string): Promise<Answer> => {
    const started = performance.now();
    try {
      const response = await pool.request({
        method,
        path,
        headers: {
          accept: '*/*',
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        body: json ?? null,
        signal: AbortSignal.timeout(GIVE_UP_AFTER_MS),
      });
      const body = await response.body.text();
      return { status: response.statusCode, body, elapsedMs: performance.now() - started };
    } catch (error) {
      return { status: null, body: String(error), elapsedMs: performance.now() - started };
    }
  };
  return {
    get: (path) => send('GET', path),
    post: (path, json) => send('POST', path, json),
    close: () => pool.close(),
  };
}
