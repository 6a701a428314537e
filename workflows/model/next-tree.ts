import type { TreeHead, TreeId } from './log';

/** So many characters Trillian allows for a tree's display name. */
export const DISPLAY_NAME_LENGTH = 20;

/** What a next tree is called unless its plan says otherwise. */
export function nextTreeName(log: string): string {
  return `${log} (next)`.slice(0, DISPLAY_NAME_LENGTH);
}

/** The proven end of a tree: nothing was in flight or queued when it was frozen. */
export interface FrozenTree extends TreeHead {
  readonly treeId: TreeId;
  /** How it was proven that nothing can come later, in words. */
  readonly proof: readonly string[];
}

/**
 * What a next tree that is taken back turned out to hold once it was closed. `serving`: it is not closed, because
 * clients are sent there already.
 */
export type NextTreeContent = 'nothing' | 'handover' | 'public entries' | 'serving';

/** What Trillian says of a next tree that is being taken back. */
export interface ClosedNextTree {
  readonly content: NextTreeContent;
  /** The current tree is no longer what the next tree's handover leaf says it was at its end (H1). */
  readonly currentGrew: boolean;
  /** Its end; absent for one that was left open because it serves. */
  readonly end?: TreeHead;
}

/** The first leaf of the next tree: it commits to the end of the current one. */
export interface Handover {
  /** The committed text: `tree id, size, root hash` of the current tree. */
  readonly text: string;
  /** Merkle leaf hash of the handover in the next tree, lower-case hex; also the UUID Rekor serves it by. */
  readonly leafHash: string;
  readonly integratedInMs: number;
}
