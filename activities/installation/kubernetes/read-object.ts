import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, ObjectReference } from '../../clients/kubernetes/objects';
import { refuse } from '../../errors/refusal-error';
import { inWords } from './names';

/** An object that must be there. Refuses CLUSTER_OBJECT_MISSING. */
export async function readObject(
  cluster: Cluster,
  log: string,
  object: ObjectReference,
  bounds: CallBounds,
): Promise<KubernetesObject> {
  const found = await cluster.get(object, bounds);
  if (found === undefined) throw missing(log, object);
  return found;
}

/** The refusal CLUSTER_OBJECT_MISSING of an object that was looked for. */
export function missing(log: string, object: ObjectReference): Error {
  return refuse('CLUSTER_OBJECT_MISSING', { log, verb: 'get', object: inWords(object) });
}
