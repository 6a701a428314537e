import type { TreeId } from '../../workflows/model/log';

/** A tree as Trillian's database shows it, all of one instant. */
export interface TreeRow {
  readonly state: string;
  /** Milliseconds since the epoch, as in Trillian's own answers. */
  readonly updatedAtMs: number;
  /** Leaves that are accepted and not integrated; no interface of Trillian tells their number. */
  readonly queued: number;
}

/** Trillian's database, as far as a proof reads it. */
export interface TreeQueue {
  /**
   * The tree's own row and its queue, committed at the moment of asking; null when the database does not know the tree. The
   * count is worth nothing unless the row is what Trillian says of the tree (tree-row.ts).
   *
   * Refuses DATABASE_UNREACHABLE, and what no time mends: DATABASE_DENIED when the user is not let in or may not read what
   * it must, DATABASE_OF_ANOTHER_TRILLIAN where Trillian's tables are missing, DATABASE_UNUSABLE where another kind of
   * server answers or its TLS is not as configured, SECRET_UNREADABLE and TLS_FILE_UNUSABLE for what its fields name.
   */
  read(treeId: TreeId, signal: AbortSignal): Promise<TreeRow | null>;
  /**
   * How many leaves of all trees are queued, also of trees that are no more: what Trillian's quota goes by. Counts no further
   * than `atMost`. Refuses as `read`.
   */
  queuedLeaves(atMost: number, signal: AbortSignal): Promise<number>;
  /** How many bytes Trillian's database takes on its disks, all its trees and indexes. Refuses as `read`. */
  databaseBytes(signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
