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
    for (;;) {
      if (request.readableLength > 0) {
        // Up to 80 KiB: node:http reads on below 16 KiB, and at most 64 KiB at once.
        const onTheDisk = kept.add(request.readableLength, () => piece(request));
        if (onTheDisk) await onTheDisk;
        if (kept.size > limits.limitBytes) return streamed(undefined, kept, request);
      } else if (request.complete) {
        // Lets it end.
        request.read();
        return whole(kept);
      } else if (request.destroyed) {
        throw leftBefore();
      } else {
        await more(request);
      }
    }
  } catch (error) {
    await kept.discard();
    throw error;
  }
}

/** Resolves when more of a body has come, or nothing will. Takes nothing of it. */
function more(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      request.off('readable', look).off('close', look);
      resolve();
    };
    // Readable it is at its end, too.
    request.on('readable', look).on('close', look);
  });
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
