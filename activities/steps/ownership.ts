import type { AttemptInput } from '../../workflows/model/actions';
import type { Release } from '../../workflows/model/installation';
import { markedTrees, attemptIdOf } from '../../workflows/model/mark';
import { fenceOf, type AttemptIdentity } from '../../workflows/model/fencing';
import { refuse, unlessRefused } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { TrafficState } from '../traffic/traffic';
import type { Act } from './act';

/**
 * Refuses NOT_OURS when a later attempt, or a recovery, has the log: traffic follows a greater number, or one stands in the mark of
 * a tree. Whatever a Reset repeats or a stopped worker still sends is then left undone (H7, H8).
 */
export const requireOurs: Act<AttemptIdentity> = async ({ log, traffic, trillian, bounds }, identity) => {
  const [state, trees] = await Promise.all([traffic.state(bounds.signal), trillian.listTrees(bounds)]);
  const fence = fenceOf(identity);
  const marks = markedTrees(trees, log).map((tree) => tree.identity);
  const others = marks.filter(({ rotationId }) => rotationId !== identity.rotationId);
  const later = [
    // The orders that take an attempt back carry the number after its own.
    ...[state.number, ...marks.map((mark) => mark.number)].filter((found) => found > fence.undo),
    // Another rotation may hold the same number, if the last attempts of ours never wrote theirs anywhere.
    ...others.map((mark) => mark.number).filter((found) => found >= fence.act),
  ];
  if (later.length > 0) {
    throw refuse('NOT_OURS', {
      rotation: attemptIdOf(identity),
      number: fence.act,
      later: Math.max(...later),
    });
  }
};

/**
 * Whether the critical section of this attempt has begun: the gate follows an order of it. Whoever still prepares the
 * attempt was reset (H7).
 */
export const sectionBegan: Act<AttemptIdentity, boolean> = async ({ traffic, bounds }, identity) => {
  return (await traffic.state(bounds.signal)).number >= fenceOf(identity).act;
};

/**
 * Whether a later attempt of the same rotation has begun: this one was reset, and what it made is what that one uses (H7).
 */
export const laterAttemptBegan: Act<AttemptIdentity, boolean> = async ({ traffic, bounds }, identity) => {
  const state = await traffic.state(bounds.signal);
  return isOfRotation(state, identity) && state.number > fenceOf(identity).undo;
};

/** Whether the order that traffic follows is one of this attempt's rotation. */
export function isOfRotation(
  { attemptId }: Pick<TrafficState, 'attemptId'>,
  { rotationId }: AttemptIdentity,
): boolean {
  return attemptId?.startsWith(`${rotationId}/`) ?? false;
}

/** Runs an undo unless a later attempt has the log: then there is nothing of this one left to take back. */
export async function ifOurs<Result>(
  systems: BoundSystems,
  identity: AttemptIdentity,
  otherwise: Result,
  undo: () => Promise<Result>,
): Promise<Result> {
  const isOurs = requireOurs(systems, identity).then(() => true);
  return (await unlessRefused('NOT_OURS', isOurs, false)) ? await undo() : otherwise;
}

/**
 * The release with the next tree that clients are sent to: the next one, or the one that it was settled into; null when they
 * are sent to neither.
 */
const exposedRelease: Act<AttemptInput, Release | null> = async (systems, { release }) => {
  if (await serves(systems, release.next)) {
    return release.next;
  }
  const settled = await systems.installation.settledInto(release, systems.bounds.signal);
  return settled !== null && (await serves(systems, settled)) ? settled : null;
};

/**
 * The release with the next tree that clients are sent to, or are to be: the next one itself, unless they are sent already to what
 * it was settled into. It may be gone then.
 */
export const releaseToServe: Act<AttemptInput, Release> = async (systems, input) => {
  return (await exposedRelease(systems, input)) ?? input.release.next;
};

/** Whether clients are sent to the next release, or to the one that it was settled into. */
export const isExposed: Act<AttemptInput, boolean> = async (systems, input) => {
  return (await exposedRelease(systems, input)) !== null;
};

/** Whether clients are sent to a release. */
export const serves: Act<Release, boolean> = async ({ traffic, installation, bounds }, release) => {
  const { instances } = await traffic.state(bounds.signal);
  return await installation.serves(release, instances, bounds.signal);
};

/**
 * Whether the log lives on the next tree: clients are sent there and it takes their writes. An undo that gets here all the
 * same, of a rotation that was reset after its end, takes nothing back (H7).
 */
export const livesOnNext: Act<AttemptInput, boolean> = async (systems, input) => {
  if (!(await isExposed(systems, input))) {
    return false;
  }
  return (await systems.trillian.getTree(input.release.nextTreeId, systems.bounds)).state === 'ACTIVE';
};
