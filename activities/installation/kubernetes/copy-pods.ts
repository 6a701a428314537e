import type { Instance } from '../../../workflows/model/log';
import type { CallBounds } from '../../clients/call-bounds';
import type { HttpTransport } from '../../clients/http';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, ObjectReference } from '../../clients/kubernetes/objects';
import { allEnded } from '../../bounds/waiting';
import { isRefusal, unlessRefused } from '../../errors/refusal-error';
import { attemptOf, readCopy } from './copy';
import { launchersOf, type Launchers, type LauncherState } from './launcher';
import { launcherSecretName, reference, SLOT_LABEL, type Place } from './names';
import { tokenIn } from './next-objects';
import { instanceOf, instancesIn, labelledPods, podsAmong, type Pod } from './pods';
import { readWorkload } from './rekor-workload';
import { missing } from './read-object';

/** The pods of a copy, in which a launcher starts and stops Rekor. */

/** How pods are found, and how what is said to their launchers is carried. */
export interface LauncherReach {
  readonly cluster: Cluster;
  readonly transport?: HttpTransport | undefined;
}

interface Found {
  /** Where Rekor listens in them. What its original says by now is another question. */
  readonly port: number;
  readonly pods: readonly Pod[];
  /** Null where somebody has deleted the Secret with their token. */
  readonly launchers: Launchers | null;
}

/** Its pods that have an address; none where there is no copy. */
export async function copyInstances(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<readonly Instance[]> {
  const [deployment, pods] = await Promise.all([
    readCopy(cluster, place, bounds),
    podsOfCopies(cluster, place, bounds),
  ]);
  return deployment === undefined ? [] : instancesIn(place, deployment, podsAmong(pods, deployment));
}

/** Those of every copy in the namespace: clients may be waiting, so they are asked for together with the Deployment. */
async function podsOfCopies(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  return await labelledPods(cluster, place, { [SLOT_LABEL]: 'next' }, bounds);
}

/** Whether Rekor runs in any of its pods. A launcher that does not answer runs none: with it Rekor ends. */
export async function copyRuns(reach: LauncherReach, place: Place, bounds: CallBounds): Promise<boolean> {
  return (await launcherStates(reach, place, bounds)).some((state) => state?.running === true);
}

/** A launcher that has just begun to listen answers at once. */
const ANSWERS_WITHIN_MS = 500;

/** In how many of its pods a launcher answers. */
export async function countAnswering(
  reach: LauncherReach,
  place: Place,
  bounds: CallBounds,
): Promise<number> {
  const timeoutMs = Math.min(bounds.timeoutMs ?? Infinity, ANSWERS_WITHIN_MS);
  const states = await launcherStates(reach, place, { ...bounds, timeoutMs });
  return states.filter((state) => state !== undefined).length;
}

/** What the launcher in each of its pods says; undefined where it does not answer. */
async function launcherStates(
  reach: LauncherReach,
  place: Place,
  bounds: CallBounds,
): Promise<readonly (LauncherState | undefined)[]> {
  const { pods, port, launchers } = await find(reach, place, bounds);
  return await allEnded(
    pods.map(async (pod) => {
      const instance = instanceOf(pod, port);
      return instance && launchers
        ? await unlessRefused('LAUNCHER_UNREACHABLE', launchers.state(instance, bounds), undefined)
        : undefined;
    }),
  );
}

/** Rekor runs in each of its pods from the answer on. No harm where there is no copy. */
export async function startCopy(reach: LauncherReach, place: Place, bounds: CallBounds): Promise<void> {
  const { pods, port, launchers } = await find(reach, place, bounds);
  const instances = pods.flatMap((pod) => instanceOf(pod, port) ?? []);
  if (instances.length === 0) return;
  if (!launchers) throw missing(place.log, launcherSecret(place));
  await allEnded(instances.map((instance) => launchers.start(instance, bounds)));
}

/**
 * Rekor runs in none of its pods. One whose launcher cannot be told so is deleted: the pod that comes in its place waits. So an
 * undo reaches its end, whatever has become of a node or of a Secret.
 */
export async function stopCopy(reach: LauncherReach, place: Place, bounds: CallBounds): Promise<void> {
  const { pods, port, launchers } = await find(reach, place, bounds);
  await allEnded(
    pods.map(async (pod) => {
      const instance = instanceOf(pod, port);
      if (instance && launchers) {
        try {
          await launchers.stop(instance, bounds);
          return;
        } catch (error) {
          const isLost = isRefusal(error, 'LAUNCHER_UNREACHABLE') || isRefusal(error, 'LAUNCHER_REFUSED');
          if (!isLost) throw error;
        }
      }
      await reach.cluster.delete(reference(place, 'Pod', pod.name), { uid: pod.uid }, bounds);
    }),
  );
}

async function find({ cluster, transport }: LauncherReach, place: Place, bounds: CallBounds): Promise<Found> {
  const [deployment, secret, all] = await Promise.all([
    readCopy(cluster, place, bounds),
    cluster.get(launcherSecret(place), bounds),
    podsOfCopies(cluster, place, bounds),
  ]);
  const attemptId = attemptOf(deployment);
  if (deployment === undefined || attemptId === null) return { port: 0, pods: [], launchers: null };
  const pods = podsAmong(all, deployment);
  const token = secret && tokenIn(secret);
  const launchers = token === undefined ? null : launchersOf({ log: place.log, attemptId, token, transport });
  return { port: readWorkload(place.log, deployment).port, pods, launchers };
}

function launcherSecret(place: Place): ObjectReference {
  return reference(place, 'Secret', launcherSecretName(place));
}
