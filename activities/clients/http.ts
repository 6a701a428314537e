import type { IncomingHttpHeaders } from 'node:http';
import { Client } from 'undici';
import { TimeOver, withinTime } from '../bounds/signals';
import { orAborted } from '../bounds/waiting';
import { type PemFile, readAuthorities } from './authorities';
import { OwnWords } from '../errors/own-words';
import { type BodyToSend, sentBody } from './sent-body';

export interface FreshRequest extends BodyToSend {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly signal: AbortSignal;
  /** Milliseconds for connecting, sending and reading everything. */
  readonly timeoutMs: number;
  /** Who may sign for an https address, read when the connection is made; without, those that Node.js brings along. */
  readonly authorities?: PemFile | undefined;
  /** What carries it; without, a connection of its own. */
  readonly transport?: HttpTransport | undefined;
}

/** One request as a transport gets it. */
export interface HttpMessage extends BodyToSend, Pick<FreshRequest, 'authorities'> {
  readonly url: URL;
  readonly method: NonNullable<FreshRequest['method']>;
  /** A longer answer is an error. */
  readonly maxBytes?: number;
  /** Ends it, also when its time is over. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** Sends a request once, and ends its connection when `read` has read the answer. Throws the signal's reason. */
export type HttpTransport = <Answer>(
  message: HttpMessage,
  read: (answer: HttpAnswer) => Promise<Answer>,
) => Promise<Answer>;

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A longer line is kept by nobody: what sends it sends no text. Characters. */
const MAX_LINE = 64 * 1024;

/**
 * One HTTP request over a connection of its own: behind one address there may be several processes, and a kept
 * connection would show only one of them (H29); nor can a connection that died since the last call spoil this one.
 * Sends nothing when the signal is aborted already. Throws the signal's reason when it is aborted meanwhile, and refuses
 * TLS_FILE_UNUSABLE.
 */
export async function freshRequest(url: string, request: FreshRequest) {
  return await fresh(url, request, { maxBytes: MAX_ANSWER_BYTES }, async ({ status, body }) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { status, text: Buffer.concat(chunks).toString() };
  });
}

/**
 * The same for an answer of any length, of which `take` gets each line without its end, and nothing is kept here.
 *
 * @throws Error for a line of more than 64 Ki characters, and whatever `take` throws.
 */
export async function freshLines(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs' | 'authorities' | 'transport'>,
  take: (line: string) => void,
): Promise<{ readonly status: number; readonly bytes: number }> {
  return await fresh(url, request, {}, async ({ status, body }) => {
    const decoder = new TextDecoder();
    let bytes = 0;
    let begun = '';
    const more = (text: string): void => {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) take(line);
      if (begun.length > MAX_LINE) throw new OwnWords(`a line of it has more than ${MAX_LINE} characters`);
    };
    for await (const chunk of body) {
      bytes += chunk.length;
      more(decoder.decode(chunk, { stream: true }));
    }
    more(decoder.decode());
    if (begun !== '') take(begun);
    return { status, bytes };
  });
}

/**
 * When an address was asked, what its server's clock said, and when that was known; milliseconds since the epoch. Undefined
 * for one that does not say it, in whole seconds, in the Date of its answer (RFC 9110, 6.6.1); an answer that bears an Age
 * comes from a cache, and its Date is of another time (RFC 9111, 5.1).
 */
export async function freshDate(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs' | 'authorities' | 'transport'>,
): Promise<{ readonly askedAt: number; readonly says: number; readonly knownAt: number } | undefined> {
  const askedAt = Date.now();
  return await fresh(url, { ...request, method: 'HEAD' }, {}, ({ headers }) => {
    const knownAt = Date.now();
    const says =
      typeof headers.date === 'string' && headers.age === undefined ? Date.parse(headers.date) : NaN;
    return Promise.resolve(Number.isNaN(says) ? undefined : { askedAt, says, knownAt });
  });
}

async function fresh<Answer>(
  url: string,
  request: FreshRequest,
  limits: Pick<HttpMessage, 'maxBytes'>,
  read: (answer: HttpAnswer) => Promise<Answer>,
): Promise<Answer> {
  const { signal, timeoutMs, transport = overConnectionOfItsOwn, method = 'GET', ...message } = request;
  signal.throwIfAborted();
  try {
    return await withinTime(timeoutMs, signal, (ends) =>
      transport({ url: new URL(url), method, ...message, ...limits, signal: ends }, read),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TimeOver) throw new OwnWords(`no answer within ${timeoutMs} ms`);
    throw error;
  }
}

/** A connection for each request, which ends with it. */
export const overConnectionOfItsOwn: HttpTransport = async (message, read) => {
  const { url, method, signal, authorities, maxBytes } = message;
  const connect = authorities && url.protocol === 'https:' ? { ca: readAuthorities(authorities) } : {};
  const limit = maxBytes === undefined ? {} : { maxResponseSize: maxBytes };
  const client = new Client(url.origin, { connect, pipelining: 0, ...limit });
  try {
    const path = url.pathname + url.search;
    const asking = client.request({ method, path, ...sentBody(message), signal });
    // undici (7.30) hears a signal only once its connection stands; to destroy the client ends one that shakes no hands.
    const answer = await orAborted(asking, signal);
    return await read({ status: answer.statusCode, headers: answer.headers, body: answer.body });
  } finally {
    await client.destroy();
  }
};
