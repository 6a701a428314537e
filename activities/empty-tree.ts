import { createHash } from 'node:crypto';
import type { TreeHead, TreeId } from '../workflows/model/log';
import { unlessRefused } from './errors/refusal-error';
import type { CallBounds } from './clients/call-bounds';
import type { TrillianClient } from './clients/trillian';

/** A tree without leaves, as InitLog makes it: its root is the hash of nothing (RFC 6962, section 2.1). */
export const EMPTY_TREE: TreeHead = { size: 0, rootHash: createHash('sha256').digest('hex') };

/**
 * What was asked of a tree, or `otherwise` for one that was never initialised: its rotation was broken off in createTree. It
 * holds nothing, and nothing is on its way to it: QueueLeaf looks for the root before it stores anything, in the same
 * transaction, and refuses a tree without one (trillian: storage/postgresql/log_storage.go and storage/mysql/log_storage.go,
 * QueueLeaves). It is left so: to give it a root would be charged by Trillian's quota.
 */
export async function ifInitialised<Asked, Otherwise>(
  asked: Promise<Asked>,
  otherwise: Otherwise,
): Promise<Asked | Otherwise> {
  return await unlessRefused('TREE_UNINITIALISED', asked, otherwise);
}

/** Size and root of a tree that may never have been initialised. */
export async function headOrEmpty(
  { treeHead }: Pick<TrillianClient, 'treeHead'>,
  treeId: TreeId,
  bounds: CallBounds,
): Promise<TreeHead> {
  return await ifInitialised(treeHead(treeId, bounds), EMPTY_TREE);
}
