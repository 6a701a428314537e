import type { AttemptOrder } from '../../workflows/model/changes';
import { markedTrees, nameOf } from '../../workflows/model/mark';
import { orderNumber, type AttemptIdentity } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { refuse, RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';

/**
 * Refuses NOT_OURS when a later attempt, or a recovery, has the log: a greater number stands on the gate or in the mark of
 * a tree. Whatever a Reset repeats or a stopped worker still sends is then left undone (H7, H8).
 */
export async function requireOurs(
  { log, gate, trillian }: LogSystems,
  identity: AttemptIdentity,
  attempt: Attempt,
): Promise<void> {
  const [state, trees] = await Promise.all([gate.state(attempt.signal), trillian.listTrees(attempt)]);
  const marks = markedTrees(trees, log).map((tree) => tree.identity.number);
  const later = Math.max(state.number, ...marks);
  // The orders that take an attempt back carry the number after its own.
  if (later > orderNumber(identity) + 1) {
    const number = orderNumber(identity);
    throw refuse('NOT_OURS', { rotation: nameOf(identity), number, later });
  }
}

/** Runs an undo unless a later attempt has the log: then there is nothing of this one left to take back. */
export async function ifOurs<Result>(
  systems: LogSystems,
  identity: AttemptIdentity,
  attempt: Attempt,
  otherwise: Result,
  undo: () => Promise<Result>,
): Promise<Result> {
  try {
    await requireOurs(systems, identity, attempt);
  } catch (error) {
    if (error instanceof RefusalError && error.refusal.code === 'NOT_OURS') {
      return otherwise;
    }
    throw error;
  }
  return await undo();
}

/** Whether the gate sends clients to the next release. */
export async function isExposed(
  { gate, installation }: LogSystems,
  { release }: AttemptOrder,
  attempt: Attempt,
): Promise<boolean> {
  const { upstream } = await gate.state(attempt.signal);
  return installation.instances(release.next).some(({ url }) => url === upstream);
}

/**
 * Whether the log lives on the next tree: clients are sent there and it takes their writes. An undo that gets here all the
 * same, of a rotation that was reset after its end, takes nothing back (H7).
 */
export async function livesOnNext(
  systems: LogSystems,
  order: AttemptOrder,
  attempt: Attempt,
): Promise<boolean> {
  if (!(await isExposed(systems, order, attempt))) {
    return false;
  }
  return (await systems.trillian.getTree(order.release.nextTreeId, attempt)).state === 'ACTIVE';
}
