import { status } from '@grpc/grpc-js';
import type { Tree, TreeHead, TreeId } from '../../workflows/model/log';
import { changedBySomeone, refuse, type RefusalError } from '../errors/refusal-error';
import type { Timestamp__Output as TimeMessage } from '../../proto/generated/google/protobuf/Timestamp';
import type { Tree__Output as TreeMessage } from '../../proto/generated/trillian/Tree';
import type { CallBounds } from './call-bounds';
import { openTrillianCalls, TrillianError } from './trillian-calls';
import type { TrillianOptions } from './trillian-transport';

export { TrillianError } from './trillian-calls';

/** A leaf to queue. Two leaves with one identity hash are one leaf to Trillian, whatever their values. */
export interface LeafToQueue {
  readonly value: Buffer;
  /** 32 bytes. */
  readonly identityHash: Buffer;
  readonly extraData?: Buffer;
}

export interface IntegratedLeaf {
  readonly value: Buffer;
  /** What was stored beside the leaf and is not hashed; empty for a leaf that Rekor queued. */
  readonly extraData: Buffer;
  readonly merkleLeafHash: Buffer;
  /** By the clock of the signer that integrated it, in milliseconds since the epoch; Rekor serves it in seconds. */
  readonly integratedAtMs: number;
}

/** What is said of a new tree. */
export type NewTree = Pick<Tree, 'displayName' | 'description' | 'maxRootDurationMs'>;

/** An hour, as Rekor's own trees have it, in milliseconds (rekor: pkg/trillianclient/manager.go). */
export const REKOR_MAX_ROOT_DURATION_MS = 3_600_000;

/**
 * Trillian's admin and log interface, as far as a rotation needs it.
 *
 * Reads are repeated when a connection breaks. Changing calls are sent at most once, never after their deadline, and
 * throw `CallOutcomeUnknown` when no answer came (H8). Both refuse TRILLIAN_UNREACHABLE when there is no connection,
 * TRILLIAN_QUOTA, and TREE_UNKNOWN for a tree that Trillian does not know; any other answer is a `TrillianError`.
 */
export interface TrillianClient {
  /** A deleted tree is refused as TREE_UNKNOWN, too. */
  getTree(treeId: TreeId, bounds: CallBounds): Promise<Tree>;
  /** All trees of this Trillian, other logs' included, but deleted ones. */
  listTrees(bounds: CallBounds): Promise<Tree[]>;
  /**
   * Creates a tree of type LOG. Trillian makes it ACTIVE and knows no other way. Not idempotent: after
   * `CallOutcomeUnknown` the description is the only mark to find the tree by. At most 20 and 200 characters
   * (trillian: storage/postgresql/schema/storage.sql), else a `RangeError`. How its storage keeps it is left to Trillian,
   * which chooses for new trees what is best by now.
   */
  createTree(tree: NewTree, bounds: CallBounds): Promise<Tree>;
  /**
   * Makes the empty tree's first root; a tree that has one is left as it is. Trillian's quota charges it like a leaf, so
   * nothing that takes back, or only looks, may need it.
   */
  initLog(treeId: TreeId, bounds: CallBounds): Promise<void>;
  /**
   * Sets the state and nothing else, then reads it back, because Trillian loses concurrent updates silently (trillian:
   * storage/postgresql/admin_storage.go reads a row and writes all of it back). Refuses CHANGED_BY_SOMEONE when
   * another state is read.
   */
  setState(treeId: TreeId, state: 'ACTIVE' | 'DRAINING' | 'FROZEN', bounds: CallBounds): Promise<Tree>;
  /**
   * The latest size and root. Refuses TREE_UNINITIALISED for a tree that InitLog was never called for; activities/
   * empty-tree.ts says what that means.
   *
   * Asked for with GetLeavesByRange, beyond any leaf: GetLatestSignedLogRoot does not close its transaction for such a
   * tree, which costs a log server on PostgreSQL a connection each time, and a few of them stop it (trillian:
   * server/log_rpc_server.go, snapshotForTree closes it and registry.SnapshotForTree does not).
   */
  treeHead(treeId: TreeId, bounds: CallBounds): Promise<TreeHead>;
  /** A closed tree answers with a `TrillianError` of code PERMISSION_DENIED. Charged by Trillian's quota. */
  queueLeaf(treeId: TreeId, leaf: LeafToQueue, bounds: CallBounds): Promise<'queued' | 'duplicate'>;
  /** Leaves `start` to `start + count - 1`, as many of them as are integrated: none beyond the end. Refuses as `treeHead`. */
  leavesByRange(treeId: TreeId, start: number, count: number, bounds: CallBounds): Promise<IntegratedLeaf[]>;
  /**
   * Deletes a tree; Trillian forgets it for good after seven days (trillian: cmd/internal/serverutil/main.go). No step of a
   * rotation calls it: only a person's `prune`.
   */
  deleteTree(treeId: TreeId, bounds: CallBounds): Promise<void>;
  close(): void;
}

/** The largest index of a leaf that Trillian's interface can carry: no tree has so many. */
const BEYOND_ANY_LEAF = '9223372036854775807';

/** How Trillian words ErrTreeNeedsInit (trillian: storage/log_storage.go). Its code alone may mean other things. */
const NEEDS_INIT = 'tree needs initialising';

/** The client of one log's Trillian; connects with the first call. */
export function connectTrillian(options: TrillianOptions): TrillianClient {
  const calls = openTrillianCalls(options);

  function unknownTree(treeId: TreeId, cause?: unknown): RefusalError {
    return refuse('TREE_UNKNOWN', { log: options.log, tree: treeId }, cause);
  }

  async function ofTree<Response>(treeId: TreeId, answer: Promise<Response>): Promise<Response> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof TrillianError && error.code === status.NOT_FOUND) throw unknownTree(treeId, error);
      throw error;
    }
  }

  async function getTree(treeId: TreeId, bounds: CallBounds): Promise<Tree> {
    const tree = toTree(await ofTree(treeId, calls.read('GetTree', { treeId }, bounds)));
    if (tree.deleted) throw unknownTree(treeId);
    return tree;
  }

  async function range(treeId: TreeId, startIndex: string, count: number, bounds: CallBounds) {
    const request = { logId: treeId, startIndex, count: String(count) };
    try {
      return await ofTree(treeId, calls.read('GetLeavesByRange', request, bounds));
    } catch (error) {
      const uninitialised =
        error instanceof TrillianError &&
        error.code === status.FAILED_PRECONDITION &&
        error.details.includes(NEEDS_INIT);
      throw uninitialised ? refuse('TREE_UNINITIALISED', { log: options.log, tree: treeId }, error) : error;
    }
  }

  return {
    getTree,

    async listTrees(bounds) {
      const answer = await calls.read('ListTrees', { showDeleted: false }, bounds);
      return answer.tree.map(toTree);
    },

    async createTree({ displayName, description, maxRootDurationMs }, bounds) {
      requireLength('display name', displayName, 20);
      requireLength('description', description, 200);
      const tree = {
        treeState: 'ACTIVE',
        treeType: 'LOG',
        displayName,
        description,
        maxRootDuration: durationOf(maxRootDurationMs),
      } as const;
      return toTree(await calls.change('CreateTree', { tree }, bounds));
    },

    async initLog(treeId, bounds) {
      try {
        await ofTree(treeId, calls.change('InitLog', { logId: treeId }, bounds));
      } catch (error) {
        if (!(error instanceof TrillianError && error.code === status.ALREADY_EXISTS)) throw error;
      }
    },

    async setState(treeId, state, bounds) {
      const request = { tree: { treeId, treeState: state }, updateMask: { paths: ['tree_state'] } };
      await ofTree(treeId, calls.change('UpdateTree', request, bounds));
      const tree = await getTree(treeId, bounds);
      if (tree.state !== state) throw changedBySomeone(`The state of tree ${treeId}`, state, tree.state);
      return tree;
    },

    async treeHead(treeId, bounds) {
      const { signedLogRoot } = await range(treeId, BEYOND_ANY_LEAF, 1, bounds);
      return parseLogRoot(treeId, signedLogRoot?.logRoot);
    },

    async queueLeaf(treeId, { value, identityHash, extraData }, bounds) {
      const leaf = {
        leafValue: value,
        leafIdentityHash: identityHash,
        extraData: extraData ?? Buffer.alloc(0),
      };
      const { queuedLeaf } = await ofTree(treeId, calls.change('QueueLeaf', { logId: treeId, leaf }, bounds));
      const code = statusOf(queuedLeaf?.status?.code ?? status.OK);
      if (code === status.OK) return 'queued';
      if (code === status.ALREADY_EXISTS) return 'duplicate';
      throw new TrillianError('QueueLeaf', code, queuedLeaf?.status?.message ?? '');
    },

    async leavesByRange(treeId, start, count, bounds) {
      const { leaves } = await range(treeId, String(start), count, bounds);
      return leaves.map(({ leafValue, extraData, merkleLeafHash, integrateTimestamp }) => ({
        value: leafValue,
        extraData,
        merkleLeafHash,
        integratedAtMs: milliseconds(integrateTimestamp),
      }));
    },

    async deleteTree(treeId, bounds) {
      await ofTree(treeId, calls.change('DeleteTree', { treeId }, bounds));
    },

    close: () => calls.close(),
  };
}

/** google.rpc.Status carries the codes of gRPC as numbers. */
function statusOf(code: number): status {
  return code in status ? status[status[code] as keyof typeof status] : status.UNKNOWN;
}

function toTree(message: TreeMessage): Tree {
  const { treeId, treeState: state, treeType: type, displayName, description, deleted } = message;
  const times = {
    updatedAtMs: milliseconds(message.updateTime),
    maxRootDurationMs: milliseconds(message.maxRootDuration),
  };
  return { treeId, state, type, displayName, description, ...times, deleted };
}

function milliseconds(time: TimeMessage | null): number {
  return Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6);
}

function durationOf(ms: number): TimeMessage {
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
}

function requireLength(what: string, text: string, limit: number): void {
  // Characters as the database counts them: code points.
  const { length } = Array.from(text);
  if (length > limit)
    throw new RangeError(`A tree's ${what} may have ${limit} characters; this has ${length}: ${text}`);
}

/**
 * Reads a log root of version 1, big-endian (trillian: types/internal/tls of types/logroot.go): version 2 bytes, size 8,
 * length of the hash 1, the hash; then time, revision and metadata, which say nothing of what the tree holds.
 */
function parseLogRoot(treeId: TreeId, root: Buffer | undefined): TreeHead {
  if (root === undefined || root.length < 43 || root.readUInt16BE(0) !== 1 || root[10] !== 32) {
    throw new TrillianError('GetLeavesByRange', status.INTERNAL, `tree ${treeId} has no root of version 1`);
  }
  const size = Number(root.readBigUInt64BE(2));
  if (!Number.isSafeInteger(size)) {
    throw new TrillianError('GetLeavesByRange', status.INTERNAL, `tree ${treeId} is too large to count`);
  }
  return { size, rootHash: root.subarray(11, 43).toString('hex') };
}
