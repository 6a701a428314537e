import type { TreeHead, TreeId } from './log';

/** A tree that a rotation made and retired: FROZEN, marked, empty but for a handover leaf, and named by nothing. */
export interface RetiredTree extends TreeHead {
  readonly treeId: TreeId;
  readonly rotationId: string;
  readonly attempt: number;
  /** Why it must not be deleted; absent when nothing stands against it. */
  readonly keep?: string;
}

export interface DeleteTreeInput {
  readonly log: string;
  readonly treeId: TreeId;
}
