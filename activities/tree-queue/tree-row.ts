import type { Tree } from '../../workflows/model/log';
import { refuse } from '../errors/refusal-error';
import type { TreeQueue, TreeRow } from './tree-queue';
import type { LogSystems } from '../systems';
import type { CallBounds } from '../clients/call-bounds';
import { pause } from '../bounds/waiting';

/**
 * Whether what a database shows is this tree as Trillian just answered it. State and time of the last update are those of
 * one UpdateTree or CreateTree, so no other Trillian's database has them, nor a copy or replica that is older than that call.
 */
export function isShown(row: TreeRow | null, tree: Tree): row is TreeRow {
  return row?.state === tree.state && row.updatedAtMs === tree.updatedAtMs;
}

/** The state of a tree and since when, in words. */
export function sinceWhen({ state, updatedAtMs }: Pick<TreeRow, 'state' | 'updatedAtMs'>): string {
  return `${state} since ${new Date(updatedAtMs).toISOString()}`;
}

/** What a database shows of a tree, in words. */
export function shownAs(row: TreeRow | null): string {
  return row ? sinceWhen(row) : 'not at all';
}

/** A replica that lags further behind than this is of no use to a proof for which writes wait, in milliseconds. */
const LAG_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * The database shows the tree as Trillian has it now.
 *
 * @throws DATABASE_OF_ANOTHER_TRILLIAN when it does not, and what `TreeQueue.read` refuses.
 */
export async function requireShown(
  { log, trillian }: Pick<LogSystems, 'log' | 'trillian'>,
  queue: TreeQueue,
  treeId: string,
  bounds: CallBounds,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const tree = await trillian.getTree(treeId, bounds);
    const row = await queue.read(treeId, bounds.signal);
    if (isShown(row, tree)) {
      return;
    }
    if (performance.now() - began > LAG_MS) {
      throw refuse('DATABASE_OF_ANOTHER_TRILLIAN', {
        log,
        expected: `tree ${treeId} ${sinceWhen(tree)}`,
        shown: shownAs(row),
      });
    }
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}
