import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { setImmediate as turn } from 'node:timers/promises';
import { buildConnector, errors, Pool, type Dispatcher } from 'undici';
import { badGateway, errorAnswer, type Answer } from './answers';
import { endToEnd } from './headers';
import { beginAnswer, endAnswer } from './unread-body';

/**
 * An idle connection is given up before Rekor does it, so that no request meets a connection that is being closed (H18).
 * Rekor's server closes idle ones after `--cleanup-timeout`, 10 s unless set (rekor: pkg/generated/restapi/server.go,
 * `httpServer.IdleTimeout = s.CleanupTimeout`).
 */
const IDLE_CONNECTION_MS = 4_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** Rekor has no limit of its own for a write (rekor-cli gives up after 30 s); without one a call could count for ever. */
const SILENCE_MS = 300_000;

/** As a Go client takes from a server, which Node's 16 KiB are not (Go: net/http, `MaxResponseHeaderBytes`). */
const ANSWER_HEADERS_BYTES = 10 * 1024 * 1024;

/** How every connection to a Rekor is used. */
export const oneCallAtATime = {
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: IDLE_CONNECTION_MS,
  keepAliveMaxTimeout: IDLE_CONNECTION_MS,
  headersTimeout: SILENCE_MS,
  bodyTimeout: SILENCE_MS,
  maxHeaderSize: ANSWER_HEADERS_BYTES,
} as const;

/** Who may sign for an https address, as PEM; undefined: the authorities that Node.js brings along. */
export type Authorities = () => string | undefined;

/** Makes every connection to a Rekor. */
export type Connect = buildConnector.connector;

const CONNECTING = { timeout: CONNECT_TIMEOUT_MS, allowH2: false } as const;

/**
 * The authorities are asked for with each connection, so that a changed file is taken up. What is made of them is kept while
 * they are the same: of a hundred it takes some 20 ms, in which no client is answered.
 */
export function connector(authorities: Authorities): Connect {
  const trustingAsNodeDoes = buildConnector(CONNECTING);
  let made: { readonly ca: string; readonly connect: Connect } | undefined;
  const trusting = (ca: string | undefined): Connect => {
    if (ca === undefined) return trustingAsNodeDoes;
    if (made?.ca !== ca) {
      const secureContext = createSecureContext({ ca });
      made = { ca, connect: buildConnector({ ...CONNECTING, secureContext }) };
    }
    return made.connect;
  };
  return (options, callback) => {
    let connect: Connect;
    try {
      connect = trusting(options.protocol === 'https:' ? authorities() : undefined);
    } catch (error) {
      // Clients are told the reason of a broken call, and a path of this host is none of theirs.
      callback(new Error('tls.caFile cannot be used', { cause: error }), null);
      return;
    }
    connect(options, callback);
  };
}

export interface Call {
  readonly method: string;
  /** With the query, as the client sent it. */
  readonly path: string;
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
}

/** How many calls to an instance have not ended. */
export interface Load {
  busy: number;
}

/** A call that ended without a whole answer. */
export class BrokenCall extends Error {
  /** Had any of the answer come? */
  readonly answerBegun: boolean;
  /** Had undici begun to write it? */
  readonly sent: boolean;
  /** Did the connection break, rather than never come about, fall silent or be given up by the client? */
  readonly connectionBroke: boolean;
  /** Was Rekor asked, or is this a request that cannot be sent? */
  readonly asked: boolean;
  /** Is this how calls to an instance end that is there no more? */
  readonly gone: boolean;

  constructor(cause: Error, { answerBegun, sent }: { answerBegun: boolean; sent: boolean }) {
    super(cause.message, { cause });
    this.name = 'BrokenCall';
    this.answerBegun = answerBegun;
    this.sent = sent;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    this.connectionBroke = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code);
    this.asked = !(cause instanceof errors.InvalidArgumentError || cause instanceof errors.NotSupportedError);
    this.gone = this.connectionBroke || (this.asked && !sent);
  }
}

/** One Rekor, over as many HTTP/1.1 connections as there are calls at a time. */
export class Upstream implements Load {
  readonly url: string;
  busy = 0;
  readonly #pool: Pool;

  constructor(url: string, connect: Connect) {
    this.url = url;
    this.#pool = new Pool(url, { ...oneCallAtATime, connections: null, connect });
  }

  /** The whole answer, read whether or not anybody still wants it, unless `signal` says otherwise. Rejects with BrokenCall. */
  ask(call: Call, signal?: AbortSignal): Promise<Answer> {
    return askOver(this.#pool, this, call, signal);
  }

  /** Passes the answer on as it comes, at the client's pace. Rejects with BrokenCall. */
  passOn(call: Call, response: ServerResponse): Promise<void> {
    return new Promise((resolve, reject) => {
      const handler = new PassingAnswer(response, this, resolve, reject);
      response.on('close', () => handler.giveUp());
      this.#pool.dispatch(call, handler);
    });
  }

  /** Takes no more calls; resolves when those under way have ended and its connections are closed. */
  async close(): Promise<void> {
    // Whoever was just given it still calls.
    await turn();
    await this.#pool.close();
  }

  /** Breaks the calls that have not ended. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** The whole answer over the connections of a dispatcher. Rejects with BrokenCall. */
export function askOver(
  dispatcher: Dispatcher,
  load: Load,
  call: Call,
  signal?: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const handler = new WholeAnswer(load, resolve, reject);
    if (signal?.aborted) handler.giveUp();
    signal?.addEventListener('abort', () => handler.giveUp(), { once: true });
    dispatcher.dispatch(call, handler);
  });
}

/** Why a call ended without an answer, in a few words. */
export function brokenReason(error: unknown): string {
  if (!(error instanceof BrokenCall)) return String(error);
  if (error.cause instanceof errors.ConnectTimeoutError) return 'no connection in time';
  return error.message || ((error.cause as NodeJS.ErrnoException).code ?? 'connection failed');
}

/** What a client is told when its call broke. */
export function brokenAnswer(error: unknown): Answer {
  const reason = brokenReason(error);
  if (error instanceof BrokenCall && !error.asked)
    return errorAnswer(400, 'Bad Request', `the request cannot be sent on to Rekor: ${reason}`);
  return badGateway(`Rekor gave no answer: ${reason}`);
}

abstract class AnswerHandler<Result> implements Dispatcher.DispatchHandler {
  protected controller: Dispatcher.DispatchController | undefined;
  protected begun = false;
  readonly #load: Load;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: BrokenCall) => void;
  #givenUp = false;
  #ended = false;

  constructor(load: Load, resolve: (result: Result) => void, reject: (error: BrokenCall) => void) {
    this.#load = load;
    this.#resolve = resolve;
    this.#reject = reject;
    load.busy += 1;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.#givenUp) this.giveUp();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
    reason?: string,
  ): void {
    // Interim answers (1xx) end here: node:http has sent its own 100 Continue, and Rekor sends no other. One that nobody
    // asked for, by an Expect that is never sent on, would break the call in undici (lib/dispatcher/client-h1.js).
    if (status < 200) return;
    this.begun = true;
    this.start(status, reason ?? '', rawHeaders(controller));
  }

  onResponseEnd(): void {
    this.#finish();
    this.#resolve(this.end());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish();
    this.#reject(new BrokenCall(error, { answerBegun: this.begun, sent: this.controller !== undefined }));
  }

  /** Takes the call back if it has not ended. */
  giveUp(): void {
    this.#givenUp = true;
    if (!this.#ended) this.controller?.abort(new Error('given up'));
  }

  #finish(): void {
    if (!this.#ended) this.#load.busy -= 1;
    this.#ended = true;
  }

  abstract onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void;
  protected abstract start(status: number, reason: string, headers: string[]): void;
  protected abstract end(): Result;
}

class WholeAnswer extends AnswerHandler<Answer> {
  readonly #chunks: Buffer[] = [];
  #head = { status: 0, reason: '', headers: [] as string[] };

  protected override start(status: number, reason: string, headers: string[]): void {
    this.#head = { status, reason, headers: endToEnd(headers, 'content-length') };
  }

  override onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  protected override end(): Answer {
    const { status, reason, headers } = this.#head;
    return { status, reason, headers, body: joined(this.#chunks) };
  }
}

class PassingAnswer extends AnswerHandler<void> {
  readonly #response: ServerResponse;
  /** How much of an answer with a length is still to come. */
  #left = NaN;
  #last: Buffer | undefined;

  constructor(response: ServerResponse, ...call: ConstructorParameters<typeof AnswerHandler<void>>) {
    super(...call);
    this.#response = response;
  }

  protected override start(status: number, reason: string, headers: string[]): void {
    const passed = endToEnd(headers);
    this.#left = announcedLength(passed);
    beginAnswer(this.#response, status, reason, passed);
  }

  override onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#left -= chunk.length;
    if (this.#left === 0) {
      // The end comes in the same turn: both are written at once.
      this.#last = chunk;
      return;
    }
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  protected override end(): void {
    endAnswer(this.#response, this.#last);
  }
}

/** NaN without one. */
function announcedLength(headers: readonly string[]): number {
  for (let at = 0; at + 1 < headers.length; at += 2)
    if (headers[at]?.toLowerCase() === 'content-length') return Number(headers[at + 1]);
  return NaN;
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : Buffer.concat(chunks);
}

function rawHeaders(controller: Dispatcher.DispatchController): string[] {
  const raw = controller.rawHeaders;
  return Array.isArray(raw)
    ? raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
    : [];
}
