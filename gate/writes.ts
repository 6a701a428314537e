import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { badGateway, comeAgain, give, isTreeRefusal, type Answer } from './answers';
import { readBody, type BodyLimits, type WriteBody } from './body';
import type { Client } from './clients';
import type { Clock } from './clock';
import { forwarded } from './headers';
import type { Hold, Pass, Verdict, WaitingWrite } from './hold';
import { recover } from './recovery';
import { forwardedTarget } from './paths';
import { brokenAnswer, BrokenCall, brokenReason, type Call } from './upstream';
import type { Upstreams } from './upstreams';

const HELD_TOO_LONG = 'the log is being moved to a new shard; please send the entry again';
const TREE_CLOSED = 'the log takes no entries at the moment; please send the entry again';

interface Write extends WaitingWrite {
  readonly body: WriteBody;
  /** Without its body. */
  readonly call: Omit<Call, 'body'>;
}

/** What became of a call: Rekor's whole answer, or none. */
type Outcome = { readonly answer: Answer; readonly broke: boolean };

/** The way of a write through the gate: read, held if need be, sent, recovered if need be, answered. */
export class Writes {
  readonly #hold: Hold;
  readonly #upstreams: Upstreams;
  readonly #limits: BodyLimits;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(parts: { hold: Hold; upstreams: Upstreams; limits: BodyLimits; clock: Clock; log: Logger }) {
    this.#hold = parts.hold;
    this.#upstreams = parts.upstreams;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  async take(request: IncomingMessage, response: ServerResponse, client: Client): Promise<void> {
    let body: WriteBody;
    try {
      body = await readBody(request, this.#limits);
    } catch (error) {
      // The client left, or the spool directory is full; until here the write was counted nowhere.
      if (!request.destroyed) this.#log.error({ err: error }, 'a body could not be read');
      give(badGateway('the request body could not be read'), response);
      return;
    }
    try {
      give(await this.#answer(this.#write(request, client, body)), response);
    } finally {
      await body.discard();
    }
  }

  #write(request: IncomingMessage, client: Client, body: WriteBody): Write {
    const headers = forwarded(request, 'content-length');
    if (body.size !== undefined) headers.push('Content-Length', String(body.size));
    return {
      arrivedAt: this.#clock.now(),
      client,
      streamed: body.kind === 'streamed',
      body,
      call: { method: 'POST', path: forwardedTarget(request.url ?? '') ?? '/', headers },
    };
  }

  async #answer(write: Write): Promise<Answer> {
    const verdict = this.#hold.admit(write);
    const given = verdict instanceof Promise ? await verdict : verdict;
    if (given.kind !== 'go') return comeAgain(HELD_TOO_LONG);
    const first = await this.#call(write, given.pass);
    const lost = (first.broke || first.answer.status >= 500) && given.pass.overtaken();
    const answer =
      lost && write.body.kind === 'whole' ? await this.#finish(write, first.answer) : first.answer;
    return this.#closing(write, answer);
  }

  /** One call to Rekor. It goes on to its end, and counts until then, whoever has left (H2). */
  async #call(write: Write, pass: Pass): Promise<Outcome> {
    const body = write.body.kind === 'whole' ? write.body.open() : write.body.stream;
    try {
      const answer = await this.#upstreams.of(pass.upstream).ask({ ...write.call, body });
      return { answer, broke: false };
    } catch (error) {
      const reason = brokenReason(error);
      this.#log.warn({ upstream: pass.upstream, reason }, 'a write got no answer from Rekor');
      return { answer: brokenAnswer(error), broke: !(error instanceof BrokenCall) || error.asked };
    } finally {
      pass.end();
    }
  }

  /** A write that broke under a hold waits for the release and is looked up before it is sent again (H13). */
  async #finish(write: Write, first: Answer): Promise<Answer> {
    const kept = this.#hold.keep(write);
    const verdict: Verdict = kept instanceof Promise ? await kept : kept;
    if (verdict.kind !== 'go' || write.body.kind !== 'whole') return first;
    const left = this.#hold.maxWaitMs - (this.#clock.now() - write.arrivedAt);
    if (left <= 0) {
      verdict.pass.end();
      return first;
    }
    const deadline = new AbortController();
    const stopClock = this.#clock.after(left, () => deadline.abort());
    try {
      const headers = write.call.headers;
      const call: Call = { ...write.call, headers, body: null };
      const answer = await recover(
        this.#upstreams.of(verdict.pass.upstream),
        call,
        write.body,
        deadline.signal,
      );
      if (answer?.status === 201) this.#hold.record?.recovered();
      return answer ?? first;
    } finally {
      stopClock();
      verdict.pass.end();
    }
  }

  /** The last look at an answer before the client gets it: figures, and H15's 503 while the gate heals. */
  #closing(write: Write, answer: Answer): Answer {
    if (answer.status === 201) this.#hold.record?.acknowledged(write.arrivedAt, this.#clock.now());
    if (this.#hold.mode !== 'healing' || !isTreeRefusal(answer)) return answer;
    this.#hold.record?.refused(write.arrivedAt);
    return comeAgain(TREE_CLOSED);
  }
}
