import { openCluster } from '../activities/clients/kubernetes/cluster';
import type { JsonObject } from '../activities/clients/kubernetes/exact-json';
import { without } from '../activities/installation/kubernetes/json-path';
import type { KubernetesObject, ObjectKind } from '../activities/clients/kubernetes/objects';

/** What a rotation could leave otherwise than it was. */
const KINDS: readonly ObjectKind[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
];

/** Every object of a namespace that people or programs write, field by field, by its kind and name; of further kinds as well. */
export async function objectsIn(
  kubeconfig: string,
  namespace: string,
  further: readonly ObjectKind[] = [],
): Promise<Readonly<Record<string, JsonObject>>> {
  const cluster = openCluster({ log: namespace, source: { kubeconfig } });
  const signal = AbortSignal.timeout(60_000);
  const lists = await Promise.all(
    [...KINDS, ...further].map(
      async (kind) => (await cluster.list({ ...kind, namespace }, {}, { signal })).items,
    ),
  );
  return Object.fromEntries(
    lists.flat().map((object) => [`${object.kind} ${object.metadata.name}`, ownFields(object)]),
  );
}

/** Without what the cluster itself counts and notes: versions, times, and how far a Deployment has come. */
function ownFields(object: KubernetesObject): JsonObject {
  const metadata = without(object.metadata, 'resourceVersion', 'generation', 'managedFields');
  return { ...without(object, 'status'), metadata };
}
