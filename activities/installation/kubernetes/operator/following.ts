import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { refuse } from '../../../errors/refusal-error';
import { listAt, numberAt, textAt } from '../json-path';
import { objectInWords } from '../names';
import type { RekorWorkload } from '../rekor-workload';
import { ownerInWords, type OperatorResource } from './resource';
import { sameShards, shardsOfOwner, shardsOfRekor, treeOfStatus } from './shards';

/** Whether the operator has brought Rekor to what its resource says, as far as the operator itself and its Deployment tell. */

/** "true" on an object keeps the operator from it (securesign/secure-sign-operator: internal/annotations/annotations.go). */
const PAUSED = 'rhtas.redhat.com/pause-reconciliation';

/** A Deployment with what it is generated from. */
export interface Generated {
  readonly deployment: KubernetesObject;
  readonly workload: RekorWorkload;
  readonly resource: OperatorResource;
}

/** Refuses OPERATOR_PAUSED, and OPERATOR_NOT_FOLLOWING where the Deployment is not yet, or no more, as its resource says. */
export function requireFollowed(log: string, generated: Generated): void {
  requireNotPaused(log, generated);
  const reason = whyNotFollowed(generated);
  if (reason !== undefined) throw notFollowed(log, generated.resource, reason);
}

/** Refuses OPERATOR_PAUSED where the operator leaves alone what a rotation changes, or what follows from that. */
export function requireNotPaused(
  log: string,
  { resource, deployment }: Pick<Generated, 'resource' | 'deployment'>,
): void {
  const { owner, rekor } = resource;
  const paused = [owner, rekor, deployment].find(
    (object) => textAt(object, 'metadata', 'annotations', PAUSED) === 'true',
  );
  if (paused !== undefined) {
    throw refuse('OPERATOR_PAUSED', { log, object: objectInWords(paused), annotation: PAUSED });
  }
}

/** The refusal OPERATOR_NOT_FOLLOWING. */
export function notFollowed(log: string, resource: OperatorResource, reason: string): Error {
  return refuse('OPERATOR_NOT_FOLLOWING', { log, object: ownerInWords(resource), reason });
}

/**
 * The first thing in which the operator, or what it generates, is behind its resource; undefined where nothing is. Whether pods
 * run is another question. A condition's message is not in it, because it may quote what stands in an object (H28).
 */
export function whyNotFollowed({ deployment, workload, resource }: Generated): string | undefined {
  const { rekor } = resource;
  const name = objectInWords(rekor);
  const wanted = shardsOfOwner(resource);
  if (!sameShards(wanted, shardsOfRekor(resource))) return `${name} does not have its shards`;
  const tree = treeOfStatus(rekor);
  if (tree !== wanted.activeTree) return `status.treeID of ${name} is ${tree || 'not set'}`;
  const unready = whyUnready(rekor);
  if (unready !== undefined) return `${name} is not ready: ${unready}`;
  const found = objectInWords(deployment);
  if (workload.tree.kind !== 'container' || workload.tree.treeId !== wanted.activeTree) {
    return `${found} has another active tree`;
  }
  const list = textAt(rekor, 'status', 'serverConfigRef', 'name');
  return list === workload.list.name
    ? undefined
    : `${found} mounts another list than status.serverConfigRef of ${name} names`;
}

/** The operator says of which generation its `Ready` is: an earlier one says nothing of what was written since. */
function whyUnready(rekor: KubernetesObject): string | undefined {
  const conditions = listAt(rekor, 'status', 'conditions');
  const ready = conditions.find((one) => textAt(one, 'type') === 'Ready');
  if (ready === undefined) return 'it has no condition Ready';
  const generation = numberAt(rekor, 'metadata', 'generation') ?? 0;
  const observed = numberAt(ready, 'observedGeneration') ?? 0;
  if (textAt(ready, 'status') === 'True') {
    return observed >= generation
      ? undefined
      : `its condition Ready is of generation ${observed}, not ${generation}`;
  }
  return conditions
    .filter((one) => textAt(one, 'status') !== 'True')
    .map((one) => `${asWord(textAt(one, 'type'))} is not True (${asWord(textAt(one, 'reason'))})`)
    .join(', ');
}

/** Types and reasons are words in one piece; anything else is not shown. */
function asWord(text = ''): string {
  return /^[A-Za-z][A-Za-z0-9]{0,62}$/.test(text) ? text : 'no word';
}
