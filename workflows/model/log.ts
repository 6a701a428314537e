/** The words for what is found: trees, shards, tree heads and instances. Plain data, as it crosses Temporal. */

/** A Trillian tree id: a positive 63-bit integer in decimal. Never a JavaScript number, which loses digits. */
export type TreeId = string;

/** Trillian's `TreeState` (trillian.proto); everything that is neither of the three is named as Trillian names it. */
export type TreeState =
  | 'ACTIVE'
  | 'DRAINING'
  | 'FROZEN'
  | 'DEPRECATED_SOFT_DELETED'
  | 'DEPRECATED_HARD_DELETED'
  | 'UNKNOWN_TREE_STATE';

/** Trillian's `TreeType`; a Rekor log is always of type LOG. */
export type TreeType = 'LOG' | 'PREORDERED_LOG' | 'UNKNOWN_TREE_TYPE';

export interface Tree {
  readonly treeId: TreeId;
  readonly state: TreeState;
  readonly type: TreeType;
  readonly displayName: string;
  readonly description: string;
  /**
   * When it was made or last updated, by the clock of the log server that did it, in milliseconds since the epoch: Trillian
   * stores no finer time (trillian: storage/postgresql/admin_storage.go).
   */
  readonly updatedAtMs: number;
  /** Trillian makes a new root of an unchanged tree after so many milliseconds; 0: never. */
  readonly maxRootDurationMs: number;
  readonly deleted: boolean;
}

/** Size in leaves and the Merkle root over them, lower-case hex. An empty tree has the SHA-256 of nothing as its root. */
export interface TreeHead {
  readonly size: number;
  readonly rootHash: string;
}

/** An inactive shard of a log: its tree, and how many leaves it will hold for good. */
export interface Shard {
  readonly treeId: TreeId;
  readonly length: number;
}

/** One running Rekor process, by the address that reaches it and nothing else. */
export interface Instance {
  /** What the operator calls it, for example the name of its slot or pod. */
  readonly name: string;
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** The field of the log's configuration that names the address: `installation.slots.green.url`. Absent where none does. */
  readonly field?: string;
}

/** What one Rekor instance says of itself in `GET /api/v1/log`. */
export interface InstanceLog {
  readonly activeTreeId: TreeId;
  /** Size and root of the active tree, live. */
  readonly active: TreeHead;
  readonly inactive: readonly InactiveShardReport[];
}

export interface InactiveShardReport {
  readonly treeId: TreeId;
  /** The length Trillian has now. */
  readonly liveLength: number;
  /** The length this process loaded at its start and computes indexes with: line 2 of its cached checkpoint. */
  readonly loadedLength: number;
}
