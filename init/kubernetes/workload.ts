import type { Json, JsonObject } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import {
  listAt,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../activities/installation/kubernetes/json-path';
import { SLOT_LABEL } from '../../activities/installation/kubernetes/names';
import type { ClusterReader, ReadKind } from './cluster-reader';

/** What makes pods, and is made by nothing else that is read. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** For people: `CronJob backfill`. */
  readonly words: string;
  readonly object: KubernetesObject;
  /** Of its pods. */
  readonly labels: JsonObject;
  /** The specification of its pods. */
  readonly pod: Json | undefined;
}

/** Where each kind has the template of its pods. */
const TEMPLATES: Readonly<Partial<Record<ReadKind, readonly string[]>>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Job: ['spec', 'template'],
  Pod: [],
};
const KINDS = Object.keys(TEMPLATES) as readonly ReadKind[];

/** Everything in a namespace that makes pods, or is one by itself. What has ended, and does nothing any more, is left out. */
export async function workloadsIn(reader: ClusterReader, namespace: string): Promise<readonly Workload[]> {
  const lists = await Promise.all(KINDS.map((kind) => reader.listed(kind, namespace)));
  return lists
    .flat()
    .filter((object) => !hasEnded(object) && !KINDS.some((kind) => kind === controllerOf(object)?.kind))
    .map((object) => asWorkload(object, namespace));
}

/** Those of one kind. */
export async function workloadsOf(
  reader: ClusterReader,
  kind: 'Deployment' | 'StatefulSet',
  namespace: string,
): Promise<readonly Workload[]> {
  const objects = await reader.listed(kind, namespace);
  return objects.map((object) => asWorkload(object, namespace));
}

/** The containers of a workload's pods; those that only run before the others last. */
export function containersOf({ pod }: Workload): readonly Json[] {
  return [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')];
}

/** Whether a rotation has made it beside the standing Deployment. */
export function isCopy({ labels }: Workload): boolean {
  return textAt(labels, SLOT_LABEL) !== undefined;
}

/** What controls an object; undefined for one that stands by itself. */
export function controllerOf(
  object: KubernetesObject,
): { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined {
  const owner = listAt(object, 'metadata', 'ownerReferences').find(
    (one) => valueAt(one, 'controller') === true,
  );
  if (owner === undefined) return undefined;
  const said = (key: string): string => textAt(owner, key) ?? '';
  return { apiVersion: said('apiVersion'), kind: said('kind'), name: said('name') };
}

/** How many pods it is to have at a time. */
export function replicasOf({ object }: Workload): number {
  return numberAt(object, 'spec', 'replicas') ?? 1;
}

function asWorkload(object: KubernetesObject, namespace: string): Workload {
  const { kind } = object;
  const { name } = object.metadata;
  const template = valueAt(object, ...(TEMPLATES[kind as ReadKind] ?? []));
  const controller = controllerOf(object);
  const owner =
    kind === 'Deployment' || controller === undefined ? '' : ` of ${controller.kind} ${controller.name}`;
  return {
    ...{ kind, namespace, name, words: `${kind} ${name}${owner}`, object },
    labels: objectAt(template, 'metadata', 'labels'),
    pod: valueAt(template, 'spec'),
  };
}

function hasEnded(object: KubernetesObject): boolean {
  switch (object.kind) {
    case 'Pod':
      return ['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase') ?? '');
    case 'Job':
      return listAt(object, 'status', 'conditions').some(
        (one) =>
          ['Complete', 'Failed'].includes(textAt(one, 'type') ?? '') && textAt(one, 'status') === 'True',
      );
    case 'ReplicaSet':
      return numberAt(object, 'spec', 'replicas') === 0;
    default:
      return false;
  }
}
