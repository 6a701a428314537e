import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { refuse } from '../../errors/refusal-error';
import { listAt, objectAt, textAt, textsOf, valueAt } from './json-path';
import { objectInWords, type Place } from './names';
import { labelledPods, podsAmong } from './pods';
import { replicasOf } from './rollout';
import type { FoundStanding } from './standing';

/** What would keep the standing pods from taking the next tree once clients are on it, or clients from reaching them then. */

/**
 * Refuses DEPLOYMENT_CANNOT_FOLLOW where its pods would never be started anew, or could not be told from others. Asked before
 * anything is changed: later there is no way back.
 */
export function requireFollows(place: OfLog, deployment: KubernetesObject): void {
  if (valueAt(deployment, 'spec', 'paused') === true) {
    throw cannotFollow(
      place,
      deployment,
      'it is paused, so that its pods stay as they are (`kubectl rollout resume` ends that)',
    );
  }
  if (listAt(deployment, 'spec', 'selector', 'matchExpressions').length > 0) {
    throw cannotFollow(
      place,
      deployment,
      'its selector has matchExpressions, and its pods are found by matchLabels alone',
    );
  }
}

/** Refuses the same for a Deployment without pods. Not asked again in an attempt, which may take their room. */
export function requireHasPods(place: OfLog, deployment: KubernetesObject): void {
  if (replicasOf(deployment) === 0) {
    throw cannotFollow(place, deployment, 'it is scaled to 0, so that it has no pods');
  }
}

type OfLog = Pick<Place, 'log'>;

function cannotFollow({ log }: OfLog, deployment: KubernetesObject, reason: string): Error {
  return refuse('DEPLOYMENT_CANNOT_FOLLOW', { log, object: objectInWords(deployment), reason });
}

/** Refuses SERVICE_LEADS_ELSEWHERE unless the Service leads to the pods of the standing Deployment, and to no others. */
export async function requireServiceLeads(
  cluster: Cluster,
  place: Place,
  service: KubernetesObject,
  { deployment }: Pick<FoundStanding, 'deployment'>,
  bounds: CallBounds,
): Promise<void> {
  const reason = await whyLeadsElsewhere(cluster, place, service, deployment, bounds);
  if (reason !== undefined) {
    throw refuse('SERVICE_LEADS_ELSEWHERE', { log: place.log, service: objectInWords(service), reason });
  }
}

/** Why a Service does not lead to the pods of a Deployment alone; undefined where it does. */
export async function whyLeadsElsewhere(
  cluster: Cluster,
  place: Place,
  service: KubernetesObject,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<string | undefined> {
  const selector = textsOf(objectAt(service, 'spec', 'selector'));
  const labels = Object.entries(selector);
  if (labels.length === 0) return 'it has no selector, so that nothing tells which pods it leads to';
  const missing = labels.find(
    ([label, value]) => textAt(deployment, 'spec', 'template', 'metadata', 'labels', label) !== value,
  );
  if (missing !== undefined) {
    return `it selects ${missing.join('=')}, which pods of ${objectInWords(deployment)} do not have`;
  }
  const pods = await labelledPods(cluster, place, selector, bounds);
  const own = new Set(podsAmong(pods, deployment).map(({ uid }) => uid));
  const other = pods.find(({ metadata }) => !own.has(metadata.uid ?? ''));
  return other === undefined
    ? undefined
    : `it leads to pod ${other.metadata.name} as well, which is none of ${objectInWords(deployment)}`;
}
