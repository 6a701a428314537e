import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { numberAt } from './json-path';

/** How many pods a Deployment is to have. */
export function replicasOf(deployment: KubernetesObject): number {
  return numberAt(deployment, 'spec', 'replicas') ?? 1;
}

/** Every pod is of the last template, and whatever probes it has let it pass. */
export function isRolledOut(deployment: KubernetesObject): boolean {
  const of = (name: string): number => numberAt(deployment, 'status', name) ?? 0;
  const wanted = replicasOf(deployment);
  return (
    of('observedGeneration') >= (numberAt(deployment, 'metadata', 'generation') ?? Infinity) &&
    ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'].every((name) => of(name) === wanted)
  );
}
