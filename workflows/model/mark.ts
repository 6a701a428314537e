import type { Tree, TreeId, TreeState } from './log';
import { LARGEST_NUMBER, type AttemptIdentity } from './fencing';

/** A next tree's description: whose it is. Written in CreateTree and never later, since updates get lost in Trillian. */
export function markOf({ log, rotationId, attempt, number }: AttemptIdentity): string {
  return `rekor-rotate log=${log} rotation=${rotationId} attempt=${attempt} number=${number}`;
}

const form =
  /^rekor-rotate log=(?<log>\S+) rotation=(?<rotation>\S+) attempt=(?<attempt>\d+) number=(?<number>\d+)$/;

/** Who made a tree; undefined for a tree that no rotation made, also when its number is none that a rotation could have. */
export function readMark(tree: Pick<Tree, 'description'>): AttemptIdentity | undefined {
  const mark = readAnyMark(tree);
  return mark && mark.number <= LARGEST_NUMBER ? mark : undefined;
}

function readAnyMark({ description }: Pick<Tree, 'description'>): AttemptIdentity | undefined {
  const found = form.exec(description)?.groups;
  if (!found) {
    return undefined;
  }
  const { log = '', rotation: rotationId = '', attempt, number } = found;
  return { log, rotationId, attempt: Number(attempt), number: Number(number) };
}

/** Trees of a log whose mark is ignored: nobody but a person can have written its number. */
export function treesWithUnusableMark(trees: readonly Tree[], log: string): TreeId[] {
  return trees
    .filter((tree) => readAnyMark(tree)?.log === log && readMark(tree) === undefined)
    .map(({ treeId }) => treeId);
}

/** A tree that a rotation made. */
export interface MarkedTree {
  readonly treeId: TreeId;
  readonly state: TreeState;
  readonly identity: AttemptIdentity;
}

/** The trees of these that rotations of one log made. */
export function markedTrees(trees: readonly Tree[], log: string): MarkedTree[] {
  return trees.flatMap((tree) => {
    const identity = readMark(tree);
    return identity?.log === log ? [{ treeId: tree.treeId, state: tree.state, identity }] : [];
  });
}

/** How an attempt is named on the gate and beside kept files: `<rotation>/<attempt>`. */
export function attemptIdOf({ rotationId, attempt }: AttemptIdentity): string {
  return `${rotationId}/${attempt}`;
}
