import type { Replacement } from '../../../workflows/model/installation';
import { PODS_AWAITED_MS } from '../../../workflows/model/room';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { changedBySomeone, isRefusal } from '../../errors/refusal-error';
import { untilNothing, untilPodsEnded, type Awaiting } from './awaiting';
import { attemptOf, deleteCopy, deleteCopyPods, notReady, readCopy } from './copy';
import { countAnswering, startCopy, type LauncherReach } from './copy-pods';
import { objectInWords, releasesOf, ROOM_ANNOTATION, type Place } from './names';
import { labelsOf } from './next-objects';
import { podsOf, selectorOf } from './pods';
import { forgetRoom, givePodsBack, leavePods, requireRoom, takenRoom, type Room } from './room';
import { isRolledOut, replicasOf } from './rollout';
import { scaleCopy, takenBy, type TakenBy } from './scaled-copy';
import { readDeployment } from './standing';

/**
 * How the pods of a copy get the room of the standing ones, and those have it again. Every function states an end and may be
 * repeated from any point: what is noted on the standing Deployment comes with the first pod that is taken, and goes last.
 */

/** Clients wait for it. */
const IN_SECTION = { everyMs: 50 } as const;

/** A node that is lost keeps its pods for minutes: whoever takes a rotation back goes on without their room. */
const ENDING = { everyMs: 200, withinMs: 30_000 } as const;

/**
 * The pods of the standing Deployment end, those of the copy come in their place, and Rekor runs in them from the answer on. Refuses
 * CHANGED_BY_SOMEONE, PODS_NOT_GONE and PODS_NOT_READY.
 */
export async function startInPlace(reach: LauncherReach, place: Place, bounds: CallBounds): Promise<void> {
  const { cluster } = reach;
  const copy = await readCopy(cluster, place, bounds);
  const attemptId = attemptOf(copy);
  const taken = takenBy(copy);
  if (taken === undefined || attemptId === null) return;
  const { strategy, pods } = taken;
  await leavePods(cluster, place, { attemptId, strategy, pods, left: 0 }, bounds);
  await untilStandingEnded(cluster, place, 0, IN_SECTION, bounds);
  await scaleCopy(cluster, place, pods, bounds);
  const began = performance.now();
  await untilNothing(
    async () => {
      const deployment = await readCopy(cluster, place, bounds);
      if (deployment === undefined) return undefined;
      if ((await countAnswering(reach, place, bounds)) === pods) return undefined;
      const found = await podsOf(cluster, place, deployment, bounds);
      return notReady(place, deployment, { pods: found, wanted: pods, withinMs: performance.now() - began });
    },
    IN_SECTION,
    bounds,
  );
  await startCopy(reach, place, bounds);
}

/**
 * The standing Deployment has as many pods as a copy that was staged so has left it. Refuses CHANGED_BY_SOMEONE: an autoscaler, or
 * a person, may have given it another number.
 */
export function requireTaken(
  deployment: KubernetesObject,
  attemptId: string,
  taken: TakenBy | undefined,
): void {
  if (taken === undefined) return;
  const room = requireRoom(deployment, { attemptId, pods: taken.pods });
  if (room === undefined && taken.strategy === 'rolling') {
    throw changedBySomeone(
      `The annotation ${ROOM_ANNOTATION} of ${objectInWords(deployment)}`,
      `that of ${attemptId}`,
      'gone',
    );
  }
}

/** Every pod of the standing Deployment has ended, but so many. Refuses PODS_NOT_GONE. */
export async function untilStandingEnded(
  cluster: Cluster,
  place: Place,
  most: number,
  awaiting: Awaiting,
  bounds: CallBounds,
): Promise<void> {
  const { id: deployment } = releasesOf(place).standing;
  const labels = selectorOf(await readDeployment(cluster, place, bounds));
  await untilPodsEnded(cluster, place, { deployment, labels, most }, awaiting, bounds);
}

/** The same of all pods of an attempt's copy but so many. */
export async function untilCopyEnded(
  cluster: Cluster,
  place: Place,
  { attemptId, most }: { readonly attemptId: string; readonly most: number },
  awaiting: Awaiting,
  bounds: CallBounds,
): Promise<void> {
  const { id: deployment } = releasesOf(place).copy;
  await untilPodsEnded(cluster, place, { deployment, labels: labelsOf(attemptId), most }, awaiting, bounds);
}

/**
 * What `startInPlace` took is given back: the copy has no pods, and the standing Deployment has its own. Returns when they are
 * ready. Nothing is done where nothing was taken so. Refuses CHANGED_BY_SOMEONE and PODS_NOT_READY.
 */
export async function giveBackInPlace(
  cluster: Cluster,
  place: Place,
  { attemptId }: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  const room = await takenRoom(cluster, place, attemptId, bounds);
  if (room?.strategy !== 'recreate') return;
  if (attemptOf(await readCopy(cluster, place, bounds)) === attemptId)
    await scaleCopy(cluster, place, 0, bounds);
  await giveBack(cluster, place, room, bounds);
}

/** Removes the copy; the room that it had of the standing Deployment is given back before what tells of the attempt goes. */
export async function removeCopy(
  cluster: Cluster,
  place: Place,
  replacement: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  const room = await takenRoom(cluster, place, replacement.attemptId, bounds);
  if (room !== undefined) {
    await deleteCopyPods(cluster, place, replacement, bounds);
    await giveBack(cluster, place, room, bounds);
  }
  await deleteCopy(cluster, place, replacement, bounds);
}

async function giveBack(cluster: Cluster, place: Place, room: Room, bounds: CallBounds): Promise<void> {
  const { attemptId } = room;
  try {
    await untilCopyEnded(cluster, place, { attemptId, most: 0 }, ENDING, bounds);
  } catch (error) {
    if (!isRefusal(error, 'PODS_NOT_GONE')) throw error;
  }
  await givePodsBack(cluster, place, room, bounds);
  await untilNothing(
    async () => {
      const deployment = await readDeployment(cluster, place, bounds);
      const serves = isRolledOut(deployment) || replicasOf(deployment) !== room.pods;
      if (serves) return undefined;
      const pods = await podsOf(cluster, place, deployment, bounds);
      return notReady(place, deployment, { pods, wanted: room.pods, withinMs: PODS_AWAITED_MS.giveBack });
    },
    { everyMs: 200, withinMs: PODS_AWAITED_MS.giveBack },
    bounds,
  );
  await forgetRoom(cluster, place, room, bounds);
}
