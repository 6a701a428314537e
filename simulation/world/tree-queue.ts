import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { errorReason } from '../../activities/errors/error-reason';
import { refuse } from '../../activities/errors/refusal-error';
import type { VirtualTime } from '../virtual-time';
import type { Network } from './network';
import type { SimulatedTrillian } from './trillian';

const TIMEOUT_MS = 2000;

/** Trillian's database. */
export function simulatedTreeQueue(parts: {
  readonly log: string;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly trillian: SimulatedTrillian;
}): TreeQueue {
  const { log, time, network, trillian } = parts;
  return {
    read: async (treeId, signal) => {
      const deadline = time.now + TIMEOUT_MS;
      signal.throwIfAborted();
      try {
        return await network.send(
          { system: 'queue', method: 'SELECT', changes: false, deadline, signal },
          () => trillian.row(treeId),
        );
      } catch (error) {
        signal.throwIfAborted();
        throw refuse('DATABASE_UNREACHABLE', { log, reason: errorReason(error) });
      }
    },
    close: () => Promise.resolve(),
  };
}
