import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { KeptBody, type BodyLimits } from './kept-body';

/** A body that was read whole and can be sent any number of times. */
export interface WholeBody {
  readonly kind: 'whole';
  readonly size: number;
  /** To send it once more; a spool file is read anew each time. */
  open(): Buffer | Readable;
  /** Rejects with NoRoom. */
  text(): Promise<string>;
  /** Gives back what it holds; it cannot be opened afterwards. */
  discard(): Promise<void>;
}

/** A body over the limit: what was read of it and then what still comes, once. */
export interface StreamedBody {
  readonly kind: 'streamed';
  /** As the client announced it; undefined for a chunked one. */
  readonly size: number | undefined;
  /** How much was read of it. */
  readonly keptBytes: number;
  readonly stream: Readable;
  discard(): Promise<void>;
}

export type WriteBody = WholeBody | StreamedBody;

/**
 * Reads a write's body: whole, or up to where it passes the limit. Rejects when the client leaves before, and with NoRoom.
 * Nothing reads on afterwards, so a body over the limit waits in the client until its stream is read.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<WriteBody> {
  const announced = announcedSize(request);
  const kept = new KeptBody(limits);
  if (announced !== undefined && announced > limits.limitBytes) return streamed(announced, kept, request);
  try {
    while (await hasCome(request)) {
      await kept.add(request.readableLength, () => piece(request));
      if (kept.size > limits.limitBytes) return streamed(undefined, kept, request);
    }
  } catch (error) {
    await kept.discard();
    throw error;
  }
  return whole(kept);
}

/**
 * Waits until something of a body has come, and takes nothing of it; false when all of it was taken. Rejects when its client has
 * left before. Up to 80 KiB may have come: node:http reads on below 16 KiB, and at most 64 KiB at once.
 */
async function hasCome(request: IncomingMessage): Promise<boolean> {
  while (request.readableLength === 0) {
    if (request.complete) {
      // Lets it end.
      request.read();
      return false;
    }
    if (request.destroyed) throw leftBefore();
    await new Promise<void>((resolve) => {
      const events = ['readable', 'end', 'close'];
      const look = (): void => {
        for (const event of events) request.off(event, look);
        resolve();
      };
      for (const event of events) request.on(event, look);
    });
  }
  return true;
}

/** All that has come. Never a part of it: asked for so many bytes, a stream reads ahead as many from then on. */
function piece(request: IncomingMessage): Buffer {
  const read = request.read() as Buffer | null;
  if (!read) throw leftBefore();
  return read;
}

function leftBefore(): Error {
  return new Error('the client left before all of its body had come');
}

/** Undefined for a chunked body; node:http has refused what is not a number. */
export function announcedSize(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function whole(kept: KeptBody): WholeBody {
  const read = (): Readable => Readable.from(kept.read(), { objectMode: false });
  return {
    kind: 'whole',
    size: kept.size,
    open: () => kept.inMemory ?? read(),
    text: () => kept.text(),
    discard: () => kept.discard(),
  };
}

function streamed(size: number | undefined, kept: KeptBody, request: IncomingMessage): StreamedBody {
  async function* all(): AsyncGenerator<Buffer> {
    yield* kept.read();
    // Not by `for await`, which takes the client's connection away when it ends early.
    const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return {
    kind: 'streamed',
    size,
    keptBytes: kept.size,
    stream: Readable.from(all(), { objectMode: false }),
    discard: () => kept.discard(),
  };
}
