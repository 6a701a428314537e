import type { PlannedChanges, Replacement } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { podsWhileStaged, type Strategy } from '../../../workflows/model/room';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { changedBySomeone } from '../../errors/refusal-error';
import { NEXT_TREE_ID } from '../content';
import { makeCopy, requireCopy, untilCopyWaits } from './copy';
import { requireFollows, requireHasPods, requireServiceLeads } from './following';
import { requireNoOperator } from './inserted-gate/insertable';
import { releasesOf, type InsertedServices } from './names';
import type { NextRelease } from './next-objects';
import { requireFollowed } from './operator/following';
import { ownershipOf, type HeldOff } from './owners/ownership';
import { fingerprintOf, nextReleaseOf, plannedChanges, type NextOptions } from './planned';
import { requireRights } from './rights';
import { leavePods, takenRoom } from './room';
import { replicasOf } from './rollout';
import { takenBy } from './scaled-copy';
import { readService } from './service';
import { readStanding, shardsOf, type FoundStanding } from './standing';
import { plannedRoom } from './strategy';
import { giveBackInPlace, requireTaken, untilStandingEnded } from './taking-room';
import { requireMovable } from './without-gate/movable';

/** How the copy of a standing Deployment is planned, made, and looked at again before clients wait for it. */

/** What of the installation that takes. */
export interface Making extends NextOptions {
  readonly cluster: Cluster;
  readonly strategy?: Strategy;
  readonly withoutGate?: boolean;
  readonly inserted?: InsertedServices;
  readonly ownersHeldOff?: HeldOff;
}

/** What is left of `stage` for pods to come up, in milliseconds. */
const PODS_WITHIN_MS = 300_000;

/** Everything that a rotation will make and change, and what it takes. Refuses what a plan is refused for. */
export async function planCopy(
  making: Making,
  earlier: readonly TreeId[],
  bounds: CallBounds,
): Promise<PlannedChanges> {
  const { cluster, place, strategy = 'blue-green', withoutGate = false, inserted, ownersHeldOff } = making;
  const found = await rotatableNow(making, bounds);
  requireHasPods(place, found.deployment);
  await requireRights(cluster, place, { ...found, withoutGate, inserted }, bounds);
  const service = await readService(cluster, place, bounds);
  await requireServiceLeads(cluster, place, service, found, bounds);
  if (withoutGate) requireMovable(place, service, found);
  const also = await servicesChanged(making, bounds);
  if (inserted) for (const one of also) requireNoOperator(place, one, found);
  const room = plannedRoom(place, strategy, found);
  const pods = podsOfCopy(strategy, replicasOf(found.deployment));
  const planned = nextReleaseOf(making, found, earlier, {
    ...{ nextTreeId: NEXT_TREE_ID, attemptId: '' },
    ...pods,
  });
  const values = { list: planned.list, tree: NEXT_TREE_ID };
  return {
    ...plannedChanges(planned, found),
    ownership: ownershipOf(place.log, found, values, also, ownersHeldOff),
    ...(room && { room }),
  };
}

/** The Services whose selector is another one during a rotation: whoever writes it again by himself is an owner, too. */
export async function servicesChanged(
  {
    cluster,
    place,
    withoutGate = false,
    inserted,
  }: Pick<Making, 'cluster' | 'place' | 'withoutGate' | 'inserted'>,
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  const names = [...(withoutGate ? [place.service] : []), ...(inserted ? [inserted.at] : [])];
  return await Promise.all(names.map((service) => readService(cluster, { ...place, service }, bounds)));
}

/** Makes it as it was planned, and returns when its launchers wait. Refuses CHANGED_BY_SOMEONE and PODS_NOT_READY. */
export async function stageCopy(
  making: Making,
  replacement: Replacement,
  planned: Pick<PlannedChanges, 'fingerprint'>,
  bounds: CallBounds,
): Promise<void> {
  const { cluster, place, strategy = 'blue-green' } = making;
  const { attemptId, nextTreeId, inactive, currentTreeId } = replacement;
  // What a section that was lost has taken (H7).
  await giveBackInPlace(cluster, place, replacement, bounds);
  const found = await rotatableNow(making, bounds);
  const earlier = [...inactive.map(({ treeId }) => treeId), currentTreeId];
  const room = await takenRoom(cluster, place, attemptId, bounds);
  const pods = room?.pods ?? replicasOf(found.deployment);
  const attempt = { attemptId, nextTreeId, ...podsOfCopy(strategy, pods) };
  const next = nextReleaseOf(making, found, earlier, attempt);
  const fingerprint = fingerprintOf(next, found);
  if (fingerprint !== planned.fingerprint) {
    const what = `${releasesOf(place).standing.name}, an object that it takes its shards from, or how its copy is made,`;
    throw changedBySomeone(what, planned.fingerprint.slice(0, 12), fingerprint.slice(0, 12));
  }
  await makeCopy(cluster, next, bounds, async () => {
    if (strategy !== 'rolling') return;
    const { current: left } = podsWhileStaged(strategy, pods);
    await leavePods(cluster, place, { attemptId, strategy, pods, left }, bounds);
    await untilStandingEnded(cluster, place, left, { everyMs: 200, withinMs: PODS_WITHIN_MS }, bounds);
  });
  const { port } = found.workload;
  await untilCopyWaits(cluster, place, { port, withinMs: PODS_WITHIN_MS }, bounds);
}

/** The port's `requireStaged`. */
export async function requireStagedCopy(
  making: Making,
  replacement: Replacement,
  bounds: CallBounds,
): Promise<void> {
  const { cluster, place } = making;
  // Clients may be waiting: at the same time.
  const [found, copy] = await Promise.all([
    rotatableNow(making, bounds),
    requireCopy(cluster, place, replacement, bounds),
  ]);
  requireTaken(found.deployment, replacement.attemptId, takenBy(copy));
  const { activeTreeId, inactiveTreeIds } = shardsOf(place.log, found);
  const inWordsOf = (ids: readonly string[], active: string): string => `[${ids.join(', ')}] and ${active}`;
  const expected = inWordsOf(
    replacement.inactive.map(({ treeId }) => treeId),
    replacement.currentTreeId,
  );
  const now = inWordsOf(inactiveTreeIds, activeTreeId);
  if (expected !== now)
    throw changedBySomeone(`The shards of ${releasesOf(place).standing.name}`, expected, now);
}

async function rotatableNow({ cluster, place }: Making, bounds: CallBounds): Promise<FoundStanding> {
  const found = await readStanding(cluster, place, bounds);
  const { resource, deployment } = found;
  requireFollows(place, deployment);
  if (resource !== undefined) requireFollowed(place.log, { ...found, resource });
  return found;
}

/** How many pods a copy is made with, beside a Deployment that has so many of its own. */
function podsOfCopy(strategy: Strategy, pods: number): Pick<NextRelease, 'replicas' | 'takes'> {
  const { next: replicas } = podsWhileStaged(strategy, pods);
  return strategy === 'blue-green' ? { replicas } : { replicas, takes: { strategy, pods } };
}
