import { z } from 'zod';
import { parseJson } from '../activities/clients/parse-json';
import type { TreeId } from '../workflows/model/log';
import { loadedLength } from '../workflows/model/shards';
import { AnswerTooLong, type LogRequests, LogUnreadable } from '../activities/clients/log-requests';

/** A shard as the log serves it. */
export interface ServedShard {
  readonly treeId: TreeId;
  /** Its entries; of an inactive shard as many as the log computes indexes with. */
  readonly size: number;
  /** The virtual index of its first entry. */
  readonly firstIndex: number;
}

/** `maxSearchQueries` of rekor: pkg/api/entries.go. */
const MOST_INDEXES = 10;

const size = z.int().nonnegative();
const treeId = z.string().regex(/^[1-9]\d*$/);

/** `LogInfo` of rekor: openapi.yaml. */
const LogInfo = z.object({
  treeID: treeId,
  treeSize: size,
  inactiveShards: z.array(z.object({ treeID: treeId, treeSize: size, signedTreeHead: z.string() })).nullish(),
});

/** `LogEntry` of rekor: openapi.yaml: one member, named by the entry id. */
const LogEntry = z.record(
  z.string().regex(/^[0-9a-f]{80}$/),
  z.object({
    logIndex: size,
    integratedTime: z.int(),
    verification: z.object({ inclusionProof: z.object({ logIndex: size }) }),
  }),
);

/** Of `POST /api/v1/log/entries/retrieve` where a front or `--enabled_api_endpoints` leaves it out. */
const leftOut: readonly number[] = [403, 404, 405, 501];

/** Reads shards and integration times of a Rekor v1 log. Throws what `LogRequests.send` throws. */
export class RekorLog {
  readonly #requests: LogRequests;
  /** Several entries can be asked for at once. */
  #retrieves = true;

  constructor(requests: LogRequests) {
    this.#requests = requests;
  }

  /** How many entries can be asked for in one request. */
  get entriesARequest(): number {
    return this.#retrieves ? MOST_INDEXES : 1;
  }

  /** The shards in served order, the active one last. */
  async shards(signal: AbortSignal): Promise<ServedShard[]> {
    const path = '/api/v1/log';
    const { status, text } = await this.#requests.send('GET', path, signal);
    if (status !== 200) throw this.#unreadable(`it answers GET ${path} with ${status}`);
    const parsed = LogInfo.safeParse(parseJson(text));
    if (!parsed.success) throw this.#unreadable(`its answer to GET ${path} is not one of Rekor v1`);
    const { treeID, treeSize, inactiveShards } = parsed.data;
    const lengths = [
      // `treeSize` is live, and indexes are computed with what was loaded (rekor: pkg/api/tlog.go).
      ...(inactiveShards ?? []).map((shard) => ({
        treeId: shard.treeID,
        size: loadedLength(shard.signedTreeHead) ?? shard.treeSize,
      })),
      { treeId: treeID, size: treeSize },
    ];
    let firstIndex = 0;
    return lengths.map((shard) => {
      const served = { ...shard, firstIndex };
      firstIndex += shard.size;
      return served;
    });
  }

  /**
   * When entries of a shard were integrated, in seconds since the epoch, by their indexes within the shard; those that the log
   * does not give are left out. At most `entriesARequest`.
   */
  async times(
    entries: readonly { readonly shard: ServedShard; readonly index: number }[],
    signal: AbortSignal,
  ): Promise<(number | null)[]> {
    const indexes = entries.map(({ shard, index }) => shard.firstIndex + index);
    const answers = await this.#answers(indexes, signal);
    const times = new Map<string, number>();
    for (const answer of answers) {
      for (const [entryId, entry] of Object.entries(answer)) {
        const tree = BigInt(`0x${entryId.slice(0, 16)}`).toString();
        times.set(`${tree} ${entry.verification.inclusionProof.logIndex}`, entry.integratedTime);
      }
    }
    // By tree and leaf: a process with another list of shards gives another entry under the same index.
    return entries.map(({ shard, index }) => times.get(`${shard.treeId} ${index}`) ?? null);
  }

  async #answers(indexes: readonly number[], signal: AbortSignal): Promise<z.output<typeof LogEntry>[]> {
    if (this.#retrieves) {
      const path = '/api/v1/log/entries/retrieve';
      try {
        const { status, text } = await this.#requests.send('POST', path, signal, { logIndexes: indexes });
        if (status === 200) return this.#parse(z.array(LogEntry), text, `POST ${path}`);
        if (!leftOut.includes(status)) throw this.#unreadable(`it answers POST ${path} with ${status}`);
        this.#retrieves = false;
      } catch (error) {
        if (!(error instanceof AnswerTooLong)) throw error;
        return await this.#oneByOne(indexes, signal);
      }
    }
    return await this.#oneByOne(indexes, signal);
  }

  async #oneByOne(indexes: readonly number[], signal: AbortSignal): Promise<z.output<typeof LogEntry>[]> {
    const found: z.output<typeof LogEntry>[] = [];
    for (const index of indexes) {
      const path = `/api/v1/log/entries?logIndex=${index}`;
      try {
        const { status, text } = await this.#requests.send('GET', path, signal);
        if (status === 200) found.push(this.#parse(LogEntry, text, `GET ${path}`));
        else if (status !== 404) throw this.#unreadable(`it answers GET ${path} with ${status}`);
      } catch (error) {
        if (!(error instanceof AnswerTooLong)) throw error;
      }
    }
    return found;
  }

  #parse<Shape extends z.ZodType>(shape: Shape, text: string, request: string): z.output<Shape> {
    const parsed = shape.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw this.#unreadable(`its answer to ${request} is not one of Rekor v1`);
  }

  #unreadable(reason: string): LogUnreadable {
    return new LogUnreadable(this.#requests.url, reason);
  }
}
