import { randomBytes } from 'node:crypto';
import type { Replacement } from '../../../workflows/model/installation';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, ObjectReference } from '../../clients/kubernetes/objects';
import { changedBySomeone, refuse } from '../../errors/refusal-error';
import { pause } from '../../bounds/waiting';
import { untilFormerCopiesEnded } from './former-copies';
import { numberAt, textAt, valueAt } from './json-path';
import {
  ATTEMPT_ANNOTATION,
  inWords,
  launcherSecretName,
  reference,
  releasesOf,
  SCALED_ANNOTATION,
  type Place,
} from './names';
import { launcherSecret, nextDeployment, nextList, type NextRelease } from './next-objects';
import { instanceOf, mayMakeNoPods, podsOf, whyNoPods, type Pod } from './pods';
import type { ListPlace } from './rekor-workload';

/** How the copy of a Deployment is made, asked and removed again. Every function may be repeated from any point. */

/** How often pods are looked at that are not there yet, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** The copy's Deployment; undefined where no attempt has made one. */
export async function readCopy(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<KubernetesObject | undefined> {
  return await cluster.get(reference(place, 'Deployment', releasesOf(place).copy.id), bounds);
}

/** The attempt that an object says it belongs to. */
export function attemptOf(object: KubernetesObject | undefined): string | null {
  return textAt(object, 'metadata', 'annotations', ATTEMPT_ANNOTATION) ?? null;
}

/**
 * The attempt that what is there of the copy belongs to, as `<rotation>/<attempt>`; null where nothing is there. Its list is made
 * first and deleted last.
 */
export async function attemptOfCopy(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<string | null> {
  for (const kind of ['Deployment', 'ConfigMap', 'Secret'] as const) {
    const attemptId = attemptOf(await cluster.get(reference(place, kind, releasesOf(place).copy.id), bounds));
    if (attemptId !== null) return attemptId;
  }
  return null;
}

/**
 * Makes the objects of the copy, its Deployment last: before that, but after what tells that there is an attempt, `takeRoom` lets
 * its pods have room. Refuses CHANGED_BY_SOMEONE where others stand in their place, and PODS_NOT_GONE where pods of another attempt do
 * not end.
 */
export async function makeCopy(
  cluster: Cluster,
  next: NextRelease,
  bounds: CallBounds,
  takeRoom: () => Promise<void>,
): Promise<void> {
  const { place, attemptId, standing } = next;
  let hasSecret = false;
  for (const object of objectsOf(place, standing.workload.list.kind)) {
    const found = await cluster.get(object, bounds);
    if (found === undefined) continue;
    if (attemptOf(found) !== attemptId) {
      throw changedBySomeone(inWords(object), 'no such object', whose(found));
    }
    hasSecret ||= object.name === launcherSecretName(place);
  }
  await untilFormerCopiesEnded(cluster, place, attemptId, bounds);
  await cluster.apply(nextList(next), bounds);
  if (!hasSecret) {
    await cluster.apply(launcherSecret(next, randomBytes(24).toString('base64url')), bounds);
  }
  await takeRoom();
  await cluster.apply(nextDeployment(next), bounds);
}

/** Where Rekor will listen in its pods, and how long they may take. Milliseconds. */
export interface AwaitedCopy {
  readonly port: number;
  readonly withinMs: number;
  /** Of pods that no waiting helps. Absent: half a minute. */
  readonly stuckMs?: number;
}

/** For so long pods that end may still count in a quota, and an object that is missing may be on its way. Milliseconds. */
const STUCK_MS = 30_000;

/**
 * Waits until every pod of the copy runs and its launcher answers.
 *
 * @throws PODS_NOT_READY when that is not so within `withinMs`, or within `stuckMs` where no waiting helps; with the first pod that
 *   does not and what keeps it.
 */
export async function untilCopyWaits(
  cluster: Cluster,
  place: Place,
  { port, withinMs, stuckMs = STUCK_MS }: AwaitedCopy,
  bounds: CallBounds,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const deployment = await readCopy(cluster, place, bounds);
    const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
    const pods = deployment ? await podsOf(cluster, place, deployment, bounds) : [];
    const running = pods.filter((pod) => pod.isRunning && instanceOf(pod, port) !== undefined);
    if (deployment && running.length === wanted && pods.length === wanted) return;
    const isStuck = mayMakeNoPods(deployment) || pods.some((pod) => pod.isStuck);
    const waitedMs = performance.now() - began;
    if (waitedMs > (isStuck ? Math.min(stuckMs, withinMs) : withinMs)) {
      throw notReady(place, deployment, { pods, wanted, withinMs: waitedMs });
    }
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}

/** Words for pods that did not come in time. */
export function notReady(
  place: Place,
  deployment: KubernetesObject | undefined,
  found: { readonly pods: readonly Pod[]; readonly wanted: number; readonly withinMs: number },
): Error {
  const { log, namespace } = place;
  const name = deployment?.metadata.name ?? releasesOf(place).copy.id;
  const reason = whyNotReady(deployment, found);
  return refuse('PODS_NOT_READY', {
    ...{ log, object: `Deployment ${namespace}/${name}`, reason },
    withinSeconds: Math.round(found.withinMs / 1_000),
  });
}

function whyNotReady(
  deployment: KubernetesObject | undefined,
  { pods, wanted }: { readonly pods: readonly Pod[]; readonly wanted: number },
): string {
  if (valueAt(deployment, 'spec', 'paused') === true) {
    return 'it is paused (`kubectl rollout resume` ends that)';
  }
  const troubled = pods.find(({ trouble }) => trouble !== undefined) ?? pods.find((pod) => !pod.isRunning);
  return troubled
    ? `pod ${troubled.name}: ${troubled.trouble ?? 'it does not run yet, and nothing says why'}`
    : `there are ${pods.length} pods, not ${wanted}: ${whyNoPods(deployment) ?? 'nothing says why'}`;
}

/**
 * Refuses CHANGED_BY_SOMEONE unless every object of the copy is there and as this attempt made it: what is immutable cannot be
 * otherwise, and a Deployment counts its changes.
 *
 * @returns its Deployment.
 */
export async function requireCopy(
  cluster: Cluster,
  place: Place,
  { attemptId }: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<KubernetesObject | undefined> {
  const names = everyObjectOf(place);
  const [deployment, secret, ...lists] = await Promise.all(names.map((name) => cluster.get(name, bounds)));
  const found = [deployment, secret, lists.find((list) => attemptOf(list) === attemptId)];
  for (const [position, object] of found.entries()) {
    const name = names[position];
    if (name && attemptOf(object) !== attemptId) {
      throw changedBySomeone(inWords(name), `that of ${attemptId}`, whose(object));
    }
  }
  const generation = numberAt(deployment, 'metadata', 'generation');
  if (names[0] && generation !== 1 + timesScaled(deployment)) {
    throw changedBySomeone(
      inWords(names[0]),
      'as it was made',
      `changed since (generation ${generation ?? 0})`,
    );
  }
  return deployment;
}

/** How often a rotation has changed the number of its pods, each time as a change of its own. */
export function timesScaled(copy: KubernetesObject | undefined): number {
  return Number(textAt(copy, 'metadata', 'annotations', SCALED_ANNOTATION) ?? 0);
}

/** Deletes the Deployment that this attempt made, and its pods after it; no harm where there is none. */
export async function deleteCopyPods(
  cluster: Cluster,
  place: Place,
  replacement: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  await deleteObjects(cluster, everyObjectOf(place).slice(0, 1), replacement, bounds);
}

/** Deletes what this attempt made, what says so last; no harm where it made nothing. */
export async function deleteCopy(
  cluster: Cluster,
  place: Place,
  replacement: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  await deleteObjects(cluster, everyObjectOf(place), replacement, bounds);
}

async function deleteObjects(
  cluster: Cluster,
  objects: readonly ObjectReference[],
  { attemptId }: Pick<Replacement, 'attemptId'>,
  bounds: CallBounds,
): Promise<void> {
  for (const object of objects) {
    const found = await cluster.get(object, bounds);
    const uid = found?.metadata.uid;
    if (found === undefined || uid === undefined || attemptOf(found) !== attemptId) continue;
    await cluster.delete(object, { uid }, bounds);
  }
}

/** In the order in which they are deleted: the list, which is made first, tells until the end that there is an attempt. */
function objectsOf(place: Place, list: ListPlace['kind']): readonly ObjectReference[] {
  const { id } = releasesOf(place).copy;
  return [
    reference(place, 'Deployment', id),
    reference(place, 'Secret', launcherSecretName(place)),
    reference(place, list, id),
  ];
}

/** The same, whatever the standing list is kept in by now. */
function everyObjectOf(place: Place): readonly ObjectReference[] {
  return [...objectsOf(place, 'ConfigMap'), ...objectsOf(place, 'Secret').slice(-1)];
}

function whose(object: KubernetesObject | undefined): string {
  return object === undefined ? 'no such object' : `one of ${attemptOf(object) ?? 'somebody else'}`;
}
