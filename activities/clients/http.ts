import { Client, type Dispatcher } from 'undici';
import { type PemFile, readAuthorities } from './authorities';
import { OwnWords } from '../errors/own-words';
import { throwIfAborted } from '../bounds/waiting';

export interface FreshRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
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

/** What was read line by line. */
export interface FreshLines {
  readonly status: number;
  readonly bytes: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A longer line is kept by nobody: what sends it sends no text. Characters. */
const MAX_LINE = 64 * 1024;

/**
 * One HTTP request over a connection of its own: behind one address there may be several processes, and a kept
 * connection would show only one of them (H29); nor can a connection that died since the last call spoil this one.
 * Sends nothing when the signal is aborted already. Throws the signal's reason when it is aborted meanwhile, and refuses
 * TLS_FILE_UNUSABLE.
 */
export async function freshRequest(url: string, request: FreshRequest): Promise<FreshAnswer> {
  return await fresh(url, request, { maxResponseSize: MAX_ANSWER_BYTES }, async (answer) => ({
    status: answer.statusCode,
    text: await answer.body.text(),
  }));
}

/**
 * The same for an answer of any length, of which `take` gets each line without its end, and nothing is kept here.
 *
 * @throws Error for a line of more than 64 Ki characters, and whatever `take` throws.
 */
export async function freshLines(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs' | 'authorities'>,
  take: (line: string) => void,
): Promise<FreshLines> {
  return await fresh(url, request, {}, async ({ statusCode, body }) => {
    const decoder = new TextDecoder();
    let bytes = 0;
    let begun = '';
    const more = (text: string): void => {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) take(line);
      if (begun.length > MAX_LINE) throw new OwnWords(`a line of it has more than ${MAX_LINE} characters`);
    };
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      more(decoder.decode(chunk, { stream: true }));
    }
    more(decoder.decode());
    if (begun !== '') take(begun);
    return { status: statusCode, bytes };
  });
}

/**
 * When an address was asked, what its server's clock said, and when that was known; milliseconds since the epoch. Undefined
 * for one that does not say it, in whole seconds, in the Date of its answer (RFC 9110, 6.6.1); an answer that bears an Age
 * comes from a cache, and its Date is of another time (RFC 9111, 5.1).
 */
export async function freshDate(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs' | 'authorities'>,
): Promise<{ readonly askedAt: number; readonly says: number; readonly knownAt: number } | undefined> {
  const askedAt = Date.now();
  return await fresh(url, { ...request, method: 'HEAD' }, {}, async ({ headers, body }) => {
    const knownAt = Date.now();
    await body.dump();
    const says =
      typeof headers.date === 'string' && headers.age === undefined ? Date.parse(headers.date) : NaN;
    return Number.isNaN(says) ? undefined : { askedAt, says, knownAt };
  });
}

async function fresh<Answer>(
  url: string,
  request: FreshRequest,
  options: Client.Options,
  read: (answer: Dispatcher.ResponseData) => Promise<Answer>,
): Promise<Answer> {
  const { signal, timeoutMs, method = 'GET', headers, body, authorities } = request;
  throwIfAborted(signal);
  const { protocol, origin, pathname, search } = new URL(url);
  const connect = authorities && protocol === 'https:' ? { ca: readAuthorities(authorities) } : {};
  const timeout = AbortSignal.timeout(timeoutMs);
  const client = new Client(origin, { connect, pipelining: 0, ...options });
  try {
    const answer = await client.request({
      method,
      path: pathname + search,
      headers,
      body: body ?? null,
      signal: AbortSignal.any([signal, timeout]),
    });
    return await read(answer);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new OwnWords(`no answer within ${timeoutMs} ms`);
    throw error;
  } finally {
    await client.destroy();
  }
}
