import { setTimeout as sleep } from 'node:timers/promises';
import { TimeOver, withinTime } from '../bounds/signals';
import { errorReason, innermostCode } from '../errors/error-reason';
import type { HttpTransport } from './http';

/** A log that cannot be read: why, in words that follow "it". */
export class LogUnreadable extends Error {
  readonly url: string;
  readonly reason: string;
  /** What it answered to the last try; undefined when it answered nothing. */
  readonly status: number | undefined;

  constructor(url: string, reason: string, cause?: unknown, status?: number) {
    super(`The log at ${url} cannot be read: ${reason}.`, { cause });
    this.name = 'LogUnreadable';
    this.url = url;
    this.reason = reason;
    this.status = status;
  }

  /** Nobody listens at its address: a process that is stopped. */
  get isRefused(): boolean {
    return innermostCode(this.cause) === 'ECONNREFUSED';
  }
}

/** Nothing more may be asked: all requests are used up, or the log asks for more patience than we have. */
export class MustStop extends Error {
  readonly why: 'requests' | 'busy';

  constructor(why: 'requests' | 'busy') {
    super(why === 'requests' ? 'All requests are used up.' : 'The log asks to be left alone for a while.');
    this.name = 'MustStop';
    this.why = why;
  }
}

/** An answer that is longer than anything we keep. */
export class AnswerTooLong extends Error {}

/** How a log is asked: others use it at the same time. */
export interface Courtesy {
  readonly mostRequests: number;
  /** From an answer to the next request of the same lane; milliseconds. */
  readonly pauseMs: number;
  /** Tests bring their own; the real ones are `Date.now` and a timer. */
  readonly clock?: Clock;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface LogAnswer {
  readonly status: number;
  readonly text: string;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Tries of one request that fails; the pause before the next one doubles. */
const TRIES = 4;
const FIRST_PAUSE_MS = 500;

/** How often with no answer in between, and how long each time, we wait because the log asks for it. */
const MOST_WAITS = 5;
const LONGEST_WAIT_MS = 60_000;
const FIRST_WAIT_MS = 2000;

const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/**
 * Sends requests to one log, counts them, and waits when the log asks for it: after 429 and 503 nobody sends anything for as
 * long as its Retry-After says.
 */
export class LogRequests {
  readonly url: string;
  readonly #transport: HttpTransport;
  readonly #courtesy: Courtesy;
  readonly #clock: Clock;
  readonly #userAgent: string;
  #sent = 0;
  #waits = 0;
  #restUntil = -Infinity;

  constructor(url: string, transport: HttpTransport, courtesy: Courtesy & { readonly userAgent: string }) {
    this.url = url;
    this.#transport = transport;
    this.#courtesy = courtesy;
    this.#clock = courtesy.clock ?? realClock;
    this.#userAgent = courtesy.userAgent;
  }

  /** How many requests were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many more may be sent. */
  get left(): number {
    return Math.max(this.#courtesy.mostRequests - this.#sent, 0);
  }

  /** Waits without asking anything; milliseconds. Throws the signal's reason. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
  }

  /**
   * The answer to a request, whatever its status, but for 429 and 5xx: these are tried again.
   *
   * @param tries how often it is sent when it fails.
   * @throws MustStop, AnswerTooLong, LogUnreadable, or the signal's reason.
   */
  async send(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: object,
    tries = TRIES,
  ): Promise<LogAnswer> {
    for (let failures = 0; ;) {
      await this.#turn(signal);
      const sentAt = this.#clock.now();
      const found = await this.#once(method, path, signal, body);
      if ('answer' in found && (found.answer.status === 429 || found.answer.status === 503)) {
        this.#rest(found.retryAfter, sentAt);
      } else if ('answer' in found && (found.answer.status < 500 || found.answer.status === 501)) {
        // A log that limits rates asks for patience over and over. What was sent before it asked says nothing of it.
        if (sentAt >= this.#restUntil) this.#waits = 0;
        await this.#clock.sleep(this.#courtesy.pauseMs, signal);
        return found.answer;
      } else {
        failures += 1;
        if (failures === tries) {
          const reason =
            'answer' in found ? `it answers ${method} ${path} with ${found.answer.status}` : found.reason;
          throw 'answer' in found
            ? new LogUnreadable(this.url, reason, undefined, found.answer.status)
            : new LogUnreadable(this.url, reason, found.error);
        }
        await this.#clock.sleep(FIRST_PAUSE_MS * 2 ** (failures - 1), signal);
      }
    }
  }

  async #once(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: object,
  ): Promise<
    | { readonly answer: LogAnswer; readonly retryAfter: string | undefined }
    | { readonly reason: string; readonly error: unknown }
  > {
    signal.throwIfAborted();
    this.#sent += 1;
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = {
      accept: 'application/json',
      'user-agent': this.#userAgent,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    try {
      return await withinTime(REQUEST_TIMEOUT_MS, signal, (ends) =>
        this.#transport(
          { url: new URL(this.url + path), method, headers, ...content, signal: ends },
          async (answer) => {
            const chunks: Buffer[] = [];
            for await (const chunk of answer.body) chunks.push(chunk);
            const retryAfter = answer.headers['retry-after'];
            return { answer: { status: answer.status, text: Buffer.concat(chunks).toString() }, retryAfter };
          },
        ),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (innermostCode(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') throw new AnswerTooLong();
      return {
        reason:
          error instanceof TimeOver ? `no answer within ${REQUEST_TIMEOUT_MS / 1000} s` : errorReason(error),
        error,
      };
    }
  }

  /** Waits until the log may be asked again. */
  async #turn(signal: AbortSignal): Promise<void> {
    for (let ms = this.#restMs(); ms > 0; ms = this.#restMs()) await this.#clock.sleep(ms, signal);
    if (this.left === 0) throw new MustStop('requests');
  }

  #restMs(): number {
    return this.#restUntil - this.#clock.now();
  }

  /** Lets everybody wait. What was sent before the others began to wait is one and the same request for patience. */
  #rest(retryAfter: string | undefined, sentAt: number): void {
    if (sentAt < this.#restUntil) return;
    this.#waits += 1;
    const asked = waitOf(retryAfter, this.#clock.now()) ?? FIRST_WAIT_MS * 2 ** (this.#waits - 1);
    if (this.#waits > MOST_WAITS || asked > LONGEST_WAIT_MS) throw new MustStop('busy');
    this.#restUntil = this.#clock.now() + asked;
  }
}

/** The milliseconds of a Retry-After: in seconds, or a date (RFC 9110, 10.2.3). Undefined for neither. */
function waitOf(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
