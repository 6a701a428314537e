import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { errorReason } from '../../activities/errors/error-reason';
import { refuse } from '../../activities/errors/refusal-error';
import type { VirtualTime } from '../virtual-time';
import type { Network } from './network';
import type { SimulatedTrillian } from './trillian';

const TIMEOUT_MS = 2000;

/** What a leaf takes of the database, in bytes. */
const LEAF_BYTES = 1000;

/** Trillian's database. */
export function simulatedTreeQueue(parts: {
  readonly log: string;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly trillian: SimulatedTrillian;
}): TreeQueue {
  const { log, time, network, trillian } = parts;
  const select = async <Answer>(answer: () => Answer, signal: AbortSignal): Promise<Answer> => {
    const deadline = time.now + TIMEOUT_MS;
    signal.throwIfAborted();
    try {
      return await network.send(
        { system: 'queue', method: 'SELECT', changes: false, deadline, signal },
        answer,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw refuse('DATABASE_UNREACHABLE', { log, reason: errorReason(error) });
    }
  };
  return {
    read: (treeId, signal) => select(() => trillian.row(treeId), signal),
    queuedLeaves: (atMost, signal) =>
      select(() => {
        const rows = [...trillian.trees.keys()].map((treeId) => trillian.row(treeId)?.queued ?? 0);
        return Math.min(
          atMost,
          rows.reduce((sum, queued) => sum + queued, 0),
        );
      }, signal),
    databaseBytes: (signal) =>
      select(
        () =>
          [...trillian.trees.keys()].reduce(
            (sum, treeId) => sum + LEAF_BYTES * trillian.head(treeId).size,
            0,
          ),
        signal,
      ),
    close: () => Promise.resolve(),
  };
}
