import { textAt, listAt } from '../../activities/installation/kubernetes/json-path';
import { isTreeId } from '../../activities/installation/tree-id';
import { soleVariable, valueOf } from '../../programs/variables';
import type { ContainerProgram } from './container-program';

const TREE = 'trillian_log_server.tlog_id';
const ENDPOINTS = 'enabled_api_endpoints';

/** The active tree of a Rekor; undefined where that is not known, or is none. */
export function treeOf(rekor: ContainerProgram): string | undefined {
  const tree = (valueOf(rekor, TREE) ?? '').trim();
  return isTreeId(tree) ? tree : undefined;
}

/** The ConfigMap that the active tree stands in, if it does. */
export function treeConfigMap({ flags, container }: ContainerProgram): string | undefined {
  const variable = soleVariable(flags.get(TREE) ?? '')?.name;
  const entry = listAt(container, 'env').findLast((one) => textAt(one, 'name') === variable);
  return textAt(entry, 'valueFrom', 'configMapKeyRef', 'name');
}

/** What makes two Rekors those of one log: one tree, or, where that may not be read, one place that it stands in. */
export function logKey(rekor: ContainerProgram): string {
  const { namespace, words } = rekor.workload;
  const tree = treeOf(rekor);
  const place = treeConfigMap(rekor);
  if (tree !== undefined) return `tree ${tree}`;
  return place === undefined ? `an unknown tree of ${words}` : `the tree in ConfigMap ${namespace}/${place}`;
}

/** Whether it takes new entries, or may, as far as its arguments say (rekor: cmd/rekor-server/app/root.go). */
export function mayWrite(rekor: ContainerProgram): boolean {
  if (!rekor.flags.has(ENDPOINTS)) return true;
  const listed = valueOf(rekor, ENDPOINTS);
  return listed === undefined || listed.split(',').some((one) => one.trim() === 'createLogEntry');
}
