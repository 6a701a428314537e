import type { IncomingMessage, ServerResponse } from 'node:http';

/** Rekor keeps a connection for as long after an answer that it gave early (Go: net/http, `rstAvoidanceDelay`). */
const QUIET_MS = 500;
const LONGEST_MS = 30_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** With its headers a text of 16 KiB is written without memory of its own (node: src/stream_base.cc, `WriteString`). */
const ONE_WRITE_BYTES = 12 * 1024;

/** Has the request a body? node:http has refused a length that is no number. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Begins an answer. One that is out before the request's body is in ends the connection, and says so. */
export function beginAnswer(
  response: ServerResponse,
  status: number,
  reason: string,
  headers: string[],
): void {
  if (!isIn(response.req)) response.shouldKeepAlive = false;
  response.writeHead(status, reason, headers);
}

/**
 * Ends an answer, by a body only where its headers tell the length, once the request's body is in: what nobody wants of it is read and thrown away, for a client that reads
 * no answer before it has sent everything. A client that pauses, or sends on and on, is cut off.
 */
export function endAnswer(response: ServerResponse, body?: Buffer): void {
  const { req: request } = response;
  if (isIn(request)) {
    // It may be in and not read: the connection waits for that before it reads on.
    if (request.readableLength > 0) throwAway(request);
    if (body && body.length <= ONE_WRITE_BYTES) writeAtOnce(body, response);
    else response.end(body);
    return;
  }
  if (body && body.length > 0) response.write(body);
  else response.flushHeaders();
  afterBody(request, () => response.end());
}

/**
 * An answer's body ends it, after headers that tell its length. Together they are one text and one write: as a buffer it would be
 * written beside the headers, and beside the empty text by which node:http ends an answer.
 */
function writeAtOnce(body: Buffer, response: ServerResponse): void {
  response.cork();
  response.write(body.toString('latin1'), 'latin1');
  response.uncork();
  response.end();
}

function isIn(request: IncomingMessage): boolean {
  return request.complete || !hasBody(request);
}

function afterBody(request: IncomingMessage, act: () => void): void {
  const end = performance.now() + LONGEST_MS;
  let bytes = 0;
  let isOver = false;
  let timer: NodeJS.Timeout;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    act();
  };
  const waitWhileItComes = (): void => {
    const before = bytes;
    timer = setTimeout(() => {
      // What has come by now is read first, however busy the gate was.
      setImmediate(() => {
        if (isOver) return;
        if (bytes === before || performance.now() > end) finish();
        else waitWhileItComes();
      });
    }, QUIET_MS);
  };
  waitWhileItComes();
  request.once('end', finish).once('close', finish);
  throwAway(request).on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) finish();
  });
}

/** Takes the body away from whoever was reading it. */
function throwAway(request: IncomingMessage): IncomingMessage {
  return request.removeAllListeners('readable').removeAllListeners('data').resume();
}
