import { Client } from 'undici';
import { type PemFile, readAuthorities } from './authorities';
import { throwIfAborted } from './waiting';

export interface FreshRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Milliseconds for connecting, sending and reading everything. */
  readonly timeoutMs: number;
  /** Who may sign for an https address, read when the connection is made; without, those that Node.js brings along. */
  readonly authorities?: PemFile | undefined;
}

export interface FreshAnswer {
  readonly status: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * One HTTP request over a connection of its own: behind one address there may be several processes, and a kept
 * connection would show only one of them (H29); nor can a connection that died since the last call spoil this one.
 * Sends nothing when the signal is aborted already. Throws the signal's reason when it is aborted meanwhile, and refuses
 * TLS_FILE_UNUSABLE.
 */
export async function freshRequest(url: string, request: FreshRequest): Promise<FreshAnswer> {
  const { signal, timeoutMs, method = 'GET', headers, body, authorities } = request;
  throwIfAborted(signal);
  const { protocol, origin, pathname, search } = new URL(url);
  const connect = authorities && protocol === 'https:' ? { ca: readAuthorities(authorities) } : {};
  const timeout = AbortSignal.timeout(timeoutMs);
  const client = new Client(origin, { connect, pipelining: 0, maxResponseSize: MAX_ANSWER_BYTES });
  try {
    const answer = await client.request({
      method,
      path: pathname + search,
      headers,
      body: body ?? null,
      signal: AbortSignal.any([signal, timeout]),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new Error(`no answer within ${timeoutMs} ms`);
    throw error;
  } finally {
    await client.destroy();
  }
}
