import { z } from 'zod';
import type { Instance, InstanceLog, TreeId } from '../../workflows/model/log';
import { loadedLength } from '../../workflows/model/shards';
import type { PemFile } from './authorities';
import { connectionRefusal } from './connection-failure';
import { errorReason } from '../errors/error-reason';
import { type FreshRequest, freshRequest, type HttpTransport } from './http';
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

/** Longer than a healthy Rekor needs with a hundred shards; the signal usually ends a call before. Milliseconds. */
const TIMEOUT_MS = 5000;

/** Of an operation that `--enabled_api_endpoints` leaves out (rekor: pkg/generated/restapi/configure_rekor_server.go). */
const SWITCHED_OFF = 501;

/**
 * Requests that come past Rekor's own validation, to where an operation that is switched off answers 501, and that change
 * nothing: the proposed entry has a signature of nobody, and the searches find nothing.
 */
export const clientRequests = {
  createLogEntry: { path: '/api/v1/log/entries', body: wrongEntry() },
  searchLogQuery: { path: '/api/v1/log/entries/retrieve', body: { entryUUIDs: ['0'.repeat(64)] } },
  searchIndex: { path: '/api/v1/index/retrieve', body: { hash: `sha256:${'0'.repeat(64)}` } },
};

/** By their `operationId` in rekor: openapi.yaml, which `--enabled_api_endpoints` lists. */
export type ClientOperation = keyof typeof clientRequests;

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

/** What `connectRekor` gives. */
export type RekorClient = ReturnType<typeof connectRekor>;

/**
 * What the rotation asks of Rekor's instances; its verification reads with code of its own. Every call goes over a
 * connection of its own (H29) and refuses REKOR_UNREACHABLE, also when the answer is none that Rekor gives;
 * HOST_NAME_UNRESOLVED or TLS_FAILED where that is why; and OPERATION_SWITCHED_OFF.
 */
export function connectRekor({ log, authorities, transport }: RekorOptions) {
  /** How one instance is asked, until the signal ends it. */
  function asking({ name, url }: Instance, signal: AbortSignal) {
    function unreachable(reason: string, cause?: unknown): RefusalError {
      return refuse('REKOR_UNREACHABLE', { log, instance: name, url, reason }, cause);
    }

    async function ask(path: string, request: Pick<FreshRequest, 'method' | 'headers' | 'body'> = {}) {
      const bounds = { signal, timeoutMs: TIMEOUT_MS, authorities, transport };
      return await freshRequest(url + path, { ...request, ...bounds }).catch((error: unknown) => {
        signal.throwIfAborted();
        const field = `logs.${log}.installation.slots.${name}.url`;
        const named = connectionRefusal(error, { url, field, authorities });
        throw named ?? unreachable(errorReason(error), error);
      });
    }

    /** The body of a 200, undefined for a 404. */
    async function get(operation: string, path: string): Promise<string | undefined> {
      const answer = await ask(path);
      if (answer.status === 404) return undefined;
      if (answer.status === SWITCHED_OFF)
        throw refuse('OPERATION_SWITCHED_OFF', { url, request: `GET ${path}`, operation });
      if (answer.status !== 200) throw unreachable(`it answered GET ${path} with ${answer.status}`);
      return answer.text;
    }

    async function getFound(operation: string, path: string): Promise<string> {
      const text = await get(operation, path);
      if (text === undefined) throw unreachable(`it answered GET ${path} with 404`);
      return text;
    }

    function parse<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> {
      const parsed = shape.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      throw unreachable(`its answer is not one of Rekor's: ${z.prettifyError(parsed.error)}`);
    }

    function loaded(treeId: TreeId, signedTreeHead: string): number {
      const length = loadedLength(signedTreeHead);
      if (length !== undefined) return length;
      throw unreachable(`the checkpoint of its inactive shard ${treeId} has no size in its second line`);
    }

    return { unreachable, ask, get, getFound, parse, loaded };
  }

  return {
    /** `GET /api/v1/log`: what this process has loaded and what Trillian tells it now. */
    async log(instance: Instance, signal: AbortSignal): Promise<InstanceLog> {
      const { getFound, parse, loaded } = asking(instance, signal);
      const info = parse(LogInfo, await getFound('getLogInfo', '/api/v1/log'));
      return {
        activeTreeId: info.treeID,
        active: { size: info.treeSize, rootHash: info.rootHash },
        // `treeSize` is live (rekor: pkg/api/tlog.go).
        inactive: info.inactiveShards.map(({ treeID, treeSize, signedTreeHead }) => ({
          treeId: treeID,
          liveLength: treeSize,
          loadedLength: loaded(treeID, signedTreeHead),
        })),
      };
    },

    /** The checkpoint of each inactive shard as it is, signature and all: one that was signed at the start stays the same. */
    async inactiveCheckpoints(instance: Instance, signal: AbortSignal) {
      const { getFound, parse } = asking(instance, signal);
      const { inactiveShards } = parse(LogInfo, await getFound('getLogInfo', '/api/v1/log'));
      return inactiveShards.map(({ treeID, signedTreeHead }) => ({
        treeId: treeID,
        checkpoint: signedTreeHead,
      }));
    },

    /** The entry at a virtual index; null where there is none. */
    async entryAt(instance: Instance, index: number, signal: AbortSignal): Promise<RekorEntry | null> {
      const { get, parse } = asking(instance, signal);
      const text = await get('getLogEntryByIndex', `/api/v1/log/entries?logIndex=${index}`);
      const [found] = text === undefined ? [] : Object.entries(parse(LogEntry, text));
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

    /** The PEM of a tree's key; without a tree, the active one's. */
    async publicKey(instance: Instance, treeId: TreeId | undefined, signal: AbortSignal): Promise<string> {
      const { getFound, unreachable } = asking(instance, signal);
      const query = treeId === undefined ? '' : `?treeID=${treeId}`;
      const text = await getFound('getPublicKey', `/api/v1/log/publicKey${query}`);
      if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return text;
      throw unreachable('it did not answer with a public key');
    },

    /**
     * Which of the operations that clients use, and no verification does, this instance has switched off. No request of this
     * makes an entry: the one that is proposed is wrong, and Rekor says so before it asks Trillian. Only an answer counts: a
     * search whose storage hangs is not switched off.
     */
    async switchedOff(instance: Instance, signal: AbortSignal): Promise<readonly ClientOperation[]> {
      const { ask } = asking(instance, signal);
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const asked = (Object.keys(clientRequests) as ClientOperation[]).map(async (operation) => {
        const { path, body } = clientRequests[operation];
        const request = { method: 'POST', headers, body: JSON.stringify(body) } as const;
        const answer = await ask(path, request).catch(() => undefined);
        signal.throwIfAborted();
        return answer?.status === SWITCHED_OFF ? [operation] : [];
      });
      return (await Promise.all(asked)).flat();
    },
  };
}
