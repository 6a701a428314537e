import { z } from 'zod';
import type { Instance, InstanceLog, TreeId } from '../../workflows/model/log';
import { loadedLength } from '../../workflows/model/shards';
import type { PemFile } from './authorities';
import { connectionRefusal } from './connection-failure';
import { errorReason } from '../errors/error-reason';
import { type FreshAnswer, type FreshRequest, freshRequest, type HttpTransport } from './http';
import { parseJson } from './parse-json';
import { refuse, type RefusalError } from '../errors/refusal-error';

/** Where an entry is: its ids and both its indexes. */
export interface RekorEntry {
  /** 80 hex digits: the tree id in 16, then the UUID. */
  readonly entryId: string;
  readonly treeId: TreeId;
  /** 64 hex digits: the Merkle leaf hash. */
  readonly uuid: string;
  /** Over all shards. */
  readonly logIndex: number;
  /** Within its own tree. */
  readonly leafIndex: number;
}

/**
 * What the rotation asks of Rekor's instances; its verification reads with code of its own. Every call goes over a
 * connection of its own (H29) and refuses REKOR_UNREACHABLE, also when the answer is none that Rekor gives;
 * HOST_NAME_UNRESOLVED or TLS_FAILED where that is why; and OPERATION_SWITCHED_OFF.
 */
export interface RekorClient {
  /** `GET /api/v1/log`: what this process has loaded and what Trillian tells it now. */
  log(instance: Instance, signal: AbortSignal): Promise<InstanceLog>;
  /** The entry at a virtual index; null where there is none. */
  entryAt(instance: Instance, index: number, signal: AbortSignal): Promise<RekorEntry | null>;
  /** The PEM of a tree's key; without a tree, the active one's. */
  publicKey(instance: Instance, treeId: TreeId | undefined, signal: AbortSignal): Promise<string>;
  /**
   * Which of the operations that clients use, and no verification does, this instance has switched off. No request of this
   * makes an entry: the one that is proposed is wrong, and Rekor says so before it asks Trillian. Only an answer counts: a
   * search whose storage hangs is not switched off.
   */
  switchedOff(instance: Instance, signal: AbortSignal): Promise<readonly ClientOperation[]>;
}

/** By their `operationId` in rekor: openapi.yaml, which `--enabled_api_endpoints` lists. */
export type ClientOperation = 'createLogEntry' | 'searchLogQuery' | 'searchIndex';

/** Longer than a healthy Rekor needs with a hundred shards; the signal usually ends a call before. Milliseconds. */
const TIMEOUT_MS = 5000;

/** Of an operation that `--enabled_api_endpoints` leaves out (rekor: pkg/generated/restapi/configure_rekor_server.go). */
const SWITCHED_OFF = 501;

/**
 * Requests that come past Rekor's own validation, to where an operation that is switched off answers 501, and that change
 * nothing: the proposed entry has a signature of nobody, and the searches find nothing.
 */
const clientRequests: readonly {
  readonly operation: ClientOperation;
  readonly path: string;
  readonly body: object;
}[] = [
  { operation: 'createLogEntry', path: '/api/v1/log/entries', body: wrongEntry() },
  {
    operation: 'searchLogQuery',
    path: '/api/v1/log/entries/retrieve',
    body: { entryUUIDs: ['0'.repeat(64)] },
  },
  { operation: 'searchIndex', path: '/api/v1/index/retrieve', body: { hash: `sha256:${'0'.repeat(64)}` } },
];

/** A hashedrekord whose key and signature are none: Rekor refuses it with 400 when it reads them. */
function wrongEntry(): object {
  const none = Buffer.from('none').toString('base64');
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: '0'.repeat(64) } },
      signature: { content: none, publicKey: { content: none } },
    },
  };
}

const decimal = z.string().regex(/^[1-9]\d*$/);
const size = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** `LogInfo` and `InactiveShardLogInfo` of rekor: openapi.yaml; sizes of 0 do occur. */
const LogInfo = z.object({
  treeID: decimal,
  treeSize: size,
  rootHash: hash,
  inactiveShards: z
    .array(z.object({ treeID: decimal, treeSize: size, signedTreeHead: z.string() }))
    .nullish()
    .transform((shards) => shards ?? []),
});

/** One member, named by the entry id (rekor: openapi.yaml `LogEntry`). */
const LogEntry = z
  .record(
    z.string().regex(/^[0-9a-f]{80}$/),
    z.object({
      logIndex: size,
      verification: z.object({ inclusionProof: z.object({ logIndex: size }) }),
    }),
  )
  .refine((entries) => Object.keys(entries).length === 1, 'one entry was asked for');

export interface RekorOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
  readonly transport?: HttpTransport | undefined;
}

/** The client of one log's Rekor instances. */
export function connectRekor({ log, authorities, transport }: RekorOptions): RekorClient {
  function unreachable(instance: Instance, reason: string, cause?: unknown): RefusalError {
    return refuse('REKOR_UNREACHABLE', { log, instance: instance.name, url: instance.url, reason }, cause);
  }

  async function ask(
    instance: Instance,
    path: string,
    signal: AbortSignal,
    request: Pick<FreshRequest, 'method' | 'headers' | 'body'> = {},
  ): Promise<FreshAnswer> {
    const url = instance.url + path;
    return await freshRequest(url, {
      ...request,
      signal,
      timeoutMs: TIMEOUT_MS,
      authorities,
      transport,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      const field = `logs.${log}.installation.slots.${instance.name}.url`;
      const named = connectionRefusal(error, { url: instance.url, field, authorities });
      throw named ?? unreachable(instance, errorReason(error), error);
    });
  }

  /** The body of a 200, undefined for a 404. */
  async function get(
    instance: Instance,
    operation: string,
    path: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const answer = await ask(instance, path, signal);
    if (answer.status === 404) return undefined;
    if (answer.status === SWITCHED_OFF) {
      throw refuse('OPERATION_SWITCHED_OFF', { url: instance.url, request: `GET ${path}`, operation });
    }
    if (answer.status !== 200) {
      throw unreachable(instance, `it answered GET ${path} with ${answer.status}`);
    }
    return answer.text;
  }

  async function getFound(
    instance: Instance,
    operation: string,
    path: string,
    signal: AbortSignal,
  ): Promise<string> {
    const text = await get(instance, operation, path, signal);
    if (text === undefined) throw unreachable(instance, `it answered GET ${path} with 404`);
    return text;
  }

  function parse<Shape extends z.ZodType>(instance: Instance, shape: Shape, text: string): z.output<Shape> {
    const parsed = shape.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw unreachable(instance, `its answer is not one of Rekor's: ${z.prettifyError(parsed.error)}`);
  }

  function loaded(instance: Instance, treeId: TreeId, signedTreeHead: string): number {
    const length = loadedLength(signedTreeHead);
    if (length !== undefined) return length;
    throw unreachable(
      instance,
      `the checkpoint of its inactive shard ${treeId} has no size in its second line`,
    );
  }

  return {
    async log(instance, signal) {
      const info = parse(instance, LogInfo, await getFound(instance, 'getLogInfo', '/api/v1/log', signal));
      return {
        activeTreeId: info.treeID,
        active: { size: info.treeSize, rootHash: info.rootHash },
        // `treeSize` is live (rekor: pkg/api/tlog.go).
        inactive: info.inactiveShards.map(({ treeID, treeSize, signedTreeHead }) => ({
          treeId: treeID,
          liveLength: treeSize,
          loadedLength: loaded(instance, treeID, signedTreeHead),
        })),
      };
    },

    async entryAt(instance, index, signal) {
      const path = `/api/v1/log/entries?logIndex=${index}`;
      const text = await get(instance, 'getLogEntryByIndex', path, signal);
      if (text === undefined) return null;
      const [found] = Object.entries(parse(instance, LogEntry, text));
      if (found === undefined) return null;
      const [entryId, entry] = found;
      return {
        entryId,
        treeId: BigInt(`0x${entryId.slice(0, 16)}`).toString(),
        uuid: entryId.slice(16),
        logIndex: entry.logIndex,
        leafIndex: entry.verification.inclusionProof.logIndex,
      };
    },

    async publicKey(instance, treeId, signal) {
      const query = treeId === undefined ? '' : `?treeID=${treeId}`;
      const path = `/api/v1/log/publicKey${query}`;
      const text = await getFound(instance, 'getPublicKey', path, signal);
      if (!text.startsWith('-----BEGIN PUBLIC KEY-----'))
        throw unreachable(instance, 'it did not answer with a public key');
      return text;
    },

    async switchedOff(instance, signal) {
      const answers = await Promise.all(
        clientRequests.map(async ({ operation, path, body }) => {
          const headers = { 'content-type': 'application/json', accept: 'application/json' };
          const request = { method: 'POST', headers, body: JSON.stringify(body) } as const;
          const answer = await ask(instance, path, signal, request).catch(() => undefined);
          signal.throwIfAborted();
          return { operation, status: answer?.status };
        }),
      );
      return answers.filter(({ status }) => status === SWITCHED_OFF).map(({ operation }) => operation);
    },
  };
}
