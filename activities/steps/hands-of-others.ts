import type { AttemptInput, CriticalInput } from '../../workflows/model/actions';
import type { Tree } from '../../workflows/model/log';
import { attemptIdOf } from '../../workflows/model/mark';
import { fenceOf } from '../../workflows/model/fencing';
import { sendsTo } from '../../workflows/model/traffic';
import { changedBySomeone, refuse } from '../errors/refusal-error';
import type { Act } from './act';

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
    const found = `the gate follows its order ${before.number}`;
    throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
  }
  const currentState = release.supersedes ? 'FROZEN' : 'ACTIVE';
  const [state] = await Promise.all([
    traffic.state(bounds.signal),
    requireState(systems, { treeId: release.currentTreeId, state: currentState }),
    requireState(systems, { treeId: release.nextTreeId, state: 'DRAINING' }),
    installation.requireStaged(release, bounds.signal),
  ]);
  const current = await installation.instances(release.current, bounds.signal);
  const next = await installation.instances(release.next, bounds.signal);
  if (!sendsTo(state.instances, current) || sendsTo(state.instances, next)) {
    const expected = current.map(({ url }) => url).join(', ');
    throw changedBySomeone('Where clients are sent', expected, state.instances.join(', '));
  }
  // A superseding attempt finds the hold of the one before it.
  if (state.mode === 'hold' && !state.attemptId?.startsWith(`${identity.rotationId}/`)) {
    throw changedBySomeone('The gate', 'passing writes', `it holds them for order ${state.number}`);
  }
  if (!release.supersedes && (await installation.runs(release.next, bounds.signal))) {
    throw changedBySomeone(`Rekor in ${release.next.name}`, 'stopped', 'it runs');
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
    // An earlier run of a section that was reset, or someone else: either way its undo has to wait for late calls.
    const found = `tree ${release.nextTreeId} is ACTIVE before this run opened it`;
    throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
  }
  if (next.state !== 'DRAINING') {
    throw changedBySomeone(`The state of tree ${release.nextTreeId}`, 'DRAINING', next.state);
  }
  if (state.mode !== 'hold' || state.number !== fenceOf(identity).act) {
    const now = `order ${state.number} (${state.mode})`;
    throw changedBySomeone('The gate', `holding writes for order ${fenceOf(identity).act}`, now);
  }
};

const requireState: Act<Pick<Tree, 'treeId' | 'state'>> = async ({ trillian, bounds }, expected) => {
  const { treeId, state } = await trillian.getTree(expected.treeId, bounds);
  if (state !== expected.state) {
    throw changedBySomeone(`The state of tree ${treeId}`, expected.state, state);
  }
};
