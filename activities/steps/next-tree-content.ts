import type { TreeId } from '../../workflows/model/log';
import type { NextTreeContent } from '../../workflows/model/next-tree';
import { headOrEmpty, ifInitialised } from '../empty-tree';
import { readHandover, type TreeEnd } from '../handover';
import type { Act } from './act';

/** A tree's first leaf that is a handover. */
export interface HandedOver {
  readonly end: TreeEnd;
  readonly leafHash: string;
  /** By its signer's clock, in milliseconds since the epoch. */
  readonly integratedAtMs: number;
}

/** The end that a tree's first leaf hands over; null when there is none. */
export const handedOver: Act<TreeId, HandedOver | null> = async ({ trillian, bounds }, treeId) => {
  const [first] = await ifInitialised(trillian.leavesByRange(treeId, 0, 1, bounds), []);
  const end = first && readHandover(first);
  return end
    ? { end, leafHash: first.merkleLeafHash.toString('hex'), integratedAtMs: first.integratedAtMs }
    : null;
};

/**
 * What a tree that a rotation made holds. A handover leaf is one whatever became of the tree that it tells of: an attempt
 * that was undone leaves one that is not true any more.
 */
export const contentOf: Act<TreeId, ClosedContent> = async (systems, treeId) => {
  const { size } = await headOrEmpty(systems.trillian, treeId, systems.bounds);
  return contentAt(size, size === 1 ? await handedOver(systems, treeId) : null);
};

/** The same for who knows its size and first leaf already. */
export function contentAt(size: number, handover: HandedOver | null): ClosedContent {
  if (size === 0) {
    return 'nothing';
  }
  return size === 1 && handover ? 'handover' : 'public entries';
}

type ClosedContent = Exclude<NextTreeContent, 'serving'>;
