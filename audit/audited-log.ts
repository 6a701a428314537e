import { z } from 'zod';
import {
  AnswerTooLong,
  type LogAnswer,
  type LogRequests,
  LogUnreadable,
} from '../activities/clients/log-requests';
import { parseJson } from '../activities/clients/parse-json';
import { consistencyProof, logInfo, logPaths, type TreeAnswer } from '../activities/verification/log-api';
import { type LogEntry, parseLogEntry } from '../activities/verification/log-entry';
import { type LogKey, readLogKey } from '../activities/verification/log-key';
import { NotProven } from '../activities/verification/not-proven';
import type { TreeId } from '../workflows/model/log';

/** How many entries can be asked for in one request: `maxSearchQueries` of rekor, pkg/api/entries.go. */
export const MOST_AT_ONCE = 10;

const LOG = logPaths.log;

/** Tries of a request of which others of its kind have failed for good, or whose parts are asked for alone when it fails. */
const TRIES = 2;

/** After so many that failed for good, the others have fewer tries. */
const MOST_PATIENT = 5;

/** What a balancer's processes may be apart, in milliseconds from one question to the next; and how often it is waited for in vain. */
const PAUSES_MS = [250, 750, 1500, 2500] as const;
const MOST_FOR_NOTHING = 5;

/** Where a front or `--enabled_api_endpoints` leaves an operation out. */
const leftOut: readonly number[] = [403, 404, 405, 501];

/**
 * Reads everything of one address that an audit asks for. Throws what `LogRequests.send` throws; answers that are not those of
 * Rekor v1 throw NotProven.
 */
export class AuditedLog {
  readonly #requests: LogRequests;
  /** Several entries can be asked for at once. */
  #retrieves = true;
  #faults = 0;
  #waitedForNothing = 0;

  constructor(requests: LogRequests) {
    this.#requests = requests;
  }

  get url(): string {
    return this.#requests.url;
  }

  /** Waits without asking anything; milliseconds. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#requests.pause(ms, signal);
  }

  /**
   * Asks again for a few seconds until the answer will do: behind a balancer a process may know what is new a moment later than
   * the one that told us of it. Where that came to nothing several times it is asked once. Gives the last answer.
   */
  async eventually<Result>(
    ask: () => Promise<Result>,
    willDo: (result: Result) => boolean,
    signal: AbortSignal,
  ): Promise<Result> {
    let result = await ask();
    if (willDo(result) || this.#waitedForNothing >= MOST_FOR_NOTHING) return result;
    for (const ms of PAUSES_MS) {
      await this.pause(ms, signal);
      result = await ask();
      if (willDo(result)) return result;
    }
    this.#waitedForNothing += 1;
    return result;
  }

  /** The trees in served order, the active one last. */
  async trees(signal: AbortSignal): Promise<TreeAnswer[]> {
    const { inactive, active } = parse(logInfo, await this.#found(LOG, signal), 'the log');
    return [...inactive, active];
  }

  async logKey(treeId: TreeId, signal: AbortSignal): Promise<LogKey> {
    const text = await this.#found(logPaths.key(treeId), signal);
    // Asked for JSON, Rekor answers with the PEM as a JSON string.
    const json = parseJson(text);
    return readLogKey(typeof json === 'string' ? json : text);
  }

  /** The entry at a virtual index; null where there is none. */
  async entryAt(index: number, signal: AbortSignal): Promise<LogEntry | null> {
    return await this.#entry(logPaths.entryAt(index), signal);
  }

  /** The entry that Rekor finds first under a leaf hash alone. */
  async entryByUuid(uuid: string, signal: AbortSignal): Promise<LogEntry | null> {
    return await this.#entry(logPaths.entryByUuid(uuid), signal);
  }

  /** The entry of this tree only. */
  async entryById(treeId: TreeId, uuid: string, signal: AbortSignal): Promise<LogEntry | null> {
    return await this.#entry(logPaths.entryById(treeId, uuid), signal);
  }

  /** Proof that the tree of `lastSize` extends the one of `firstSize`; firstSize is at least 1. */
  async consistency(
    treeId: TreeId,
    firstSize: number,
    lastSize: number,
    signal: AbortSignal,
  ): Promise<Buffer[]> {
    const path = logPaths.consistency(treeId, firstSize, lastSize);
    return parse(consistencyProof, await this.#found(path, signal), 'a consistency proof').hashes;
  }

  /**
   * The entries at virtual indexes, at most MOST_AT_ONCE; each asked for by itself where they cannot be asked for together. What
   * is wrong with one of them stands in its place.
   */
  async entriesAt(indexes: readonly number[], signal: AbortSignal): Promise<(LogEntry | NotProven | null)[]> {
    const together = await this.#retrieve({ logIndexes: indexes }, signal);
    if (together) {
      const placed = inPlaces(together, indexes);
      // Rekor leaves out what it does not find, so only as many answers as questions are in their places for certain.
      if (together.length === indexes.length) return placed;
      return await Promise.all(
        indexes.map(
          async (index, position) =>
            placed[position] ?? (await orItsFault(() => this.entryAt(index, signal))),
        ),
      );
    }
    const found: (LogEntry | NotProven | null)[] = [];
    for (const index of indexes) found.push(await orItsFault(() => this.entryAt(index, signal)));
    return found;
  }

  /**
   * What `POST /api/v1/log/entries/retrieve` finds under entry ids or UUIDs, at most MOST_AT_ONCE; undefined where it is switched
   * off. Where all of them together get no answer, each is asked for alone, and what gets none is left out.
   */
  async retrieve(entryUuids: readonly string[], signal: AbortSignal): Promise<LogEntry[] | undefined> {
    const together = await this.#retrieve({ entryUUIDs: entryUuids }, signal);
    if (together || !this.#retrieves) return together;
    const found: LogEntry[] = [];
    for (const entryUuid of entryUuids) {
      found.push(...((await this.#retrieve({ entryUUIDs: [entryUuid] }, signal)) ?? []));
    }
    // An address that answers nobody is none that has lost its entries.
    if (found.length === 0) await this.trees(signal);
    return found;
  }

  /** The entry ids that the search index has for an artifact's digest; undefined where there is no such index to ask. */
  async search(sha256: string, signal: AbortSignal): Promise<string[] | undefined> {
    const path = '/api/v1/index/retrieve';
    let answer: LogAnswer;
    try {
      answer = await this.#requests.send('POST', path, signal, { hash: `sha256:${sha256}` }, 1);
    } catch (error) {
      // Without an index Rekor answers 500, and it is not part of the log.
      if (error instanceof LogUnreadable) return undefined;
      throw error;
    }
    if (answer.status !== 200) return undefined;
    return parse(z.array(z.string()), answer.text, 'an answer of the search index');
  }

  async #retrieve(body: object, signal: AbortSignal): Promise<LogEntry[] | undefined> {
    if (!this.#retrieves) return undefined;
    const path = '/api/v1/log/entries/retrieve';
    let answer: LogAnswer;
    try {
      answer = await this.#requests.send('POST', path, signal, body, TRIES);
    } catch (error) {
      // Ten may be too long together, and each of them not; one that Trillian cannot give spoils them all.
      if (error instanceof AnswerTooLong || isFault(error)) return undefined;
      throw error;
    }
    if (leftOut.includes(answer.status)) {
      this.#retrieves = false;
      return undefined;
    }
    requireOk(answer, `POST ${path}`);
    return parse(z.array(z.unknown()), answer.text, 'a list of entries').map(parseLogEntry);
  }

  async #entry(path: string, signal: AbortSignal): Promise<LogEntry | null> {
    const answer = await this.#get(path, signal, 'ENTRY_MISSING');
    if (answer.status === 404) return null;
    requireOk(answer, path);
    return parseLogEntry(parseJson(answer.text));
  }

  async #found(path: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#get(path, signal);
    requireOk(answer, path);
    return answer.text;
  }

  /** @param code what it is when this alone has no answer. */
  async #get(
    path: string,
    signal: AbortSignal,
    code: NotProven['code'] = 'ANSWER_UNREADABLE',
  ): Promise<LogAnswer> {
    try {
      const tries = this.#faults < MOST_PATIENT ? undefined : TRIES;
      return await this.#requests.send('GET', path, signal, undefined, tries);
    } catch (error) {
      if (error instanceof AnswerTooLong) {
        throw new NotProven('ANSWER_UNREADABLE', `${path} answers with more than we take`);
      }
      if (path === LOG || !isFault(error)) throw error;
      // Rekor answers 500 for a leaf that Trillian has lost, or can prove no more: a log that answers otherwise is there.
      requireOk(await this.#requests.send('GET', LOG, signal), LOG);
      this.#faults += 1;
      throw new NotProven(code, `it answers ${path} with ${error.status} each time, and ${LOG} as it should`);
    }
  }
}

/**
 * Answers beside the indexes that were asked for. Rekors as old as 1.0 give them in any order (rekor: pkg/api/entries.go), so
 * each stands where its own index belongs. What has an index that nobody asked for is a fault, and stands in a place that is
 * left, where there are as many answers as questions.
 */
function inPlaces(answers: readonly LogEntry[], indexes: readonly number[]): (LogEntry | null)[] {
  const left = [...answers];
  const own = indexes.map((index) => {
    const at = left.findIndex(({ logIndex }) => logIndex === index);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  });
  const all = answers.length === indexes.length;
  return own.map((entry) => entry ?? (all ? left.shift() : undefined) ?? null);
}

/** Whether a log answers, and that something is wrong. */
function isFault(error: unknown): error is LogUnreadable & { readonly status: number } {
  return error instanceof LogUnreadable && error.status !== undefined;
}

/** What is wrong, in place of what was asked for. */
export async function orItsFault<Result>(ask: () => Promise<Result>): Promise<Result | NotProven> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NotProven) return error;
    throw error;
  }
}

function requireOk({ status }: LogAnswer, request: string): void {
  if (status !== 200) throw new NotProven('ANSWER_UNREADABLE', `${request} answers ${status}`);
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, what: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new NotProven('ANSWER_UNREADABLE', `the answer is not ${what} as Rekor v1 gives it`);
}
