import { z } from 'zod';
import type { TakingStrategy } from '../../../workflows/model/room';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../clients/kubernetes/objects';
import { parseJson } from '../../clients/parse-json';
import { changedBySomeone } from '../../errors/refusal-error';
import { changeAsRead, changeObject } from './change-object';
import { textAt, valueAt } from './json-path';
import { withAnnotations } from './marking';
import { objectInWords, reference, releasesOf, ROOM_ANNOTATION, type Place } from './names';
import { replicasOf } from './rollout';
import { readDeployment } from './standing';

/**
 * The pods that a rotation takes from the standing Deployment, to make room for its copy. The same patch that changes their number
 * notes which it was before, so whoever takes it back knows it. A number that somebody else has given is never overwritten.
 */

/** What is noted on a Deployment from which pods were taken. */
export interface Room {
  readonly attemptId: string;
  readonly strategy: TakingStrategy;
  /** How many pods it had, and is to have again. */
  readonly pods: number;
  /** How many a rotation has left it. */
  readonly left: number;
}

const count = z.int().nonnegative();
const noted: z.ZodType<Room> = z.strictObject({
  attemptId: z.string().min(1),
  strategy: z.enum(['rolling', 'recreate']),
  pods: count,
  left: count,
});

/** What is noted; undefined where nothing is. Refuses CHANGED_BY_SOMEONE for what no rotation has noted so. */
export function roomOf(deployment: KubernetesObject): Room | undefined {
  const text = textAt(deployment, 'metadata', 'annotations', ROOM_ANNOTATION);
  if (text === undefined) return undefined;
  const room = noted.safeParse(parseJson(text));
  if (room.success) return room.data;
  // Not what it is: anything may stand there (H28).
  const what = `The annotation ${ROOM_ANNOTATION} of ${objectInWords(deployment)}`;
  throw changedBySomeone(what, 'what a rotation has noted', 'something else');
}

/**
 * The standing Deployment has so many pods for an attempt. Refuses CHANGED_BY_SOMEONE where it has neither as many as it had
 * without the rotation, nor as many as that has left it, and where it is another attempt that has taken some.
 *
 * @param isLate whether what this was decided by is not true any more, for the Deployment as it is changed: then nothing is.
 * @returns false where it was late.
 */
export async function leavePods(
  cluster: Cluster,
  place: Place,
  room: Room,
  bounds: CallBounds,
  isLate: (deployment: KubernetesObject) => boolean = () => false,
): Promise<boolean> {
  let late = false;
  await changeAsRead(async () => {
    const deployment = await readDeployment(cluster, place, bounds);
    late = isLate(deployment);
    if (late) return;
    const found = requireRoom(deployment, room);
    if (found?.left === room.left) return;
    await changeObject(
      cluster,
      deployment,
      [
        ...scaling(deployment, room.left),
        ...withAnnotations(deployment, 'metadata'),
        { op: 'add', path: roomPath, value: JSON.stringify(room) },
      ],
      bounds,
    );
  });
  return !late;
}

/**
 * What is noted of an attempt on a Deployment that has as many pods as that says, or as many as it had before any were taken.
 * Refuses CHANGED_BY_SOMEONE for any other.
 */
export function requireRoom(
  deployment: KubernetesObject,
  { attemptId, pods }: Pick<Room, 'attemptId' | 'pods'>,
): Room | undefined {
  const found = roomOf(deployment);
  const name = objectInWords(deployment);
  if (found !== undefined && found.attemptId !== attemptId) {
    throw changedBySomeone(`The pods of ${name}`, `for ${attemptId}`, `for ${found.attemptId}`);
  }
  requirePods(deployment, [found?.left ?? pods]);
  return found;
}

function requirePods(deployment: KubernetesObject, allowed: readonly number[]): void {
  const replicas = replicasOf(deployment);
  if (allowed.includes(replicas)) return;
  const what = `The number of pods of ${objectInWords(deployment)}`;
  throw changedBySomeone(what, [...new Set(allowed)].join(' or '), `${replicas}`);
}

/** The note of this attempt; undefined without one, and where there is no Deployment. Whatever else it has to say is not looked at. */
export async function takenRoom(
  cluster: Cluster,
  place: Place,
  attemptId: string,
  bounds: CallBounds,
): Promise<Room | undefined> {
  const deployment = await cluster.get(reference(place, 'Deployment', releasesOf(place).standing.id), bounds);
  const room = deployment && roomOf(deployment);
  return room?.attemptId === attemptId ? room : undefined;
}

/**
 * It has its own number of pods again, and still says for whom they were taken: `forgetRoom` is for when they run. Refuses
 * CHANGED_BY_SOMEONE.
 */
export async function givePodsBack(
  cluster: Cluster,
  place: Place,
  room: Room,
  bounds: CallBounds,
): Promise<void> {
  await changeAsRead(async () => {
    const deployment = await readDeployment(cluster, place, bounds);
    const found = roomOf(deployment);
    if (found?.attemptId !== room.attemptId || found.left === found.pods) return;
    // By hand is as good.
    requirePods(deployment, [found.left, found.pods]);
    const value = JSON.stringify({ ...found, left: found.pods });
    await changeObject(
      cluster,
      deployment,
      [...scaling(deployment, found.pods), { op: 'add', path: roomPath, value }],
      bounds,
    );
  });
}

/** Nothing says any more that pods were taken. Refuses CHANGED_BY_SOMEONE where it has another number of them. */
export async function forgetRoom(
  cluster: Cluster,
  place: Place,
  { attemptId }: Pick<Room, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  await changeAsRead(async () => {
    const deployment = await readDeployment(cluster, place, bounds);
    const found = roomOf(deployment);
    if (found?.attemptId !== attemptId) return;
    requirePods(deployment, [found.pods]);
    await changeObject(cluster, deployment, [{ op: 'remove', path: roomPath }], bounds);
  });
}

const roomPath = jsonPointer('metadata', 'annotations', ROOM_ANNOTATION);

/** What gives a Deployment that has the number of pods which was read another one. */
export function scaling(deployment: KubernetesObject, pods: number): PatchOperation[] {
  const path = jsonPointer('spec', 'replicas');
  const value = valueAt(deployment, 'spec', 'replicas');
  return [
    ...(value === undefined ? [] : [{ op: 'test', path, value } as const]),
    { op: 'add', path, value: pods },
  ];
}
