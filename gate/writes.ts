import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { badGateway, give } from './answers';
import { readBody, type BodyLimits, type WriteBody } from './body';
import type { Client } from './clients';
import type { Clock } from './clock';
import { forwarded } from './headers';
import { forwardedTarget } from './paths';
import type { Write, WriteCourse } from './write-course';

/** The way of a write through the gate: read, then whatever its course is, answered. */
export class Writes {
  readonly #course: WriteCourse;
  readonly #limits: BodyLimits;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(parts: { course: WriteCourse; limits: BodyLimits; clock: Clock; log: Logger }) {
    this.#course = parts.course;
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
      give(await this.#course.answer(this.#write(request, client, body)), response);
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
}
