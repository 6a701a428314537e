import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { isRefusal, refuse } from '../../../errors/refusal-error';
import { type JsonPath, listAt, textAt, valueAt } from '../json-path';
import { inWords, objectInWords, type Place } from '../names';
import { readObject } from '../read-object';

/**
 * Red Hat's operator (securesign/secure-sign-operator) generates the Deployment of Rekor from a resource, and writes it again
 * whenever something is otherwise. So the resource is what a rotation changes.
 */

export const OPERATOR_GROUP = 'rhtas.redhat.com';
const API_VERSION = `${OPERATOR_GROUP}/v1`;

/** A Deployment's resource of the operator. */
export interface OperatorResource {
  /** What is changed: a Securesign, which is copied whole to its Rekor, or the Rekor where it has none. */
  readonly owner: KubernetesObject;
  /** Where the part of Rekor stands in it. */
  readonly path: readonly string[];
  /** The Rekor that the Deployment is generated from. The same object as the owner where it has no Securesign. */
  readonly rekor: KubernetesObject;
}

/**
 * The resource that a Deployment is generated from; undefined where no operator does. Refuses CLUSTER_OBJECT_MISSING and
 * OPERATOR_CANNOT.
 */
export async function readResource(
  cluster: Cluster,
  { log }: Place,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<OperatorResource | undefined> {
  const rekorName = controllerOf(deployment, 'Rekor');
  if (rekorName === undefined) return undefined;
  const { namespace } = deployment.metadata;
  const read = async (kind: string, name: string): Promise<KubernetesObject> => {
    const reference = { apiVersion: API_VERSION, kind, namespace, name };
    try {
      return await readObject(cluster, log, reference, bounds);
    } catch (error) {
      if (!isRefusal(error, 'CLUSTER_KIND_UNKNOWN')) throw error;
      const reason = `its cluster has no ${API_VERSION}, which the operator has from 1.5 on`;
      throw refuse('OPERATOR_CANNOT', { log, object: inWords(reference), reason }, error);
    }
  };
  const rekor = await read('Rekor', rekorName);
  const securesign = controllerOf(rekor, 'Securesign');
  return securesign === undefined
    ? { owner: rekor, path: ['spec'], rekor }
    : { owner: await read('Securesign', securesign), path: ['spec', 'rekor'], rekor };
}

/** The name of the operator's object of this kind that makes another one, whatever version its reference names. */
function controllerOf(object: KubernetesObject, kind: string): string | undefined {
  const controller = listAt(object, 'metadata', 'ownerReferences').find(
    (one) =>
      valueAt(one, 'controller') === true &&
      textAt(one, 'kind') === kind &&
      textAt(one, 'apiVersion')?.startsWith(`${OPERATOR_GROUP}/`) === true,
  );
  return textAt(controller, 'name');
}

/** The resource that is changed, in words. */
export function ownerInWords({ owner }: OperatorResource): string {
  return objectInWords(owner);
}

/** A field of Rekor's part of it, in words. */
export function fieldInWords(resource: OperatorResource, field: 'sharding' | 'treeID'): string {
  return `${ownerInWords(resource)} (${[...resource.path, field].join('.')})`;
}

/** Where a field of Rekor's part stands in what is changed. */
export function pathTo({ path }: OperatorResource, field: 'sharding' | 'treeID'): JsonPath {
  return [...path, field];
}
