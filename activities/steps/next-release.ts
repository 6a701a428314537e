import type { AttemptOrder, CriticalOrder, SettledOrder } from '../../workflows/model/changes';
import type { Attempt } from '../attempt';
import { refuse, RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { pause } from '../waiting';

/** How long a rehearsed start may take, in milliseconds; Rekor needs about 150. */
const REHEARSAL_MS = 15_000;

/**
 * Writes the next release and rehearses its start, so that one which cannot start costs no client anything. It serves
 * nobody, and its tree is closed: whatever it says of the current tree's length is true and used by no one.
 */
export async function stage(systems: LogSystems, order: AttemptOrder, attempt: Attempt): Promise<void> {
  const { installation } = systems;
  const { release } = order;
  await installation.stage(release, attempt.signal);
  try {
    await installation.start(release.next, attempt.signal);
    await rehearsed(systems, order, attempt);
  } finally {
    await installation.stop(release.next, attempt.signal);
  }
}

async function rehearsed(systems: LogSystems, order: AttemptOrder, attempt: Attempt): Promise<void> {
  const { release } = order;
  const expected = [...release.inactive.map((shard) => shard.treeId), release.currentTreeId].join(', ');
  for (const instance of systems.installation.instances(release.next)) {
    const began = performance.now();
    for (;;) {
      try {
        const log = await systems.rekor.log(instance, attempt.signal);
        const listed = log.inactive.map((shard) => shard.treeId).join(', ');
        if (log.activeTreeId !== release.nextTreeId || listed !== expected) {
          const found = `active ${log.activeTreeId}, inactive [${listed}]`;
          const reason = `it serves ${found}, not active ${release.nextTreeId}, inactive [${expected}]`;
          throw refuse('SLOT_DOES_NOT_START', { slot: instance.name, url: instance.url, reason });
        }
        break;
      } catch (error) {
        attempt.signal.throwIfAborted();
        if (!(error instanceof RefusalError) || error.refusal.code === 'SLOT_DOES_NOT_START') {
          throw error;
        }
        if (performance.now() - began > REHEARSAL_MS) {
          const reason = `no answer within ${REHEARSAL_MS / 1000} s: ${error.refusal.message}`;
          throw refuse('SLOT_DOES_NOT_START', { slot: instance.name, url: instance.url, reason }, error);
        }
        await pause(50, attempt.signal);
      }
    }
  }
}

/** Stops the next release and puts back what staging replaced. */
export async function discard(systems: LogSystems, order: AttemptOrder, attempt: Attempt): Promise<void> {
  await systems.installation.stop(order.release.next, attempt.signal);
  await systems.installation.discard(order.release, attempt.signal);
}

/** The next release's processes run; whether they serve is proven later. */
export async function start(systems: LogSystems, order: CriticalOrder, attempt: Attempt): Promise<void> {
  await systems.installation.start(order.release.next, attempt.signal);
}

/** They do not run. */
export async function stop(systems: LogSystems, order: AttemptOrder, attempt: Attempt): Promise<void> {
  await systems.installation.stop(order.release.next, attempt.signal);
}

/**
 * The standing configuration is the next release's. The current one stops some time after its last write: what it
 * still does in the background, its search index for example, must end (H30).
 */
export async function settle(systems: LogSystems, order: SettledOrder, attempt: Attempt): Promise<void> {
  await systems.installation.settle(order.release, attempt.signal);
  await pause(systems.timing.stopCurrentAfterMs, attempt.signal);
  await systems.installation.stop(order.release.current, attempt.signal);
}
