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
  readonly stream: Readable;
  discard(): Promise<void>;
}

export type WriteBody = WholeBody | StreamedBody;

type Chunks = AsyncIterator<Buffer, unknown>;

/**
 * Reads a write's body: whole, or up to where it passes the limit. Rejects when the client leaves before, and with NoRoom.
 * Nothing reads on afterwards, so a body over the limit waits in the client until its stream is read.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<WriteBody> {
  const announced = announcedSize(request);
  const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const kept = new KeptBody(limits);
  if (announced !== undefined && announced > limits.limitBytes) return streamed(announced, kept, chunks);
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      await kept.add(next.value);
      if (kept.size > limits.limitBytes) return streamed(undefined, kept, chunks);
    }
  } catch (error) {
    await kept.discard();
    throw error;
  }
  return whole(kept);
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

function streamed(size: number | undefined, kept: KeptBody, chunks: Chunks): StreamedBody {
  async function* all(): AsyncGenerator<Buffer> {
    yield* kept.read();
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return {
    kind: 'streamed',
    size,
    stream: Readable.from(all(), { objectMode: false }),
    discard: () => kept.discard(),
  };
}
