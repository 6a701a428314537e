import type { ConfiguredShards } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import type { KubernetesObject, ObjectReference } from '../../clients/kubernetes/objects';
import { refuse } from '../../errors/refusal-error';
import { inactiveTreeIds } from '../sharding-file';
import { isTreeId, TREE_ID_ALLOWED } from '../tree-id';
import { textAt } from './json-path';
import { inWords, reference, releasesOf, type Place } from './names';
import { asData, textIn, type Standing } from './next-objects';
import { type OperatorResource, readResource } from './operator/resource';
import { listInWords, listText, shardsOfOwner } from './operator/shards';
import { readObject } from './read-object';
import { readWorkload } from './rekor-workload';

/** The standing Deployment with the objects that hold its shards. */
export interface FoundStanding extends Standing {
  /** As the file in its pods has it. */
  readonly list: string;
  /** Names the list to a person. */
  readonly listName: string;
  /** As it is written; whether it is a tree's id is another question. */
  readonly activeTree: string;
  /** The ConfigMap with the active tree; undefined where the Deployment itself names it. */
  readonly treeObject: KubernetesObject | undefined;
  /** What Red Hat's operator generates the Deployment from; undefined where none does. */
  readonly resource: OperatorResource | undefined;
}

/** The standing Deployment alone, whatever has become of the rest. Refuses CLUSTER_OBJECT_MISSING. */
export async function readDeployment(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<KubernetesObject> {
  const name = reference(place, 'Deployment', releasesOf(place).standing.id);
  return await readObject(cluster, place.log, name, bounds);
}

/** Reads all of it. Refuses CLUSTER_OBJECT_MISSING and WORKLOAD_NOT_ROTATABLE. */
export async function readStanding(
  cluster: Cluster,
  place: Place,
  bounds: CallBounds,
): Promise<FoundStanding> {
  const deployment = await readDeployment(cluster, place, bounds);
  const resource = await readResource(cluster, place, deployment, bounds);
  return resource === undefined
    ? await readShardsOf(cluster, place, deployment, bounds)
    : generatedFrom(place, deployment, resource);
}

/**
 * The Deployment as its resource says it. The list is not read of the ConfigMap that the operator generates: that has another
 * name after each change, so no Role could name it.
 */
function generatedFrom(
  place: Place,
  deployment: KubernetesObject,
  resource: OperatorResource,
): FoundStanding {
  const { log, namespace } = place;
  const workload = readWorkload(log, deployment);
  const { kind, name, key } = workload.list;
  const list = listText(log, resource);
  const metadata = { namespace, name };
  return {
    ...{ deployment, workload, resource, list, treeObject: resource.owner },
    listObject: { apiVersion: 'v1', kind, metadata, data: { [key]: asData(kind, list) } },
    listName: listInWords(resource),
    activeTree: shardsOfOwner(resource).activeTree,
  };
}

/** A Deployment of Rekor with the objects that hold its shards. Refuses the same. */
export async function readShardsOf(
  cluster: Cluster,
  place: Place,
  deployment: KubernetesObject,
  bounds: CallBounds,
): Promise<FoundStanding> {
  const { log } = place;
  const read = (object: ObjectReference): Promise<KubernetesObject> =>
    readObject(cluster, log, object, bounds);
  const workload = readWorkload(log, deployment);
  const { tree, list } = workload;
  const [listObject, treeObject] = await Promise.all([
    read(reference(place, list.kind, list.name)),
    tree.kind === 'ConfigMap' ? read(reference(place, 'ConfigMap', tree.name)) : undefined,
  ]);
  return {
    ...{ deployment, workload, listObject, treeObject, resource: undefined },
    list: textIn(listObject, list.kind, list.key) ?? '',
    listName: `${inWords(reference(place, list.kind, list.name))} (${list.key})`,
    activeTree: tree.kind === 'container' ? tree.treeId : (textAt(treeObject, 'data', tree.key) ?? '').trim(),
  };
}

/** The shards that it is configured with. Refuses WORKLOAD_NOT_ROTATABLE for an active tree that is none. */
export function shardsOf(log: string, standing: FoundStanding): ConfiguredShards {
  const activeTreeId = requireTree(log, standing);
  return { activeTreeId, inactiveTreeIds: inactiveTreeIds(standing.listName, standing.list, activeTreeId) };
}

function requireTree(log: string, { activeTree, deployment, treeObject }: FoundStanding): TreeId {
  if (isTreeId(activeTree)) return activeTree;
  const { kind, metadata } = treeObject ?? deployment;
  // A misplaced secret must not be shown (H28).
  const found = activeTree === '' ? 'nothing' : 'a text that is none';
  throw refuse('WORKLOAD_NOT_ROTATABLE', {
    ...{ log, object: `${kind} ${metadata.namespace ?? ''}/${metadata.name}` },
    reason: `as the active tree it has ${found}; allowed is ${TREE_ID_ALLOWED}`,
  });
}
