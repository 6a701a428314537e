import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import type { TreeId } from '../../workflows/model/log';
import { withinTime } from '../bounds/signals';
import { readAuthorities } from '../clients/authorities';
import { type ConfiguredAddress, connectionRefusal } from '../clients/connection-failure';
import { errorReason } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse } from '../errors/refusal-error';
import { consistencyProof, type LogAnswer, logInfo, logPaths } from './log-api';
import { parseLogEntry, type LogEntry } from './log-entry';
import { readLogKey, type LogKey } from './log-key';
import { NotProven } from './not-proven';

const connections = 8;
const tries = 4;
const pauseMs = 150;
const requestTimeoutMs = 10_000;

/** An operation of Rekor's API that a verification needs, as `--enabled_api_endpoints` names it (rekor: openapi.yaml). */
type Operation = 'getLogInfo' | 'getPublicKey' | 'getLogProof' | 'getLogEntryByIndex' | 'getLogEntryByUUID';

/** A status that `--enabled_api_endpoints` gives to what it leaves out (rekor: pkg/generated/restapi/configure_rekor_server.go). */
const switchedOff = 501;

/**
 * Reads what one Rekor address serves, over its own connections. Reads are repeated a few times after connection
 * trouble, 429 and 5xx; then they refuse REKOR_UNREACHABLE, or HOST_NAME_UNRESOLVED or TLS_FAILED where that is why.
 * An operation that is switched off is refused at once, OPERATION_SWITCHED_OFF. Answers of another shape throw NotProven.
 */
export class LogReader {
  readonly #log: string;
  readonly #address: ConfiguredAddress;
  readonly #base: URL;
  readonly #pool: Pool;

  /** Refuses TLS_FILE_UNUSABLE. */
  constructor(log: string, address: ConfiguredAddress) {
    this.#log = log;
    this.#address = address;
    this.#base = new URL(address.url);
    const { authorities } = address;
    const connect =
      authorities && this.#base.protocol === 'https:' ? { ca: readAuthorities(authorities) } : {};
    this.#pool = new Pool(this.#base.origin, { connections, connect });
  }

  async log(signal: AbortSignal): Promise<LogAnswer> {
    return parse(logInfo, await this.#json('getLogInfo', logPaths.log, signal));
  }

  async logKey(treeId: TreeId, signal: AbortSignal): Promise<LogKey> {
    const path = logPaths.key(treeId);
    const { status, text } = await this.#get('getPublicKey', path, signal);
    if (status !== 200) {
      throw new NotProven('ANSWER_UNREADABLE', `${path} answers ${status}`);
    }
    return readLogKey(text);
  }

  /** The entry at a virtual index; null for 404. */
  async entryAt(index: number, signal: AbortSignal): Promise<LogEntry | null> {
    return this.#entry('getLogEntryByIndex', logPaths.entryAt(index), signal);
  }

  /** The entry that Rekor finds first under a leaf hash alone: active tree, then the others in served order. */
  async entryByUuid(uuid: string, signal: AbortSignal): Promise<LogEntry | null> {
    return this.#entry('getLogEntryByUUID', logPaths.entryByUuid(uuid), signal);
  }

  /** The entry of this tree only. */
  async entryById(treeId: TreeId, uuid: string, signal: AbortSignal): Promise<LogEntry | null> {
    return this.#entry('getLogEntryByUUID', logPaths.entryById(treeId, uuid), signal);
  }

  /** Proof that the tree of `lastSize` extends the one of `firstSize`; firstSize is at least 1. */
  async consistency(
    treeId: TreeId,
    firstSize: number,
    lastSize: number,
    signal: AbortSignal,
  ): Promise<Buffer[]> {
    const path = logPaths.consistency(treeId, firstSize, lastSize);
    return parse(consistencyProof, await this.#json('getLogProof', path, signal)).hashes;
  }

  /** Proofs are served, also of a tree that is still too small to prove anything of. */
  async servesProofs(treeId: TreeId, signal: AbortSignal): Promise<void> {
    const path = logPaths.consistency(treeId, 1, 1);
    const { status } = await this.#get('getLogProof', path, signal);
    // 400: the tree is empty, so the size that was asked for is beyond its end (rekor: pkg/api/tlog.go).
    if (status !== 200 && status !== 400) {
      throw new NotProven('ANSWER_UNREADABLE', `${path} answers ${status}`);
    }
  }

  /** Ends the connections; requests that still run fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #entry(operation: Operation, path: string, signal: AbortSignal): Promise<LogEntry | null> {
    const json = await this.#json(operation, path, signal, 404);
    return json === null ? null : parseLogEntry(json);
  }

  async #json(operation: Operation, path: string, signal: AbortSignal, absent?: number): Promise<unknown> {
    const { status, text } = await this.#get(operation, path, signal);
    if (status === absent) {
      return null;
    }
    if (status !== 200) {
      throw new NotProven('ANSWER_UNREADABLE', `${path} answers ${status}`);
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new NotProven('ANSWER_UNREADABLE', `${path} does not answer in JSON`, { cause: error });
    }
  }

  async #get(
    operation: Operation,
    path: string,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    let trouble: unknown;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      signal.throwIfAborted();
      try {
        const { status, text } = await withinTime(requestTimeoutMs, signal, async (ends) => {
          const response = await this.#pool.request({
            method: 'GET',
            path: this.#base.pathname.replace(/\/$/, '') + path,
            // Asked for JSON, Rekor answers a key as a JSON string.
            headers: { accept: path.includes('publicKey') ? 'application/x-pem-file' : 'application/json' },
            signal: ends,
          });
          return { status: response.statusCode, text: await response.body.text() };
        });
        if (status < 500 && status !== 429) {
          return { status, text };
        }
        if (status === switchedOff) {
          const { url } = this.#address;
          trouble = refuse('OPERATION_SWITCHED_OFF', { url, request: `GET ${path}`, operation });
          break;
        }
        trouble = new OwnWords(`${path} answers ${status}`);
      } catch (error) {
        signal.throwIfAborted();
        trouble = error;
      }
      if (attempt < tries) {
        await pause(pauseMs * attempt, undefined, { signal });
      }
    }
    const { url } = this.#address;
    const unreachable = { log: this.#log, instance: this.#base.host, url, reason: errorReason(trouble) };
    throw connectionRefusal(trouble, this.#address) ?? refuse('REKOR_UNREACHABLE', unreachable, trouble);
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new NotProven(
      'ANSWER_UNREADABLE',
      `the answer has another form: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    );
  }
  return parsed.data;
}
