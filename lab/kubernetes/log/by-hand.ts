import type { CallBounds } from '../../../activities/clients/call-bounds';
import type { Cluster } from '../../../activities/clients/kubernetes/cluster';
import {
  jsonPointer,
  type KubernetesObject,
  type ObjectReference,
  type PatchOperation,
} from '../../../activities/clients/kubernetes/objects';
import { listAt } from '../../../activities/installation/kubernetes/json-path';
import type { TreeId } from '../../../workflows/model/log';

/** What a person who rotates a log without rekor-rotate lets Rekor serve. */
export interface ShardsByHand {
  /** In served order. */
  readonly earlier: readonly TreeId[];
  readonly active: TreeId;
}

/** Where an object of a known kind is. */
interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One object that this person edits, and how. */
export interface EditByHand {
  readonly object: ObjectReference;
  readonly operations: (found: KubernetesObject) => readonly PatchOperation[];
}

/** Makes an edit, unless somebody else changes the object at the same moment. */
export async function makeEdit(
  cluster: Pick<Cluster, 'get' | 'patch'>,
  { object, operations }: EditByHand,
  bounds: CallBounds,
): Promise<void> {
  const found = await cluster.get(object, bounds);
  if (found === undefined) throw new Error(`There is no ${object.kind} ${object.name} to edit.`);
  await cluster.patch(object, found.metadata.resourceVersion ?? '', operations(found), bounds);
}

/** The list of earlier shards as a file in a ConfigMap: `- treeID: N`, a line for each. */
export function listEdit(place: Place, { earlier }: ShardsByHand): EditByHand {
  const text = earlier.map((treeId) => `- treeID: ${treeId}\n`).join('');
  return {
    object: { apiVersion: 'v1', kind: 'ConfigMap', ...place },
    operations: () => [{ op: 'replace', path: jsonPointer('data', 'sharding-config.yaml'), value: text }],
  };
}

const TREE_ARGUMENT = '--trillian_log_server.tlog_id=';

/** The active tree as an argument of the first container, whose pods then start anew. */
export function treeArgumentEdit(place: Place, { active }: ShardsByHand): EditByHand {
  const container = ['spec', 'template', 'spec', 'containers', 0] as const;
  return {
    object: { apiVersion: 'apps/v1', kind: 'Deployment', ...place },
    operations: (found) => {
      const args = listAt(found, ...container, 'args');
      const position = args.findIndex((arg) => typeof arg === 'string' && arg.startsWith(TREE_ARGUMENT));
      if (position < 0) throw new Error(`Deployment ${place.name} has no argument ${TREE_ARGUMENT}N.`);
      const path = jsonPointer(...container, 'args', position);
      return [{ op: 'replace', path, value: `${TREE_ARGUMENT}${active}` }];
    },
  };
}

/** What `kubectl rollout restart` writes, at this time (kubectl: pkg/polymorphichelpers/objectrestarter.go). */
export function restartEdit(place: Place, at: Date): EditByHand {
  const annotation = ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'];
  return {
    object: { apiVersion: 'apps/v1', kind: 'Deployment', ...place },
    operations: () => [{ op: 'add', path: jsonPointer(...annotation), value: at.toISOString() }],
  };
}
