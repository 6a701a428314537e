import { isJsonObject, readExactJson, type JsonObject } from '../../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { objectAt, textAt } from '../json-path';
import { readWorkload } from '../rekor-workload';
import { isRefusal } from '../../../errors/refusal-error';
import type { TreeId } from '../../../../workflows/model/log';

/** Where `kubectl apply` keeps what it was given, to find out next time what is to be deleted. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as the file had it that was applied last; undefined where none was, or nobody can read it. */
export function lastApplied(object: KubernetesObject): JsonObject | undefined {
  const text = textAt(object, 'metadata', 'annotations', LAST_APPLIED);
  const file = text === undefined ? undefined : readExactJson(text);
  return isJsonObject(file) ? file : undefined;
}

/** What a file gives a key of a ConfigMap or a Secret; undefined where it does not name that. */
export function keyInFile(file: JsonObject, kind: 'ConfigMap' | 'Secret', key: string): string | undefined {
  const plain = kind === 'Secret' ? textAt(file, 'stringData', key) : undefined;
  if (plain !== undefined) return plain;
  const kept = textAt(file, 'data', key);
  return kind === 'Secret' && kept !== undefined ? Buffer.from(kept, 'base64').toString() : kept;
}

/** The active tree in a file's Deployment; undefined where it has none there. */
export function treeInFile(log: string, file: JsonObject): TreeId | undefined {
  const deployment = { ...file, metadata: { name: '', ...objectAt(file, 'metadata') } } as KubernetesObject;
  try {
    const { tree } = readWorkload(log, deployment);
    return tree.kind === 'container' ? tree.treeId : undefined;
  } catch (error) {
    if (isRefusal(error, 'WORKLOAD_NOT_ROTATABLE')) return undefined;
    throw error;
  }
}
