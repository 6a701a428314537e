import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { errorAnswer, type Answer } from './answers';
import type { Connections } from './connections';

/** As long as Go leaves between its last word and the end of a connection (net/http: `rstAvoidanceDelay`). */
const LINGER_MS = 500;

/** What Rekor's server refuses before it looks at a request, and Node's parser lets through; null for all others. */
export function requestFault(
  request: Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'httpVersion'>,
): Answer | null {
  const { headers, rawHeaders } = request;
  // Go: net/http, `readRequest`. Of several, node:http keeps the first in `headers`.
  if (count('host', rawHeaders) > 1) return badRequest('more than one Host header');
  // Before Node.js 20.20 (Go: net/textproto, `readMIMEHeader`).
  if ('' in headers) return badRequest('a header without a name');
  // Of several, node:http has made one.
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return null;
  // Rekor would take such a body for the next request (Go: net/http, `parseTransferEncoding`).
  if (request.httpVersion === '1.0') return badRequest('Transfer-Encoding in an HTTP/1.0 request');
  if (coding.toLowerCase() === 'chunked') return null;
  return errorAnswer(501, 'Not Implemented', 'the only Transfer-Encoding that is understood is "chunked"');
}

function count(name: string, rawHeaders: readonly string[]): number {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) found += 1;
  return found;
}

/** For an `Expect` other than the one that Node answers itself (Go: net/http, `sendExpectationFailed`). */
export const unknownExpectation = errorAnswer(
  417,
  'Expectation Failed',
  'the only Expect that is understood is "100-continue"',
);

/** For the target `*`, which Go's server answers in front of Rekor (net/http: `globalOptionsHandler`). */
export function ofWholeServer({ method }: IncomingMessage): Answer {
  if (method === 'OPTIONS') return { status: 200, reason: 'OK', headers: [], body: Buffer.alloc(0) };
  return badRequest('only OPTIONS is for the target "*"');
}

function badRequest(message: string): Answer {
  return errorAnswer(400, 'Bad Request', message);
}

/**
 * Answers what is no HTTP. An answer that is owed for a request before it comes first, and then nothing does: as the answer
 * to that request, a 400 would say of a write that is in the log that it is not.
 */
export function answerProtocolErrors(server: Server, connections: Connections): void {
  const ending = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (ending.has(socket)) return;
    ending.add(socket);
    const refusal = refusalOf(error);
    const owed = connections.owedOn(socket);
    const last = owed.filter(({ req }) => req.complete).at(-1);
    if (!refusal || !socket.writable) {
      socket.destroy();
    } else if (last) {
      last.shouldKeepAlive = false;
      last.once('close', () => socket.destroySoon());
    } else if (owed.some(({ headersSent }) => headersSent)) {
      socket.destroy();
    } else {
      socket.end(asText(refusal));
      const linger = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(linger));
    }
  });
}

/** Null for what is no fault of a request, such as a client that has gone. */
function refusalOf({ code = '' }: NodeJS.ErrnoException): Answer | null {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return errorAnswer(431, 'Request Header Fields Too Large', 'the headers are too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return errorAnswer(413, 'Payload Too Large', 'the chunk extensions are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return errorAnswer(408, 'Request Timeout', 'the request did not come in time');
    default:
      return code.startsWith('HPE_') ? badRequest('this is no HTTP/1.1 request') : null;
  }
}

function asText({ status, reason, headers, body }: Answer): string {
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  lines.push(`Content-Length: ${body.length}`, 'Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n${body.toString()}`;
}
