import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../clients/kubernetes/objects';
import { changeObject } from './change-object';
import { attemptOf } from './copy';
import { valueAt } from './json-path';
import { ATTEMPT_ANNOTATION, type Place } from './names';
import { readResource } from './operator/resource';
import { readDeployment } from './standing';

/**
 * What bears the mark of an attempt that has begun to settle: the standing Deployment, or the resource that it is generated
 * from, because its operator writes the Deployment again.
 */
export async function markedObject(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<KubernetesObject> {
  const deployment = await readDeployment(cluster, place, bounds);
  return (await readResource(cluster, place, deployment, bounds))?.owner ?? deployment;
}

/** Records an attempt on the standing release, or that none is recorded there; starts no pod anew. */
export async function markStanding(
  cluster: Cluster,
  place: Place,
  attemptId: string | null,
  bounds: CallBounds,
): Promise<void> {
  const marked = await markedObject(cluster, place, bounds);
  const operations = attemptOperations(marked, attemptId);
  if (operations.length > 0) await changeObject(cluster, marked, operations, bounds);
}

/** What makes an object bear the mark of this attempt, or of none; nothing where that is so. */
export function attemptOperations(object: KubernetesObject, attemptId: string | null): PatchOperation[] {
  if (attemptOf(object) === attemptId) return [];
  const path = jsonPointer('metadata', 'annotations', ATTEMPT_ANNOTATION);
  return attemptId === null
    ? [{ op: 'remove', path }]
    : [...withAnnotations(object, 'metadata'), { op: 'add', path, value: attemptId }];
}

/** Makes room for annotations where there are none. */
export function withAnnotations(object: KubernetesObject, ...path: readonly string[]): PatchOperation[] {
  const annotations = valueAt(object, ...path, 'annotations');
  return annotations === undefined
    ? [{ op: 'add', path: jsonPointer(...path, 'annotations'), value: {} }]
    : [];
}
