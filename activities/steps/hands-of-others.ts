import type { AttemptInput, CriticalInput } from '../../workflows/model/actions';
import type { Release } from '../../workflows/model/installation';
import type { TreeId, TreeState } from '../../workflows/model/log';
import { attemptIdOf, markedTrees } from '../../workflows/model/mark';
import { fenceOf } from '../../workflows/model/fencing';
import { trafficInWords } from '../../workflows/model/traffic';
import { changedBySomeone, refuse, RefusalError } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { contentOf } from './next-tree-content';
import { isExposed, isOfRotation } from './ownership';
import { requireAllGates } from './writes';

/**
 * What someone else may have changed since it was planned is looked at before each step that relies on it. It is never
 * overwritten: the step refuses CHANGED_BY_SOMEONE, which names what changed, before it has begun.
 */

/** Before the hold: both trees, both releases and the gate are as the preparation left them. */
export const requireAsPrepared: Act<CriticalInput> = async (systems, input) => {
  const { traffic, installation, bounds } = systems;
  const { release, identity } = input;
  const before = await traffic.state(bounds.signal);
  if (before.number >= fenceOf(identity).act) {
    const found = `its order ${before.number} is followed already`;
    throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
  }
  if (isOfRotation(before, identity) && (await isExposed(systems, input))) {
    // An earlier attempt of a rotation that was reset has got there: this one goes on from that, and takes nothing back (H7).
    const found = `clients are sent to ${release.next.name} by its order ${before.number}`;
    throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
  }
  const [state] = await Promise.all([
    traffic.state(bounds.signal),
    requireCurrentAsPrepared(systems, input),
    requireState(systems, release.nextTreeId, ['DRAINING']),
    requireUndoneUnused(systems, input),
    installation.requireStaged(release, bounds.signal),
  ]);
  requireAllGates(state);
  const isSentTo = (to: Release): Promise<boolean> => installation.serves(to, state.instances, bounds.signal);
  if (!(await isSentTo(release.current)) || (await isSentTo(release.next))) {
    const expected = (await installation.addresses(release.current, bounds.signal)).join(', ');
    throw changedBySomeone('Where clients are sent', expected, state.instances.join(', '));
  }
  // A superseding attempt finds the hold of the one before it.
  if (state.mode === 'hold' && !isOfRotation(state, identity)) {
    throw changedBySomeone(
      trafficInWords(state),
      'passing writes',
      `it holds them for order ${state.number}`,
    );
  }
  if (!release.supersedes && (await installation.runs(release.next, bounds.signal))) {
    throw changedBySomeone(`Rekor in ${release.next.name}`, 'stopped', 'it runs');
  }
};

/**
 * Before the hold, and again before the freeze: who closes the current tree in the time between has a reason, and nothing
 * of ours opens it again.
 */
export const requireCurrentAsPrepared: Act<AttemptInput> = async (systems, { release }) => {
  // One attempt at a third tree may have been broken off in its freeze; this one ends the tree again (H12).
  const expected: readonly TreeState[] = release.supersedes ? ['FROZEN', 'DRAINING'] : ['ACTIVE'];
  await requireState(systems, release.currentTreeId, expected);
};

/**
 * Somebody may have opened the tree of an earlier attempt, and a client have found it. No release of this attempt lists that
 * tree, so it would give its indexes again (rule 2).
 *
 * @throws NEXT_TREE_HAS_ENTRIES
 */
const requireUndoneUnused: Act<AttemptInput> = async (systems, { release, identity }) => {
  const { log, trillian, bounds } = systems;
  const listed = new Set([...release.inactive.map(({ treeId }) => treeId), release.currentTreeId]);
  const undone = markedTrees(await trillian.listTrees(bounds), log).filter(
    ({ treeId, identity: by }) => by.rotationId === identity.rotationId && !listed.has(treeId),
  );
  for (const { treeId } of undone) {
    if ((await contentOf(systems, treeId)) === 'public entries') {
      throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: treeId });
    }
  }
};

/** Before the opening: the writes still wait for this attempt, its release is as staged, and nobody touched the next tree. */
export const requireStillHeld: Act<AttemptInput> = async (systems, input) => {
  const { traffic, installation, bounds } = systems;
  const { release, identity } = input;
  const [state, next] = await Promise.all([
    traffic.state(bounds.signal),
    systems.trillian.getTree(release.nextTreeId, bounds),
    installation.requireStaged(release, bounds.signal),
  ]);
  if (next.state === 'ACTIVE') {
    // A call of an earlier section, or someone else: either way its undo has to wait for what may still land.
    const found = `tree ${release.nextTreeId} is ACTIVE before this run opened it`;
    throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
  }
  if (next.state !== 'DRAINING') {
    throw changedBySomeone(`The state of tree ${release.nextTreeId}`, 'DRAINING', next.state);
  }
  // All can go back at once; to go on would have to wait for the lease of one that may still serve.
  const silent = state.away.find(({ mayServe }) => mayServe);
  if (silent) throw new RefusalError(silent.refusal);
  const { act } = fenceOf(identity);
  // Nobody's doing: the gate was started again too late, or this section runs for longer than it may.
  if (state.mode === 'healing' && state.number === act) {
    throw refuse('GATE_ORDER_REFUSED', { number: act, has: state.number, mode: state.mode });
  }
  if (state.mode !== 'hold' || state.number !== act) {
    const now = `order ${state.number} (${state.mode})`;
    throw changedBySomeone(trafficInWords(state), `holding writes for order ${act}`, now);
  }
};

async function requireState(
  { trillian, bounds }: BoundSystems,
  treeId: TreeId,
  expected: readonly TreeState[],
): Promise<void> {
  const { state } = await trillian.getTree(treeId, bounds);
  if (!expected.includes(state)) {
    throw changedBySomeone(`The state of tree ${treeId}`, expected.join(' or '), state);
  }
}
