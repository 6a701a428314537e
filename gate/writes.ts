import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { badGateway, give, type Answer } from './answers';
import { readBody, type WriteBody } from './body';
import type { Client } from './clients';
import type { Clock } from './clock';
import { forwarded } from './headers';
import { NoRoom, type BodyLimits } from './kept-body';
import { forwardedTarget } from './paths';
import type { Write, WriteCourse } from './write-course';
import type { TurnedAwayBecause, WriteCounts } from './write-counts';

const UNREAD = 'the request body could not be read';

interface WritesParts {
  readonly course: WriteCourse;
  readonly limits: BodyLimits;
  /** So many bodies may come in at a time: each connection takes memory, and a slow client keeps it for minutes. */
  readonly maxUploads: number;
  readonly clock: Clock;
  readonly counts: WriteCounts;
  readonly log: Logger;
}

/** The way of a write through the gate: read, then whatever its course is, answered. */
export class Writes {
  readonly #parts: WritesParts;
  #uploads = 0;

  constructor(parts: WritesParts) {
    this.#parts = parts;
  }

  /** How many bodies come in now. */
  get uploads(): number {
    return this.#uploads;
  }

  async take(request: IncomingMessage, response: ServerResponse, client: Client): Promise<void> {
    if (this.#uploads >= this.#parts.maxUploads) {
      give(this.#turnAway('too_many_uploads'), response);
      return;
    }
    let body: WriteBody;
    this.#uploads += 1;
    try {
      body = await readBody(request, this.#parts.limits);
    } catch (error) {
      // Until here the write was counted nowhere. Most likely its client has left.
      give(this.#unread(error, request), response);
      return;
    } finally {
      this.#uploads -= 1;
    }
    try {
      this.#give(await this.#parts.course.answer(this.#write(request, client, body)), response);
    } finally {
      await body.discard();
    }
  }

  /** The answer to a write whose body was not read whole. */
  #unread(error: unknown, request: IncomingMessage): Answer {
    const { log } = this.#parts;
    if (!(error instanceof NoRoom)) {
      if (!request.destroyed) log.error({ err: error }, 'a body could not be read');
      return badGateway(UNREAD);
    }
    log.error({ err: error }, 'there is no room for a body');
    return this.#turnAway('no_room');
  }

  /** The answer to a write that is read no further, as its course would have ended. */
  #turnAway(because: TurnedAwayBecause): Answer {
    const { course, counts } = this.#parts;
    const answer = course.turnAway(because);
    counts.answered(answer.status);
    return answer;
  }

  /** A client may take its time to read an answer, which can be as large as its entry. */
  #give(answer: Answer, response: ServerResponse): void {
    if (response.destroyed) return;
    const { memory } = this.#parts.limits;
    const { length } = answer.body;
    memory.takeAnyway(length);
    response.on('close', () => memory.giveBack(length));
    give(answer, response);
  }

  #write(request: IncomingMessage, client: Client, body: WriteBody): Write {
    const headers = forwarded(request, 'content-length');
    if (body.size !== undefined) headers.push('Content-Length', String(body.size));
    return {
      arrivedAt: this.#parts.clock.now(),
      client,
      streamed: body.kind === 'streamed',
      keptBytes: body.kind === 'streamed' ? body.keptBytes : body.size,
      body,
      call: { method: 'POST', path: forwardedTarget(request.url ?? '') ?? '/', headers },
    };
  }
}
