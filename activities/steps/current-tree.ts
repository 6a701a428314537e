import type { AttemptOrder, CriticalOrder } from '../../workflows/model/changes';
import type { FrozenTree } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { freezeTree } from '../drain';
import { refuse } from '../refusal-error';
import type { LogSystems } from '../systems';

/** The current tree cannot grow any more, and its end is known. */
export async function freeze(
  systems: LogSystems,
  order: CriticalOrder,
  attempt: Attempt,
): Promise<FrozenTree> {
  return await freezeTree(
    systems,
    systems.drain,
    order.release.currentTreeId,
    attempt.signal,
    attempt.notAfter,
  );
}

/** The current tree takes writes; never while the next one does (rule 3: at most one tree of a log is ACTIVE). */
export async function allowWritesToCurrent(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<void> {
  const { trillian } = systems;
  const { currentTreeId, nextTreeId } = order.release;
  const next = await trillian.getTree(nextTreeId, attempt);
  if (next.state === 'ACTIVE') {
    throw refuse('TWO_ACTIVE_TREES', { tree: currentTreeId, other: nextTreeId });
  }
  const current = await trillian.getTree(currentTreeId, attempt);
  if (current.state !== 'ACTIVE') {
    await trillian.setState(currentTreeId, 'ACTIVE', attempt);
  }
}
