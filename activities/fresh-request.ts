import { Client } from 'undici';
import { throwIfAborted } from './waiting';

export interface FreshRequest {
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Milliseconds for connecting, sending and reading everything. */
  readonly timeoutMs: number;
}

export interface FreshAnswer {
  readonly status: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * One HTTP request over a connection of its own: behind one address there may be several processes, and a kept
 * connection would show only one of them (H29); nor can a connection that died since the last call spoil this one.
 * Sends nothing when the signal is aborted already. Throws the signal's reason when it is aborted meanwhile.
 */
export async function freshRequest(url: string, request: FreshRequest): Promise<FreshAnswer> {
  const { signal, timeoutMs, method = 'GET', headers, body } = request;
  throwIfAborted(signal);
  const { origin, pathname, search } = new URL(url);
  const timeout = AbortSignal.timeout(timeoutMs);
  const client = new Client(origin, { pipelining: 0, maxResponseSize: MAX_ANSWER_BYTES });
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
