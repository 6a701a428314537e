import type { DrainTiming } from '../workflows/model/drain';
import type { Tree, TreeHead, TreeId } from '../workflows/model/log';
import type { FrozenTree } from '../workflows/model/next-tree';
import { EMPTY_TREE, headOrEmpty, ifInitialised } from './empty-tree';
import type { TreeQueue } from './tree-queue/tree-queue';
import { refuse } from './errors/refusal-error';
import type { SignerPasses } from './clients/metrics';
import { isShown, shownAs, sinceWhen } from './tree-queue/tree-row';
import type { LogSystems } from './systems';
import { type CallBounds, CallTooLate } from './clients/call-bounds';
import { timed } from './timed';
import { pause } from './bounds/waiting';

type DrainSystems = Pick<LogSystems, 'log' | 'trillian' | 'metrics' | 'queue'>;

/** What is quick to ask is asked this often, in milliseconds. */
const POLL_MS = 5;

/**
 * Ends a tree: no leaf is on its way to it any more, it is FROZEN, and its size and root are final. Current trees and
 * next trees that are taken back are ended alike, and so is one that was never initialised.
 *
 * FROZEN alone proves nothing: a signer pass or a QueueLeaf that saw the state before can commit later (H1, H2). What
 * is proven, and in which order, is written where it is done. Called again on a tree that is FROZEN it proves it again.
 *
 * @param bounds bounds it; nothing is changed after its `notAfter` (H8).
 * @throws NOT_DRAINED, with what was left, when the call's signal is aborted or its time is over; its cause is the reason.
 */
export async function freezeTree(
  systems: DrainSystems,
  timing: DrainTiming,
  treeId: TreeId,
  bounds: CallBounds,
): Promise<FrozenTree> {
  const { signal } = bounds;
  const started = performance.now();
  const drain: Drain = { ...systems, timing, treeId, bounds, left: 'its state was not read' };
  try {
    const { queue } = systems;
    return queue ? await freezeByQueue(drain, queue) : await freezeBySigner(drain);
  } catch (error) {
    if (!signal.aborted && !(error instanceof CallTooLate)) throw error;
    const waitedMs = Math.round(performance.now() - started);
    throw refuse('NOT_DRAINED', { tree: treeId, waitedMs, left: drain.left }, error);
  }
}

interface Drain extends DrainSystems {
  readonly timing: DrainTiming;
  readonly treeId: TreeId;
  readonly bounds: CallBounds;
  /** What stands between now and the proof, in words, for NOT_DRAINED. */
  left: string;
}

/**
 * With the queue in sight. Each reading is after the one before it, because it is only worth something then:
 * 1. DRAINING, read back: QueueLeaf calls that begin from now on are refused.
 * 2. None in flight: those that passed the check before 1 have ended. From now on the queue can only shrink.
 * 3. No row: a pass deletes a leaf's row in the transaction that integrates it, so no pass holds a leaf.
 * 4. FROZEN, read back: no pass begins any more.
 * 5. Again no row: true already after 3 if 1 to 3 are. A row would mean that somebody else opened the tree
 *    meanwhile, or that a call was cancelled by its caller while it committed, which 2 cannot see: back to 1.
 * 6. Size and root: final, as nothing is left that could grow the tree.
 * A count is believed only beside the tree's own row, and that must show what was set last, in 1 or 4: so it is this
 * Trillian's database, and as new as what was set (tree-row.ts).
 * A tree found FROZEN (this proof was broken off after 4, or an earlier rotation's) is set FROZEN anew, for a row that no
 * older copy has, and begins with 2 from there.
 */
async function freezeByQueue(drain: Drain, queue: TreeQueue): Promise<FrozenTree> {
  const { trillian, treeId, bounds } = drain;
  let found = (await trillian.getTree(treeId, bounds)).state;
  for (;;) {
    const proof: string[] = [];
    if (found !== 'FROZEN') {
      const draining = await setState(drain, 'DRAINING', proof);
      await noneInFlight(drain, proof);
      if (!(await emptied(drain, queue, draining))) {
        continue;
      }
      proof.push('no row in its queue');
    }
    const frozen = await setState(drain, 'FROZEN', proof);
    if (found === 'FROZEN') {
      await noneInFlight(drain, proof);
    }
    found = 'DRAINING';
    drain.left = 'its queue was not read after FROZEN';
    const queued = await queuedIn(drain, queue, frozen);
    if (queued === 0) {
      proof.push('no row in its queue after FROZEN');
      drain.left = 'its size was not read';
      const head = await headOrEmpty(trillian, treeId, bounds);
      proof.push(describe(head));
      return { treeId, ...head, proof };
    }
    drain.left = queued === null ? CHANGED : `leaves in its queue after FROZEN: ${queued}`;
  }
}

const CHANGED = 'somebody else updated it meanwhile';

/** Waits until the queue is empty; false when the tree is no longer as it was set. */
async function emptied(drain: Drain, queue: TreeQueue, set: Tree): Promise<boolean> {
  drain.left = 'its queue was not read';
  for (;;) {
    const queued = await queuedIn(drain, queue, set);
    if (queued === null || queued === 0) {
      return queued === 0;
    }
    drain.left = `leaves in its queue: ${queued}`;
    await pause(POLL_MS, drain.bounds.signal);
  }
}

/**
 * The rows of the tree's queue, of an instant at which the database shows the tree as it was set. Waits for a replica that
 * lags. Null when it is Trillian that has the tree otherwise by now: what was read since it was set is worth nothing then.
 */
async function queuedIn(drain: Drain, queue: TreeQueue, set: Tree): Promise<number | null> {
  const { trillian, treeId, bounds } = drain;
  for (;;) {
    const row = await queue.read(treeId, bounds.signal);
    if (isShown(row, set)) {
      return row.queued;
    }
    const now = await trillian.getTree(treeId, bounds);
    if (now.state !== set.state || now.updatedAtMs !== set.updatedAtMs) {
      drain.left = CHANGED;
      return null;
    }
    drain.left = `its database shows it ${shownAs(row)}, and not ${sinceWhen(set)}: a replica that lags, or not this Trillian's`;
    await pause(POLL_MS, bounds.signal);
  }
}

/**
 * Without a database, the signer's word for it. What it does is seen only while the tree is DRAINING, so a tree that is
 * found FROZEN is opened for it again. In this order:
 * 1. DRAINING, read back; none in flight: the queue can only shrink, as above.
 * 2. The guard window and the clocks' difference pass: no pass that begins later leaves a queued leaf alone.
 * 3. Passes that begin after 2 succeed, add nothing, and the size stays: the queue is empty, and no pass holds a leaf.
 *    One pass for each signer may have begun before 2; one more than these cannot. One failed pass: from 3 on again.
 * 4. FROZEN, read back; size and root, twice, one signer interval apart: a pass of a second master that had begun
 *    before and integrates now would show. If it does: back to 1.
 * For a tree that was never initialised no pass succeeds; nothing can be queued for it, and after 1 nothing will be.
 */
async function freezeBySigner(drain: Drain): Promise<FrozenTree> {
  const { trillian, timing, treeId, bounds } = drain;
  for (;;) {
    const proof: string[] = [];
    await setState(drain, 'DRAINING', proof);
    await noneInFlight(drain, proof);
    drain.left = 'the guard window was not over';
    await pause(timing.guardWindowMs + timing.clockDifferenceMs, bounds.signal);
    const initialised = await emptyPasses(drain, proof);
    await setState(drain, 'FROZEN', proof);
    if (!initialised) {
      return { treeId, ...EMPTY_TREE, proof: [...proof, 'it was never initialised'] };
    }
    drain.left = 'its size was not read twice';
    const head = await trillian.treeHead(treeId, bounds);
    await pause(timing.signerIntervalMs, bounds.signal);
    const again = await trillian.treeHead(treeId, bounds);
    if (sameHead(head, again)) {
      proof.push(`${describe(head)}, twice, ${timing.signerIntervalMs} ms apart`);
      return { treeId, ...head, proof };
    }
    drain.left = `it grew from ${head.size} to ${again.size} leaves after FROZEN`;
  }
}

async function setState(drain: Drain, state: 'DRAINING' | 'FROZEN', proof: string[]): Promise<Tree> {
  if (state === 'FROZEN') drain.left = 'it was not set FROZEN';
  const tree = await drain.trillian.setState(drain.treeId, state, drain.bounds);
  proof.push(`${state}, read back`);
  return tree;
}

async function noneInFlight(drain: Drain, proof: string[]): Promise<void> {
  const { metrics, bounds } = drain;
  drain.left = 'the QueueLeaf calls in flight were not counted';
  for (;;) {
    const { answer: inFlight, tookMs } = await timed(() => metrics.queueLeafInFlight(bounds.signal));
    if (inFlight === 0) {
      proof.push('no QueueLeaf in flight on any log server');
      return;
    }
    drain.left = `QueueLeaf calls in flight: ${inFlight}`;
    await pause(Math.max(POLL_MS, tookMs), bounds.signal);
  }
}

/** Waits for passes that add nothing; false, at once, for a tree that was never initialised, for which none succeeds. */
async function emptyPasses(drain: Drain, proof: string[]): Promise<boolean> {
  const { trillian, metrics, treeId, bounds } = drain;
  const read = async (): Promise<SignerPasses & TreeHead & { readonly tookMs: number }> => {
    // Counters before the size: then a size that has not grown covers every pass that was counted.
    const { answer, tookMs } = await timed(() => metrics.signer(treeId, bounds.signal));
    return { ...answer, tookMs, ...(await trillian.treeHead(treeId, bounds)) };
  };
  drain.left = 'its signer passes were not counted';
  let from = await ifInitialised(read(), null);
  if (!from) {
    return false;
  }
  for (;;) {
    const now = await read();
    const passes = now.runs - from.runs;
    const wanted = now.signers + 1;
    if (now.unknownTo.length > 0) {
      // Its passes would not be seen.
      drain.left = `the signer at ${now.unknownTo.join(', ')} has not seen it`;
      from = now;
    } else if (
      now.added !== from.added ||
      now.failedRuns !== from.failedRuns ||
      now.size !== from.size ||
      passes < 0
    ) {
      drain.left = `its signer still integrated leaves, or failed, at ${now.size} leaves`;
      from = now;
    } else if (passes >= wanted) {
      proof.push(`${passes} signer passes that added nothing`);
      return true;
    } else {
      drain.left = `${passes} of ${wanted} signer passes that add nothing`;
    }
    // A signer writes its page itself: reading a large one all the time would slow the passes that are waited for.
    await pause(Math.max(POLL_MS, now.tookMs), bounds.signal);
  }
}

function sameHead(one: TreeHead, other: TreeHead): boolean {
  return one.size === other.size && one.rootHash === other.rootHash;
}

function describe({ size, rootHash }: TreeHead): string {
  return `size ${size}, root ${rootHash}`;
}
