import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CallBounds } from '../../../../activities/clients/call-bounds';
import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import type { Json, JsonObject } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  listAt,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../../../activities/installation/kubernetes/json-path';
import { isRolledOut } from '../../../../activities/installation/kubernetes/rollout';
import { deploymentOf, listObject, listOf, rekorOf, serviceOf } from './generated';
import { OPERATOR } from './names';

/**
 * One pass of the stand-in for Red Hat's operator, in the order in which that works (securesign/secure-sign-operator at c4848fb3:
 * internal/controller). It makes no tree: a Rekor whose status names none waits.
 */

/** A cluster as the stand-in works on it. */
export interface Operated {
  readonly cluster: Pick<Cluster, 'get' | 'list' | 'create' | 'apply' | 'patch' | 'delete'>;
  /** Replaces the status of a Rekor, which is written apart from the rest. */
  writeStatus(rekor: KubernetesObject, status: JsonObject, bounds: CallBounds): Promise<void>;
  readonly namespace: string;
}

/** Every Securesign is copied to its Rekor, and what each Rekor says is generated. */
export async function reconcile(operated: Operated, bounds: CallBounds): Promise<void> {
  for (const securesign of await objects(operated, 'Securesign', bounds)) {
    if (!isPaused(securesign)) await copyToRekor(operated, securesign, bounds);
  }
  for (const rekor of await objects(operated, 'Rekor', bounds)) {
    if (!isPaused(rekor)) await generate(operated, rekor, bounds);
  }
}

async function objects(
  { cluster, namespace }: Operated,
  kind: string,
  bounds: CallBounds,
): Promise<readonly KubernetesObject[]> {
  return (await cluster.list({ apiVersion: OPERATOR.apiVersion, kind, namespace }, {}, bounds)).items;
}

/** Whole: whatever somebody has written into that Rekor is gone. */
async function copyToRekor(
  { cluster }: Operated,
  securesign: KubernetesObject,
  bounds: CallBounds,
): Promise<void> {
  const wanted = rekorOf(securesign);
  const { apiVersion, kind, metadata } = wanted;
  const reference = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
  const found = await cluster.get(reference, bounds);
  if (found === undefined) {
    await cluster.create(wanted, bounds);
  } else if (!isPaused(found) && !isDeepStrictEqual(found['spec'], wanted['spec'])) {
    const spec = { op: 'add', path: '/spec', value: objectAt(wanted, 'spec') } as const;
    await cluster.patch(reference, found.metadata.resourceVersion ?? '', [spec], bounds);
  }
}

async function generate(operated: Operated, rekor: KubernetesObject, bounds: CallBounds): Promise<void> {
  const { cluster } = operated;
  const status: Record<string, Json | undefined> = { ...objectAt(rekor, 'status') };
  const persist = async (): Promise<void> => {
    if (!isDeepStrictEqual(status, objectAt(rekor, 'status')))
      await operated.writeStatus(rekor, status, bounds);
  };
  const list = await listNow(operated, rekor, bounds);
  status['serverConfigRef'] = { name: list };
  // A tree that is taken out of the spec stays in the status.
  const tree = valueAt(rekor, 'spec', 'treeID');
  if (isTree(tree)) status['treeID'] = tree;
  const treeId = status['treeID'];
  let deployment: KubernetesObject | undefined;
  if (isTree(treeId)) {
    deployment = await applied(cluster, deploymentOf(rekor, list, treeId), bounds);
    await applied(cluster, serviceOf(rekor), bounds);
  }
  const isServed = deployment !== undefined && isRolledOut(deployment);
  const reason = treeId === undefined ? 'Pending' : 'Creating';
  status['conditions'] = [
    condition(rekor, 'ServerAvailable', isServed, reason),
    condition(rekor, 'Ready', isServed, reason),
  ];
  await persist();
}

/** The name of the ConfigMap with the list as it is to be: another list is another object, before which the former one goes. */
async function listNow({ cluster }: Operated, rekor: KubernetesObject, bounds: CallBounds): Promise<string> {
  const { namespace } = rekor.metadata;
  const name = textAt(rekor, 'status', 'serverConfigRef', 'name');
  if (name !== undefined) {
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
    const found = await cluster.get(reference, bounds);
    if (isDeepStrictEqual(found?.['data'], listOf(rekor))) return name;
    if (found !== undefined) await cluster.delete(reference, { uid: found.metadata.uid ?? '' }, bounds);
  }
  const next = `rekor-sharding-config-${randomBytes(3).toString('hex').slice(0, 5)}`;
  await cluster.create(listObject(rekor, next), bounds);
  return next;
}

/** Overwrites, unless the object itself says that it is to be left alone. */
async function applied(
  cluster: Operated['cluster'],
  object: KubernetesObject,
  bounds: CallBounds,
): Promise<KubernetesObject> {
  const { apiVersion, kind, metadata } = object;
  const found = await cluster.get(
    { apiVersion, kind, namespace: metadata.namespace, name: metadata.name },
    bounds,
  );
  return found !== undefined && isPaused(found)
    ? found
    : await cluster.apply(object, { ...bounds, force: true });
}

function isPaused({ metadata }: KubernetesObject): boolean {
  return textAt(metadata, 'annotations', 'rhtas.redhat.com/pause-reconciliation') === 'true';
}

function isTree(value: Json | undefined): value is number | bigint {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0;
}

/** Its time is that of the last change. */
function condition(rekor: KubernetesObject, type: string, isTrue: boolean, reason: string): JsonObject {
  const conditions = listAt(rekor, 'status', 'conditions');
  const before = conditions.find((one) => textAt(one, 'type') === type);
  const status = isTrue ? 'True' : 'False';
  const since = textAt(before, 'status') === status ? textAt(before, 'lastTransitionTime') : undefined;
  return {
    ...{ type, status, reason: isTrue ? 'Ready' : reason, message: '' },
    observedGeneration: numberAt(rekor, 'metadata', 'generation') ?? 0,
    lastTransitionTime: since ?? `${new Date().toISOString().slice(0, 19)}Z`,
  };
}
