import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteBudget } from './byte-budget';
import type { Turns } from './turns';

export interface BodyLimits {
  /** Bodies up to this size stay in memory while there is room for them... */
  readonly inMemoryBytes: number;
  /** ...for all bodies together, whether they wait or still come. */
  readonly memory: ByteBudget;
  /** For what has come of all others and is not on the disk yet. */
  readonly toWrite: ByteBudget;
  /** These are written to a file here, made when it is missing... */
  readonly spoolDirectory: string;
  /** ...while there is room for them, for all together... */
  readonly disk: ByteBudget;
  /** ...a few at a time... */
  readonly toDisk: Turns;
  /** ...up to this size; beyond it a body streams through and can be sent only once (H14). */
  readonly limitBytes: number;
}

/** There is no room for a body now, neither in memory nor on the disk. */
export class NoRoom extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'NoRoom';
  }
}

/** Beside this, what a piece costs beyond its bytes is nothing. */
const LARGE_PIECE_BYTES = 64 * 1024;

/** A body while it comes and until it is discarded: in memory or in a file, never in both. */
export class KeptBody {
  readonly #limits: BodyLimits;
  #chunks: Buffer[] = [];
  #spool: FileHandle | undefined;
  #size = 0;
  /** Of memory, for what was read of a file. */
  #readBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Its only copy in memory; undefined when it is in a file. */
  get inMemory(): Buffer | undefined {
    if (this.#spool) return undefined;
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    return this.#chunks[0];
  }

  /**
   * Keeps what has come next, at least so many bytes: in memory at once, else on the disk once the promise resolves. They are
   * read when it is their turn to go there, for then node:http lets more come. Rejects with NoRoom; throws, or rejects with, what
   * `read` throws.
   */
  add(bytes: number, read: () => Buffer): Promise<void> | undefined {
    const { memory, inMemoryBytes } = this.#limits;
    const mayStay = !this.#spool && this.#size + bytes <= inMemoryBytes;
    if (!mayStay || !memory.take(bytes)) return this.#addToDisk(bytes, read);
    // Given back by `discard` also when there is nothing to read any more.
    this.#size += bytes;
    this.#chunks.push(read());
    this.#join();
    return undefined;
  }

  async #addToDisk(bytes: number, read: () => Buffer): Promise<void> {
    const { toWrite, toDisk } = this.#limits;
    if (!toWrite.take(bytes)) throw new NoRoom('more comes in at once than can be written to the disk');
    try {
      await toDisk.take(async () => {
        this.#spool ??= await this.#moveToDisk();
        const chunk = read();
        await this.#write(this.#spool, [chunk]);
        this.#size += chunk.length;
      });
    } finally {
      toWrite.giveBack(bytes);
    }
  }

  /**
   * The whole of it, for which, if it is in a file, there must be room in memory: twice its size until it is discarded,
   * for what is made of it. Rejects with NoRoom.
   */
  async text(): Promise<string> {
    if (this.inMemory) return this.inMemory.toString('utf8');
    const bytes = 2 * this.#size;
    if (!this.#limits.memory.take(bytes)) throw new NoRoom('there is no room in memory for a body in a file');
    this.#readBytes += bytes;
    const chunks: Buffer[] = [];
    for await (const chunk of this.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** From its start, any number of times. */
  async *read(): AsyncGenerator<Buffer> {
    if (this.#spool) yield* readSpool(this.#spool, this.#size);
    else yield* this.#chunks;
  }

  /** Gives back its room. */
  async discard(): Promise<void> {
    const { memory, disk } = this.#limits;
    const spool = this.#spool;
    (spool ? disk : memory).giveBack(this.#size);
    memory.giveBack(this.#readBytes);
    this.#size = this.#readBytes = 0;
    this.#chunks = [];
    this.#spool = undefined;
    await spool?.close();
  }

  /**
   * What is kept in pieces takes memory for each: small ones are joined, all at once, so that each byte is copied as often as
   * its piece has doubled.
   */
  #join(): void {
    const last = this.#chunks.length - 1;
    let first = last;
    let bytes = this.#chunks[last]?.length ?? 0;
    for (;;) {
      const before = this.#chunks[first - 1];
      if (!before || before.length > bytes || before.length >= LARGE_PIECE_BYTES) break;
      first -= 1;
      bytes += before.length;
    }
    if (first < last) this.#chunks.push(Buffer.concat(this.#chunks.splice(first), bytes));
  }

  async #moveToDisk(): Promise<FileHandle> {
    const spool = await openSpool(this.#limits.spoolDirectory);
    try {
      await this.#write(spool, this.#chunks);
    } catch (error) {
      await spool.close();
      throw error;
    }
    this.#limits.memory.giveBack(this.#size);
    this.#chunks = [];
    return spool;
  }

  async #write(spool: FileHandle, chunks: readonly Buffer[]): Promise<void> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    const { disk, spoolDirectory } = this.#limits;
    if (!disk.take(bytes)) throw new NoRoom('the bodies that wait take all the room that they may have');
    try {
      for (const chunk of chunks) await spool.appendFile(chunk);
    } catch (error) {
      disk.giveBack(bytes);
      throw new NoRoom(`a file in ${spoolDirectory} cannot be written: ${(error as Error).message}`, error);
    }
  }
}

/** The file loses its name at once, so that a killed gate leaves nothing behind. */
async function openSpool(directory: string): Promise<FileHandle> {
  try {
    // Whatever cleans up old files may have taken the directory, too.
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const name = join(directory, `write-${randomUUID()}`);
    const file = await open(name, 'wx+', 0o600);
    await unlink(name);
    return file;
  } catch (error) {
    throw new NoRoom(`${directory} cannot be used: ${(error as Error).message}`, error);
  }
}

/** Hundreds of bodies are read at a time when a hold ends, each some pieces ahead of its connection. */
const SPOOL_CHUNK_BYTES = 16 * 1024;

async function* readSpool(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SPOOL_CHUNK_BYTES), 0, SPOOL_CHUNK_BYTES, at);
    if (bytesRead === 0) throw new Error('a spooled body ended early');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
