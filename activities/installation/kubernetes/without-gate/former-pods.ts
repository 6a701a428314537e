import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { pause } from '../../../bounds/waiting';
import { objectAt } from '../json-path';
import { reference, type Place } from '../names';
import { endsWithinMs, podsOf, selectorOf, type Pod } from '../pods';

/** How often a pod is looked at that is to end, in milliseconds. */
const LOOK_EVERY_MS = 250;

/**
 * The pods that a Deployment has now end, and with them each connection that clients keep to one. Those that come in their place
 * have none. Returns when they are gone, or their time to end is over: what is still listed then is on a node that nobody hears
 * of, and reaches no client either.
 */
export async function endFormerPods(
  cluster: Cluster,
  place: Place,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<void> {
  const pods = await podsOf(cluster, place, deployment, bounds);
  for (const { name, uid } of pods) {
    await cluster.delete(reference(place, 'Pod', name), { uid }, bounds);
  }
  const ends = performance.now() + endsWithinMs(objectAt(deployment, 'spec', 'template'));
  while (performance.now() < ends && (await anyIsLeft(cluster, place, deployment, { pods, bounds }))) {
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}

/** Asked of the whole list: a Role for pods lets them be listed, and none of them be read by its name. */
async function anyIsLeft(
  cluster: Cluster,
  { namespace }: Place,
  deployment: KubernetesObject,
  { pods, bounds }: { readonly pods: readonly Pod[]; readonly bounds: CallBounds },
): Promise<boolean> {
  const kind = { apiVersion: 'v1', kind: 'Pod', namespace };
  const { items } = await cluster.list(kind, selectorOf(deployment), bounds);
  return items.some(({ metadata }) => pods.some(({ uid }) => uid === metadata.uid));
}
