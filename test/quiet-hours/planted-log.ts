import type { HttpTransport } from '../../activities/clients/http';
import { answeringServer } from '../activities/answering-server';

/** A Rekor v1 log whose entries have only what the quiet hours are read from: their tree, indexes and times. */

export interface PlantedShard {
  readonly treeId: string;
  /** Seconds since the epoch, by leaf index. */
  readonly times: readonly number[];
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** The virtual indexes that were asked for. */
  readonly indexes: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PlantedLog {
  readonly asked: Asked[];
  /** What is answered instead; undefined lets it be answered. */
  instead: (asked: Asked) => Answer | undefined;
  /** Virtual indexes that the log does not give. */
  readonly missing: Set<number>;
  answer(method: string, path: string, body: string): Answer;
  readonly transport: HttpTransport;
}

/** The last shard is the active one. */
export function plantedLog(shards: readonly PlantedShard[]): PlantedLog {
  const active = shards.at(-1) ?? { treeId: '1', times: [] };
  const entryAt = (virtualIndex: number): object | undefined => {
    if (log.missing.has(virtualIndex)) return undefined;
    let leafIndex = virtualIndex;
    for (const { treeId, times } of shards) {
      const integratedTime = times[leafIndex];
      if (integratedTime !== undefined) {
        const entryId =
          BigInt(treeId).toString(16).padStart(16, '0') + virtualIndex.toString(16).padStart(64, '0');
        const verification = { inclusionProof: { logIndex: leafIndex } };
        return { [entryId]: { logIndex: virtualIndex, integratedTime, verification, body: '' } };
      }
      leafIndex -= times.length;
    }
    return undefined;
  };
  const answered = ({ method, path, indexes }: Asked): Answer => {
    if (method === 'GET' && path === '/api/v1/log') {
      const inactiveShards = shards.slice(0, -1).map(({ treeId, times }) => ({
        treeID: treeId,
        treeSize: times.length,
        signedTreeHead: `rekor.example - ${treeId}\n${times.length}\nAAAA\n`,
      }));
      return { status: 200, body: { treeID: active.treeId, treeSize: active.times.length, inactiveShards } };
    }
    const found = indexes.flatMap((index) => entryAt(index) ?? []);
    if (method === 'POST') return { status: indexes.length > 10 ? 422 : 200, body: found };
    return found[0] ? { status: 200, body: found[0] } : { status: 404, body: { code: 404 } };
  };
  const log: PlantedLog = {
    asked: [],
    instead: () => undefined,
    missing: new Set(),
    answer: (method, path, body) => {
      const { logIndexes } = (body === '' ? {} : JSON.parse(body)) as { logIndexes?: number[] };
      const one = new URL(path, 'http://log').searchParams.get('logIndex');
      const asked = { method, path, indexes: logIndexes ?? (one === null ? [] : [Number(one)]) };
      log.asked.push(asked);
      return log.instead(asked) ?? answered(asked);
    },
    transport: async ({ url, method, body, signal }, read) => {
      signal.throwIfAborted();
      const { status, body: json, headers = {} } = log.answer(method, url.pathname + url.search, body ?? '');
      const chunks = (async function* () {
        await Promise.resolve();
        yield Buffer.from(JSON.stringify(json));
      })();
      return await read({ status, headers, body: chunks });
    },
  };
  return log;
}

/** The same log at an address; an answer takes so long, and so much longer for each entry. Milliseconds. */
export async function serve(log: PlantedLog, wayMs = 0, entryMs = 0) {
  return await answeringServer((request, response, body) => {
    const { status, body: json, headers = {} } = log.answer(request.method ?? '', request.url ?? '', body);
    const entries = log.asked.at(-1)?.indexes.length ?? 0;
    const text = JSON.stringify(json);
    setTimeout(
      () => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text),
      wayMs + entries * entryMs,
    );
  });
}

/** Random numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Times of so many writes between two times, as often as `rate` says, in batches of a tenth of a second like Trillian's. */
export function plantedTimes(
  count: number,
  { from, to, rate, seed }: { from: number; to: number; rate: (time: number) => number; seed: number },
): number[] {
  // Quarters of hours by the clock, so that the rate of an hour begins with it.
  const step = 900;
  const first = Math.floor(from / step) * step;
  const steps = Array.from(
    { length: Math.ceil((to - from) / step) },
    (_, position) => first + position * step,
  );
  let total = 0;
  const sums = steps.map((time) => (total += rate(time)));
  const random = randomNumbers(seed);
  const times = Array.from({ length: count }, () => {
    const wanted = random() * total;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((sums[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    const time = Math.floor((steps[low] ?? from) + random() * step);
    return Math.min(Math.max(time, from), to - 1);
  });
  return times.sort((one, other) => one - other);
}
