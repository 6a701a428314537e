import { entries } from '../../workflows/model/counted';
import { isYounger } from '../../workflows/model/drain';
import type { Instance } from '../../workflows/model/log';
import type { FrozenTree, Handover } from '../../workflows/model/next-tree';
import { afterRotation, differencesFrom, firstIndexAfter } from '../../workflows/model/shards';
import { withinTime } from '../bounds/signals';
import { allEnded, orAborted, pauseUntilNextLook } from '../bounds/waiting';
import { changedBySomeone, refuse, RefusalError } from '../errors/refusal-error';
import { handoverLeaf, handoverText, sameEnd } from '../handover';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { readLogKey } from '../verification/log-key';
import { releaseToServe } from './ownership';
import { handedOver, type HandedOver } from './next-tree-content';
import { servedLog, stillThere, type OfRelease } from './served-log';
import { announceNext, type FrozenAttempt } from './writes';

/** How often the next release and tree are looked at while they get ready, in milliseconds. */
const LOOK_EVERY_MS = 5;

/**
 * Proves every next instance, then opens the next tree and puts the handover leaf into it, all before anyone is sent
 * there. Repeating it adds nothing: Trillian takes a second handover of this attempt for the first.
 *
 * Where it only goes forward, a next tree that begins with an entry of a client gets no handover leaf; the result is null.
 */
export const verifyAndOpen: Act<
  FrozenAttempt & Pick<OfRelease, 'of'> & { readonly forward?: boolean },
  Handover | null
> = async (systems, input) => {
  const { trillian, bounds } = systems;
  const { frozen, release } = input;
  const { nextTreeId } = release;
  // Made while the release starts: a signature takes some milliseconds.
  const { value, identityHash, extraData } = handoverLeaf(frozen);
  const [lastAtMs, instances] = await allEnded([
    lastIntegration(systems, input),
    proveRelease(systems, input),
  ]);
  const [next] = await allEnded([trillian.getTree(nextTreeId, bounds), requireCurrentEnded(systems, input)]);
  // The last look at a Cancel before the opening (H26).
  bounds.signal.throwIfAborted();
  if (next.state !== 'ACTIVE') {
    await trillian.setState(nextTreeId, 'ACTIVE', bounds);
  }

  const began = performance.now();
  const [begun, { size }] = await allEnded([
    handedOver(systems, nextTreeId),
    trillian.treeHead(nextTreeId, bounds),
  ]);
  if (size === 0) {
    await trillian.queueLeaf(nextTreeId, { value, identityHash, extraData }, bounds);
  }
  await Promise.all([
    announceNext(systems, input),
    ...instances.map((instance) => seenThrough(systems, instance)),
  ]);
  const first = begun ?? (await handedOver(systems, nextTreeId));
  const handover = handoverOf(first, frozen, performance.now() - began);
  if (first && handover) {
    if (!input.forward) {
      requireInOrder(systems, input, lastAtMs, first);
    }
    return handover;
  }
  if (input.forward) {
    return null;
  }
  throw refuse('HANDOVER_NOT_SEEN', { tree: nextTreeId, reason: 'its first leaf is another one' });
};

/** What a next tree begins with, as the handover of this end; null where it is something else. */
function handoverOf(first: HandedOver | null, frozen: FrozenTree, integratedInMs: number): Handover | null {
  return first && sameEnd(first.end, frozen)
    ? {
        text: handoverText(frozen),
        leafHash: first.leafHash,
        integratedInMs: Math.round(integratedInMs),
      }
    : null;
}

/** An instance that does not say so soon what it has loaded serves nobody, in milliseconds. */
const SERVED_MS = 800;

/**
 * What a next tree that clients are sent to begins with, where every instance serves it rightly now; null where one does
 * not. Looks once, and changes nothing.
 */
export const servedHandover: Act<FrozenAttempt, { readonly handover: Handover | null } | null> = async (
  systems,
  input,
) => {
  const { installation, rekor, bounds } = systems;
  const { frozen, release } = input;
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  const of = await releaseToServe(systems, input);
  // What follows has to be through in the same try, also where an instance takes the question and never answers.
  const look = async (signal: AbortSignal) => {
    const instances = await installation.instances(of, signal);
    const loaded = await allEnded(instances.map((instance) => rekor.log(instance, signal)));
    return loaded.map((log) => differencesFrom(log, release.nextTreeId, shards));
  };
  const found = await withinTime(SERVED_MS, bounds.signal, (signal) => orAborted(look(signal), signal)).catch(
    () => null,
  );
  bounds.signal.throwIfAborted();
  const servesRightly = found !== null && found.length > 0 && found.flat().length === 0;
  return servesRightly
    ? { handover: handoverOf(await handedOver(systems, release.nextTreeId), frozen, 0) }
    : null;
};

/** When the last entry before the next tree was integrated, in milliseconds since the epoch; null when there is none. */
const lastIntegration: Act<FrozenAttempt, number | null> = async (
  { trillian, bounds },
  { frozen, release },
) => {
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  const before = shards.findLast(({ length }) => length > 0);
  if (!before) {
    return null;
  }
  const [last] = await trillian.leavesByRange(before.treeId, before.length - 1, 1, bounds);
  return last?.integratedAtMs ?? null;
};

/**
 * Integration times go up from shard to shard, as far as the clocks of two signers allow: whoever verifies the log later
 * takes anything else for two trees that took writes at once (H40).
 *
 * @throws CLOCKS_APART
 */
function requireInOrder(
  { drain }: BoundSystems,
  { release }: FrozenAttempt,
  lastAtMs: number | null,
  { integratedAtMs }: HandedOver,
): void {
  const { clockDifferenceMs } = drain;
  if (lastAtMs !== null && isYounger(lastAtMs, integratedAtMs, clockDifferenceMs)) {
    throw refuse('CLOCKS_APART', {
      tree: release.currentTreeId,
      last: new Date(lastAtMs).toISOString(),
      next: release.nextTreeId,
      first: new Date(integratedAtMs).toISOString(),
      clockDifferenceMs,
    });
  }
}

/** Read once more, immediately before the opening: a current tree that has grown would shift every index (H1). */
export const requireCurrentEnded: Act<FrozenAttempt> = async ({ trillian, bounds }, { frozen, release }) => {
  const { nextTreeId, currentTreeId } = release;
  const [current, end] = await Promise.all([
    trillian.getTree(currentTreeId, bounds),
    trillian.treeHead(currentTreeId, bounds),
  ]);
  if (current.state === 'ACTIVE') {
    throw refuse('TWO_ACTIVE_TREES', { tree: nextTreeId, other: currentTreeId });
  }
  const now = { treeId: currentTreeId, ...end };
  if (current.state !== 'FROZEN' || !sameEnd(frozen, now)) {
    const expected = `FROZEN with ${entries(frozen.size)} for good`;
    const found = `${current.state} with ${entries(end.size)}`;
    throw changedBySomeone(`Tree ${currentTreeId}`, expected, found);
  }
};

/** One that still loads another length after so many restarts will not load the right one by the next. */
const MOST_RESTARTS = 3;

/**
 * Waits until every instance of a release serves exactly the right shards with exactly their final lengths. One that was
 * started before the drain was over may have loaded a shorter length: the release is restarted, never exposed. Pods come and
 * go meanwhile, and with a restart all of them do: so they are asked for each time.
 *
 * @returns the instances that were proven.
 * @throws VERIFICATION_FAILED where an instance serves anything else, or another length after each of three restarts.
 */
export const proveRelease: Act<FrozenAttempt & Pick<OfRelease, 'of'>, readonly Instance[]> = async (
  systems,
  input,
) => {
  const { installation, bounds } = systems;
  const { of: release } = input;
  const began = performance.now();
  for (let restarts = 0; ;) {
    const instances = await installation.instances(release, bounds.signal);
    const found = await allEnded(instances.map((instance) => proveInstance(systems, { ...input, instance })));
    if (found.length > 0 && found.every((one) => one === 'proven')) {
      return instances;
    }
    const anotherLength = found.find((one) => one instanceof RefusalError);
    if (anotherLength) {
      if (restarts === MOST_RESTARTS) {
        throw anotherLength;
      }
      restarts += 1;
      await installation.stop(release, bounds);
      await installation.start(release, bounds);
    } else {
      await pauseUntilNextLook(LOOK_EVERY_MS, began, bounds.signal);
    }
  }
};

/** A refusal says of one with the right shards which length it has loaded instead. */
type Proven = 'proven' | 'gone' | RefusalError;

const proveInstance: Act<FrozenAttempt & OfRelease, Proven> = async (systems, input) => {
  const { rekor, bounds } = systems;
  const { frozen, release, instance } = input;
  const shards = afterRotation(release.inactive, release.currentTreeId, frozen.size);
  const unanswered = () => stillThere(systems, input);
  const loaded = await servedLog(systems, instance, { everyMs: LOOK_EVERY_MS, unanswered });
  if (!loaded) {
    return 'gone';
  }
  const [difference] = differencesFrom(loaded, release.nextTreeId, shards);
  if (difference !== undefined) {
    const listed = loaded.inactive.map((shard) => shard.treeId).join();
    const refusal = refuse('VERIFICATION_FAILED', { what: `Rekor ${instance.name}`, reason: difference });
    if (listed !== shards.map((shard) => shard.treeId).join() || loaded.activeTreeId !== release.nextTreeId) {
      throw refusal;
    }
    return refusal;
  }
  // A second leg that no cached checkpoint can fake (H29): the last index is the current tree's last leaf.
  const boundary = firstIndexAfter(shards);
  const [last] = await allEnded([
    frozen.size === 0 ? Promise.resolve(null) : rekor.entryAt(instance, boundary - 1, bounds.signal),
    requireRehearsedKey(systems, input),
  ]);
  if (frozen.size > 0 && (last?.treeId !== release.currentTreeId || last.leafIndex !== frozen.size - 1)) {
    throw refuse('VERIFICATION_FAILED', {
      what: `Index ${boundary - 1} through Rekor ${instance.name}`,
      reason: `it is not the last entry of tree ${release.currentTreeId}`,
    });
  }
  return 'proven';
};

/**
 * The next tree is signed with the key that the rehearsal has proven: one that has become another since, such as what an alias
 * of a key management service stands for, serves nobody.
 */
const requireRehearsedKey: Act<OfRelease & Pick<FrozenAttempt, 'release'>> = async (
  { rekor, bounds },
  { release: { keys, nextTreeId }, instance },
) => {
  const rehearsed = keys?.find(({ trees }) => trees.includes(nextTreeId));
  if (!rehearsed) {
    return;
  }
  const { logId } = readLogKey(await rekor.publicKey(instance, nextTreeId, bounds.signal));
  if (logId !== rehearsed.logId) {
    const reason = `it signs with the key ${logId}, not with ${rehearsed.logId}, which it was rehearsed with`;
    throw refuse('VERIFICATION_FAILED', { what: `Rekor ${instance.name}`, reason });
  }
};

const seenThrough: Act<Instance> = async ({ rekor, bounds }, instance) => {
  const began = performance.now();
  while ((await rekor.log(instance, bounds.signal)).active.size === 0) {
    await pauseUntilNextLook(LOOK_EVERY_MS, began, bounds.signal);
  }
};
