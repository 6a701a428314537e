import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { comeAgain, errorAnswer, give, jsonAnswer, type Answer } from './answers';
import { Clients } from './clients';
import { Connections } from './connections';
import { forwarded } from './headers';
import type { Hold } from './hold';
import type { GateMetrics } from './metrics';
import { askedReadiness, forwardedTarget, isWrite } from './paths';
import { answerProtocolErrors, ofWholeServer, requestFault, unknownExpectation } from './protocol-errors';
import type { AskedReadiness, Readiness } from './readiness';
import { brokenAnswer, BrokenCall, brokenReason } from './upstream';
import { hasBody } from './unread-body';
import type { Upstreams } from './upstreams';
import type { Writes } from './writes';

/** Longer than any proxy in front keeps an idle connection: cloud balancers go up to 600 s (H18). */
const KEEP_ALIVE_MS = 620_000;
/** A connection that was opened ahead of its first request may be idle for as long. */
const HEADERS_TIMEOUT_MS = KEEP_ALIVE_MS + 10_000;
/** A slow upload harms nobody, for it counts nowhere until it is complete (H14); but it ends. */
const REQUEST_TIMEOUT_MS = 900_000;
/** What Rekor's server reads of a request line and headers (Go: net/http, `DefaultMaxHeaderBytes` and 4 KiB more). */
const HEADERS_BYTES = 1024 * 1024 + 4096;

const UNINFORMED = 'this gate does not know at the moment where to send; please ask again';

interface Parts {
  readonly hold: Hold;
  readonly upstreams: Upstreams;
  readonly writes: Writes;
  readonly readiness: Readiness;
  readonly metrics: GateMetrics;
  readonly log: Logger;
}

/**
 * The public side: HTTP/1.1 only. Reads and everything else that makes no entry go straight through; writes take the way
 * of `writes`. What a client sees differs from Rekor's own answers in nothing but the headers of one connection.
 */
export function publicServer(parts: Parts): { server: Server; connections: Connections } {
  const clients = new Clients();
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxHeaderSize: HEADERS_BYTES,
  });
  // No limit: what is over one would be dropped without a word.
  server.maxHeadersCount = 0;
  const connections = new Connections(server);
  answerProtocolErrors(server, connections);

  /** Its target as it goes on to Rekor, and whether that makes it a write. */
  const arrive = (
    request: IncomingMessage,
    response: ServerResponse,
  ): { readonly path: string | null; readonly makesEntry: boolean } => {
    connections.owe(response);
    const path = forwardedTarget(request.url ?? '');
    const makesEntry = path !== null && isWrite(request.method, path);
    const ended = parts.metrics.arrived(makesEntry ? 'write' : 'read');
    response.on('close', () => {
      connections.settle(response);
      ended(response);
    });
    // A client may leave at any moment; what is to be done then is decided where its request is.
    request.on('error', ignore);
    response.on('error', ignore);
    return { path, makesEntry };
  };
  /** How a request goes on. */
  const way = (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    makesEntry: boolean,
  ): Promise<void> => {
    if (makesEntry) return parts.writes.take(request, response, clients.of(request.socket));
    const asked = askedReadiness(request.method, path);
    if (asked) return tellReadiness(parts.readiness, asked, response);
    if (parts.hold.informed) return passOn(parts, request, path, response);
    give(comeAgain(UNINFORMED), response);
    return Promise.resolve();
  };
  server.on('request', (request, response) => {
    const { path, makesEntry } = arrive(request, response);
    const refusal = requestFault(request);
    if (refusal) {
      refuse(refusal, response);
      return;
    }
    if (path === null) {
      give(ofWholeServer(request), response);
      return;
    }
    way(request, response, path, makesEntry).catch((error: unknown) => {
      parts.log.error({ err: error }, 'a request failed in the gate');
      response.destroy();
    });
  });
  server.on('checkExpectation', (request, response) => {
    arrive(request, response);
    refuse(unknownExpectation, response);
  });
  return { server, connections };
}

function ignore(): void {
  // Nothing is to be done.
}

/** In no more words than these: clients are told no path of this host. The admin address says the reason. */
async function tellReadiness(
  readiness: Readiness,
  asked: AskedReadiness,
  response: ServerResponse,
): Promise<void> {
  const { status, reason } = await readiness.told(asked);
  if (status === 200) give(jsonAnswer(200, 'OK', { status: 'ready' }), response);
  else if (status === 400) give(errorAnswer(400, 'Bad Request', reason ?? ''), response);
  else give(errorAnswer(503, 'Service Unavailable', 'this gate is not ready'), response);
}

/** As Go's server refuses what it does not hand to Rekor: the connection ends with it. */
function refuse(refusal: Answer, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  give(refusal, response);
}

async function passOn(
  { hold, upstreams, metrics, log }: Parts,
  request: IncomingMessage,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET';
  const headers = forwarded(request);
  const carriesBody = hasBody(request);
  const isRead = !carriesBody && (method === 'GET' || method === 'HEAD');
  for (let attempt = 1; ; attempt += 1) {
    // Asked anew each time: after an order to send nothing goes to the former instances, a second attempt neither.
    const upstream = upstreams.pick(hold.instances);
    try {
      // A body anew each time, too: of one that was never asked for, nothing was read.
      const body = carriesBody ? bodyOf(request) : null;
      await upstream.passOn({ method, path, headers, body }, response);
      return;
    } catch (error) {
      if (response.destroyed) return;
      metrics.readBroke();
      if (error instanceof BrokenCall && error.gone && attempt <= hold.instances.length) {
        const thereIsAnother = upstreams.leaveOut(upstream, hold.instances);
        // Else it is most likely a connection kept alive that Rekor was just closing.
        const mayBeStale = attempt === 1 && error.connectionBroke;
        const changesNothing = isRead && !error.answerBegun;
        if (thereIsAnother ? changesNothing || !error.sent : changesNothing && mayBeStale) continue;
      }
      const reason = brokenReason(error);
      log.warn({ instance: upstream.url, method, reason }, 'a request got no answer from Rekor');
      if (response.headersSent) response.destroy();
      else give(brokenAnswer(error), response);
      return;
    }
  }
}

/**
 * The body as a stream of its own: were it the request itself, a failing Rekor would take the client's connection with
 * it.
 */
function bodyOf(request: IncomingMessage): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    const iterator = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return Readable.from(chunks(), { objectMode: false });
}
