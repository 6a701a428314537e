import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';

export interface BodyLimits {
  /** Bodies up to this size stay in memory. */
  readonly inMemoryBytes: number;
  /** Larger ones are written to a file here... */
  readonly spoolDirectory: string;
  /** ...up to this size; beyond it a body streams through and can be sent only once (H14). */
  readonly limitBytes: number;
}

/** A body that was read whole and can be sent any number of times. */
export interface WholeBody {
  readonly kind: 'whole';
  readonly size: number;
  /** To send it once more; a spool file is read anew each time. */
  open(): Buffer | Readable;
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
 * Reads a write's body: whole, or up to where it passes the limit. Rejects when the client leaves before. Nothing reads
 * on afterwards, so a body over the limit waits in the client until its stream is read.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<WriteBody> {
  const announced = announcedSize(request);
  const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  if (announced !== undefined && announced > limits.limitBytes)
    return streamed(announced, [], undefined, chunks);

  const inMemory: Buffer[] = [];
  let spool: FileHandle | undefined;
  let size = 0;
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      size += next.value.length;
      if (size > limits.inMemoryBytes && !spool)
        spool = await openSpool(limits.spoolDirectory, inMemory.splice(0));
      if (spool) await spool.appendFile(next.value);
      else inMemory.push(next.value);
      if (size > limits.limitBytes) return streamed(undefined, inMemory, spool, chunks);
    }
  } catch (error) {
    await spool?.close();
    throw error;
  }
  return spool ? spooled(spool, size) : remembered(Buffer.concat(inMemory, size));
}

/** Undefined for a chunked body; node:http has refused what is not a number. */
export function announcedSize(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** The file loses its name at once, so that a killed gate leaves nothing behind. */
async function openSpool(directory: string, chunks: readonly Buffer[]): Promise<FileHandle> {
  const name = join(directory, `write-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  await unlink(name);
  for (const chunk of chunks) await file.appendFile(chunk);
  return file;
}

function remembered(body: Buffer): WholeBody {
  return {
    kind: 'whole',
    size: body.length,
    open: () => body,
    text: () => Promise.resolve(body.toString('utf8')),
    discard: () => Promise.resolve(),
  };
}

function spooled(file: FileHandle, size: number): WholeBody {
  const fromStart = (): Readable => Readable.from(readSpool(file, size), { objectMode: false });
  return {
    kind: 'whole',
    size,
    open: fromStart,
    text: async () => Buffer.concat((await fromStart().toArray()) as Buffer[]).toString('utf8'),
    discard: () => file.close(),
  };
}

function streamed(
  size: number | undefined,
  read: readonly Buffer[],
  spool: FileHandle | undefined,
  chunks: Chunks,
): StreamedBody {
  async function* all(): AsyncGenerator<Buffer> {
    if (spool) yield* readSpool(spool, (await spool.stat()).size);
    yield* read;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return {
    kind: 'streamed',
    size,
    stream: Readable.from(all(), { objectMode: false }),
    discard: async () => spool?.close(),
  };
}

const SPOOL_CHUNK_BYTES = 64 * 1024;

async function* readSpool(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SPOOL_CHUNK_BYTES), 0, SPOOL_CHUNK_BYTES, at);
    if (bytesRead === 0) throw new Error('a spooled body ended early');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
