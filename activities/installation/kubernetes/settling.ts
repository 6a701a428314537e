import type { Replacement } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { podsOfHalves } from '../../../workflows/model/room';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../clients/kubernetes/objects';
import { changedBySomeone } from '../../errors/refusal-error';
import { pause } from '../../bounds/waiting';
import { listedTreeIds, withShards } from '../sharding-file';
import { changeObject } from './change-object';
import { attemptOf, notReady, readCopy } from './copy';
import { textAt, valueAt } from './json-path';
import { markStanding, withAnnotations } from './marking';
import { objectInWords, type Place } from './names';
import { asData } from './next-objects';
import { settleResource } from './operator/settling';
import { podsOf } from './pods';
import { leavePods, takenRoom, type Room } from './room';
import { isRolledOut, replicasOf } from './rollout';
import { scaleCopy, takenBy } from './scaled-copy';
import { readDeployment, readStanding, type FoundStanding } from './standing';
import { untilCopyEnded, untilStandingEnded } from './taking-room';

/**
 * How the standing Deployment takes the configuration of the next release, once clients are sent to the copy and no write
 * waits. The list is always written before the tree, so that no pod which starts between both numbers the next tree's entries
 * from 0 (H9); no client is sent to such a pod either. Where Red Hat's operator generates the Deployment, its resource takes
 * both at a time instead.
 */

/** Tells for which tree the pods of a template were started last: its change starts them anew. */
const STARTED_FOR = 'rekor-rotate/active-tree';

const LOOK_EVERY_MS = 250;

/** Milliseconds. */
export interface SettlingTimes {
  /** For all pods to run. */
  readonly withinMs: number;
  /**
   * From then until a Service leads to these pods alone. Nothing tells when each node has taken that up: kube-proxy lets the third
   * change within a second wait until that second is over, and until then a Service without any pod it knows is unreachable.
   */
  readonly serviceFollowsMs: number;
}

/**
 * Writes it, starts the pods anew, and returns when all of them run and their Service leads there. Refuses CHANGED_BY_SOMEONE,
 * PODS_NOT_READY, and for a Deployment of Red Hat's operator OPERATOR_PAUSED and OPERATOR_NOT_FOLLOWING.
 */
export async function settleStanding(
  cluster: Cluster,
  place: Place,
  replacement: Replacement,
  { withinMs, serviceFollowsMs }: SettlingTimes,
  bounds: CallBounds,
): Promise<void> {
  const ends = performance.now() + withinMs;
  const { attemptId, nextTreeId } = replacement;
  const found = await readStanding(cluster, place, bounds);
  const { resource } = found;
  if (resource !== undefined) {
    await settleResource(cluster, place, replacement, { ...found, resource }, { withinMs, ends }, bounds);
  } else {
    const list = settledList(found, replacement);
    await markStanding(cluster, place, attemptId, bounds);
    const room = await roomToSettle(cluster, place, attemptId, bounds);
    if (room !== undefined && !isSettled(found, list, nextTreeId)) {
      // Clients are at the copy. So no pod reads any of this before all of it is written. A worker that was stopped must not end
      // those that another try has started since.
      const before = startedFor(found.deployment);
      const none = { ...room, left: 0 };
      if (await leavePods(cluster, place, none, bounds, (now) => startedFor(now) !== before)) {
        await untilStandingEnded(cluster, place, 0, { everyMs: LOOK_EVERY_MS, withinMs }, bounds);
      }
    }
    await writeList(cluster, found, list, bounds);
    await writeTree(cluster, place, nextTreeId, bounds);
    if (room !== undefined) await shareRoom(cluster, place, room, { withinMs }, bounds);
    await untilRolledOut(cluster, place, { withinMs, ends }, bounds);
    if (room !== undefined && podsOfHalves(room.pods).next === 0) return; // Clients are without a pod: each moment counts.
  }
  await pause(serviceFollowsMs, bounds.signal);
}

/** What its copy has taken, or is to take: undefined where that has room of its own, and where all of it was given back. */
async function roomToSettle(
  cluster: Cluster,
  place: Place,
  attemptId: string,
  bounds: CallBounds,
): Promise<Room | undefined> {
  const copy = await readCopy(cluster, place, bounds);
  const taken = attemptOf(copy) === attemptId ? takenBy(copy) : undefined;
  const room = await takenRoom(cluster, place, attemptId, bounds);
  return room ?? (taken && { ...taken, attemptId, left: taken.pods });
}

function isSettled({ list, activeTree, deployment }: FoundStanding, settled: string, tree: TreeId): boolean {
  return list === settled && activeTree === tree && startedFor(deployment) === tree;
}

function startedFor(deployment: KubernetesObject): string | undefined {
  return textAt(deployment, 'spec', 'template', 'metadata', 'annotations', STARTED_FOR);
}

/**
 * Where the standing Deployment has no pods yet: each of the two has half of them. With one pod the copy's ends before that of the
 * standing one comes.
 */
async function shareRoom(
  cluster: Cluster,
  place: Place,
  { attemptId }: Room,
  { withinMs }: { readonly withinMs: number },
  bounds: CallBounds,
): Promise<void> {
  const room = await takenRoom(cluster, place, attemptId, bounds);
  if (room?.left !== 0) return;
  const { current, next } = podsOfHalves(room.pods);
  await scaleCopy(cluster, place, next, bounds);
  const awaiting = { everyMs: LOOK_EVERY_MS, withinMs };
  await untilCopyEnded(cluster, place, { attemptId, most: next }, awaiting, bounds);
  await leavePods(cluster, place, { ...room, left: current }, bounds);
}

async function untilRolledOut(
  cluster: Cluster,
  place: Place,
  { withinMs, ends }: { readonly withinMs: number; readonly ends: number },
  bounds: CallBounds,
): Promise<void> {
  for (;;) {
    const deployment = await readDeployment(cluster, place, bounds);
    if (isRolledOut(deployment)) return;
    if (performance.now() > ends) {
      const pods = await podsOf(cluster, place, deployment, bounds);
      throw notReady(place, deployment, { pods, wanted: replicasOf(deployment), withinMs });
    }
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}

/**
 * The list with the current tree at its end. Refuses CHANGED_BY_SOMEONE unless the standing one is configured with a point of
 * the log's own history: as the attempt found it, or as an interrupted settling left it.
 */
function settledList(
  { list, listName, activeTree, deployment, treeObject }: FoundStanding,
  { inactive, currentTreeId, nextTreeId }: Replacement,
): string {
  const earlier = inactive.map(({ treeId }) => treeId);
  const listed = listedTreeIds(listName, list);
  const inBrackets = (treeIds: readonly TreeId[]): string => `the list [${treeIds.join(', ')}]`;
  const allowed = [earlier, [...earlier, currentTreeId]].map(inBrackets);
  if (!allowed.includes(inBrackets(listed))) {
    throw changedBySomeone(listName, allowed.join(' or '), inBrackets(listed));
  }
  const actives = listed.length > earlier.length ? [currentTreeId, nextTreeId] : [currentTreeId];
  if (!actives.includes(activeTree)) {
    const where = objectInWords(treeObject ?? deployment);
    throw changedBySomeone(`The active tree in ${where}`, actives.join(' or '), activeTree);
  }
  return withShards(listName, list, [...earlier, currentTreeId]);
}

async function writeList(
  cluster: Cluster,
  { list: present, listObject, workload }: FoundStanding,
  list: string,
  bounds: CallBounds,
): Promise<void> {
  if (list === present) return;
  const { kind, key } = workload.list;
  const path = jsonPointer('data', key);
  const value = asData(kind, list);
  const noData = valueAt(listObject, 'data') === undefined;
  const isNew = textAt(listObject, 'data', key) === undefined;
  await changeObject(
    cluster,
    listObject,
    [
      ...(noData ? [{ op: 'add', path: jsonPointer('data'), value: {} } as const] : []),
      ...(isNew ? [] : [{ op: 'test', path, value: asData(kind, present) } as const]),
      { op: 'add', path, value },
    ],
    bounds,
  );
}

/** The tree, and that pods are to be started for it; where the Deployment itself names it both are one write. */
async function writeTree(
  cluster: Cluster,
  place: Place,
  nextTreeId: TreeId,
  bounds: CallBounds,
): Promise<void> {
  const { workload, deployment, treeObject, activeTree } = await readStanding(cluster, place, bounds);
  const { tree, container } = workload;
  if (tree.kind === 'ConfigMap' && treeObject && activeTree !== nextTreeId) {
    const path = jsonPointer('data', tree.key);
    await changeObject(
      cluster,
      treeObject,
      [
        { op: 'test', path, value: textAt(treeObject, 'data', tree.key) ?? '' },
        { op: 'replace', path, value: nextTreeId },
      ],
      bounds,
    );
  }
  const inContainer: PatchOperation[] = [];
  if (tree.kind === 'container' && tree.treeId !== nextTreeId) {
    const path = jsonPointer('spec', 'template', 'spec', 'containers', container, ...tree.path);
    inContainer.push(
      { op: 'test', path, value: `${tree.prefix}${tree.treeId}` },
      { op: 'replace', path, value: `${tree.prefix}${nextTreeId}` },
    );
  }
  if (inContainer.length === 0 && startedFor(deployment) === nextTreeId) return;
  const path = jsonPointer('spec', 'template', 'metadata', 'annotations', STARTED_FOR);
  await changeObject(
    cluster,
    deployment,
    [
      ...inContainer,
      ...withAnnotations(deployment, 'spec', 'template', 'metadata'),
      { op: 'add', path, value: nextTreeId },
    ],
    bounds,
  );
}
