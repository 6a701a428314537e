import type { Json } from '../../../activities/clients/kubernetes/exact-json';
import { listAt, objectAt, textAt, valueAt } from '../../../activities/installation/kubernetes/json-path';
import type { RekorConfiguration } from '../rekor';
import { LIST_KEY } from './manifests';
import type { ObjectsInMemory } from './objects-in-memory';

/**
 * What a Rekor that starts in a pod of this template loads now, as a kubelet hands it on: its own reading, not the adapter's.
 * Undefined when the template or an object that it names makes no sense, or is not there.
 */
export function loadedBy(
  template: Json | undefined,
  objects: ObjectsInMemory,
): RekorConfiguration | undefined {
  const container = listAt(template, 'spec', 'containers')[0];
  const flag = listAt(container, 'args')
    .flatMap((argument) => (typeof argument === 'string' ? [TREE_FLAG.exec(argument)?.[1]] : []))
    .find((value) => value !== undefined);
  const activeTreeId = flag === '$(TREE_ID)' ? variableOf(container, 'TREE_ID', objects) : flag;
  const volume = listAt(template, 'spec', 'volumes').find((one) => valueAt(one, 'configMap') !== undefined);
  const list = textAt(
    objects.peek(`ConfigMap ${textAt(volume, 'configMap', 'name') ?? ''}`),
    'data',
    LIST_KEY,
  );
  if (activeTreeId === undefined || !/^\d+$/.test(activeTreeId) || list === undefined) return undefined;
  const inactiveTreeIds = [...list.matchAll(/treeID["']?: *(\d+)/g)].map((match) => match[1] ?? '');
  return { activeTreeId, inactiveTreeIds };
}

const TREE_FLAG = /^--trillian_log_server\.tlog_id=(.*)$/;

/** The value of an environment variable, its own or one from a ConfigMap. */
export function variableOf(
  container: Json | undefined,
  name: string,
  objects: ObjectsInMemory,
): string | undefined {
  const variable = listAt(container, 'env').find((one) => textAt(one, 'name') === name);
  const { name: from, key } = objectAt(variable, 'valueFrom', 'configMapKeyRef');
  return typeof from === 'string' && typeof key === 'string'
    ? textAt(objects.peek(`ConfigMap ${from}`), 'data', key)
    : textAt(variable, 'value');
}
