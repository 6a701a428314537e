import { type Check, failedCheck, passedCheck } from '../../../workflows/model/checks';
import { refusal } from '../../../workflows/model/refusals';
import type { TreeId } from '../../../workflows/model/log';
import { allEnded } from '../../bounds/waiting';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { Json } from '../../clients/kubernetes/exact-json';
import { jsonPointer, type KubernetesObject } from '../../clients/kubernetes/objects';
import { isRefusal, RefusalError } from '../../errors/refusal-error';
import { isUnreachable } from '../../bounds/retry-while-unreachable';
import { listedTreeIds } from '../sharding-file';
import { objectInWords, type Place } from './names';
import { asData } from './next-objects';
import { pathTo } from './operator/resource';
import { asNumber } from './operator/shards';
import type { FoundStanding } from './standing';

/** A change that a stale deploy would make, and no rotation ever. */
interface StaleChange {
  /** In words, after "would take". */
  readonly what: string;
  readonly object: KubernetesObject;
  readonly path: string;
  readonly value: Json;
}

/**
 * Whether the cluster refuses what a deploy of former values would write (H10). It is asked by a dry run: the API server
 * authorizes, validates and admits the change as any other, and stores nothing. No check for a log without inactive shards:
 * there are no former values yet.
 */
export async function examineProtection(
  cluster: Cluster,
  { log }: Pick<Place, 'log'>,
  standing: FoundStanding,
  bounds: CallBounds,
): Promise<Check[]> {
  const last = listedTreeIds(standing.listName, standing.list).at(-1);
  if (last === undefined) return [];
  const changes = staleChanges(standing, last);
  const answers = await allEnded(changes.map((change) => isTaken(cluster, change, bounds)));
  if (answers.includes(undefined)) return [];
  const taken = changes.filter((_, position) => answers[position]);
  return taken.length === 0
    ? [passedCheck('FORMER_SHARDS_REFUSED', { tree: last })]
    : taken.map(({ what }) =>
        failedCheck('FORMER_SHARDS_REFUSED', refusal('FORMER_SHARDS_TAKEN', { log, what }), 'warning'),
      );
}

/** Whether the cluster would take it; undefined where nobody can say. */
async function isTaken(
  cluster: Cluster,
  { object, path, value }: StaleChange,
  bounds: CallBounds,
): Promise<boolean | undefined> {
  const { apiVersion, kind, metadata } = object;
  const { namespace, name, resourceVersion = '' } = metadata;
  try {
    await cluster.patch(
      { apiVersion, kind, namespace, name },
      resourceVersion,
      [{ op: 'replace', path, value }],
      { ...bounds, dryRun: true },
    );
    return true;
  } catch (error) {
    // Somebody has just changed it, or nobody answers: another look will tell.
    if (isUnreachable(error) || isRefusal(error, 'CLUSTER_CONFLICT')) return undefined;
    if (error instanceof RefusalError) return false;
    throw error;
  }
}

function staleChanges(standing: FoundStanding, former: TreeId): readonly StaleChange[] {
  const { resource, workload, listObject, treeObject, deployment } = standing;
  const change = (what: string, object: KubernetesObject, path: string, value: Json): StaleChange => ({
    ...{ what: `${what} in ${objectInWords(object)}`, object, path, value },
  });
  const [noList, formerTree] = ['a list without any shard', `tree ${former} as the active one`];
  if (resource !== undefined) {
    const { owner } = resource;
    return [
      change(noList, owner, jsonPointer(...pathTo(resource, 'sharding')), []),
      change(formerTree, owner, jsonPointer(...pathTo(resource, 'treeID')), asNumber(former)),
    ];
  }
  const { list, tree, container } = workload;
  const emptied = change(noList, listObject, jsonPointer('data', list.key), asData(list.kind, ''));
  if (tree.kind === 'ConfigMap' && treeObject !== undefined) {
    return [emptied, change(formerTree, treeObject, jsonPointer('data', tree.key), former)];
  }
  if (tree.kind !== 'container') return [emptied];
  const path = jsonPointer('spec', 'template', 'spec', 'containers', container, ...tree.path);
  return [emptied, change(formerTree, deployment, path, `${tree.prefix}${former}`)];
}
