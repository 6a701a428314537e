import type { Tree } from '../../workflows/model/log';

/** A tree of a log as Trillian tells of it; what a test says nothing of is empty. */
export function logTree(treeId: string, state: Tree['state'], description = ''): Tree {
  return {
    treeId,
    state,
    type: 'LOG',
    displayName: '',
    description,
    updatedAtMs: 0,
    maxRootDurationMs: 0,
    deleted: false,
  };
}
