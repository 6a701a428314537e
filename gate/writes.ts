import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { badGateway, comeAgain, give, type Answer } from './answers';
import { readBody, type WriteBody } from './body';
import type { Client } from './clients';
import type { Clock } from './clock';
import { forwarded } from './headers';
import { NoRoom, type BodyLimits } from './kept-body';
import { forwardedTarget } from './paths';
import type { Write, WriteCourse } from './write-course';
import type { WriteCounts } from './write-counts';

const NO_ROOM = 'there is no room for the entry at the moment; please send it again';
const UNREAD = 'the request body could not be read';

interface WritesParts {
  readonly course: WriteCourse;
  readonly limits: BodyLimits;
  readonly clock: Clock;
  readonly counts: WriteCounts;
  readonly log: Logger;
}

/** The way of a write through the gate: read, then whatever its course is, answered. */
export class Writes {
  readonly #parts: WritesParts;

  constructor(parts: WritesParts) {
    this.#parts = parts;
  }

  async take(request: IncomingMessage, response: ServerResponse, client: Client): Promise<void> {
    let body: WriteBody;
    try {
      body = await readBody(request, this.#parts.limits);
    } catch (error) {
      // Until here the write was counted nowhere. Most likely its client has left.
      give(this.#unread(error, request), response);
      return;
    }
    try {
      this.#give(await this.#parts.course.answer(this.#write(request, client, body)), response);
    } finally {
      await body.discard();
    }
  }

  /** The answer to a write whose body was not read whole. */
  #unread(error: unknown, request: IncomingMessage): Answer {
    const { counts, log } = this.#parts;
    if (!(error instanceof NoRoom)) {
      if (!request.destroyed) log.error({ err: error }, 'a body could not be read');
      return badGateway(UNREAD);
    }
    log.error({ err: error }, 'there is no room for a body');
    const answer = comeAgain(NO_ROOM);
    counts.refused.no_room += 1;
    counts.answered(answer.status);
    return answer;
  }

  /** A client may take its time to read an answer, which can be as large as its entry. */
  #give(answer: Answer, response: ServerResponse): void {
    if (response.destroyed) return;
    const { memory } = this.#parts.limits;
    const { length } = answer.body;
    memory.takeAnyway(length);
    response.once('close', () => memory.giveBack(length));
    give(answer, response);
  }

  #write(request: IncomingMessage, client: Client, body: WriteBody): Write {
    const headers = forwarded(request, 'content-length');
    if (body.size !== undefined) headers.push('Content-Length', String(body.size));
    return {
      arrivedAt: this.#parts.clock.now(),
      client,
      streamed: body.kind === 'streamed',
      body,
      call: { method: 'POST', path: forwardedTarget(request.url ?? '') ?? '/', headers },
    };
  }
}
