import type { Replacement } from '../../../../workflows/model/installation';
import { pause } from '../../../bounds/waiting';
import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { Json } from '../../../clients/kubernetes/exact-json';
import { jsonPointer, type PatchOperation } from '../../../clients/kubernetes/objects';
import { changedBySomeone } from '../../../errors/refusal-error';
import { changeObject } from '../change-object';
import { notReady } from '../copy';
import { valueAt } from '../json-path';
import { attemptOperations } from '../marking';
import type { Place } from '../names';
import { podsOf } from '../pods';
import { isRolledOut, replicasOf } from '../rollout';
import { readStanding, type FoundStanding } from '../standing';
import { notFollowed, requireNotPaused, whyNotFollowed, type Generated } from './following';
import { ownerInWords, pathTo, type OperatorResource } from './resource';
import { asNumber, listWith, sameShards, shardsOfOwner, type ResourceShards } from './shards';

/**
 * How the resource of Red Hat's operator takes the configuration of the next release: list, tree and the attempt's mark in one
 * write, so that the operator never sees one without the other (H9). Then the operator generates the rest, and is waited for.
 */

const LOOK_EVERY_MS = 250;

/** A standing Deployment that the operator generates. */
export type GeneratedStanding = FoundStanding & { readonly resource: OperatorResource };

/**
 * Returns when every pod is of what the operator made of it. Refuses CHANGED_BY_SOMEONE, OPERATOR_PAUSED,
 * OPERATOR_NOT_FOLLOWING and PODS_NOT_READY.
 */
export async function settleResource(
  cluster: Cluster,
  place: Place,
  replacement: Replacement,
  found: GeneratedStanding,
  { withinMs, ends }: { readonly withinMs: number; readonly ends: number },
  bounds: CallBounds,
): Promise<void> {
  const { resource } = found;
  requireNotPaused(place.log, found);
  requireKnownShards(resource, replacement);
  const operations = settlingOperations(resource, replacement);
  if (operations.length > 0) await changeObject(cluster, resource.owner, operations, bounds);
  for (;;) {
    const now = await generated(cluster, place, bounds);
    if (!hasShards(now.resource, settledShards(replacement))) {
      throw changedBySomeone(
        ownerInWords(now.resource),
        inWords(settledShards(replacement)),
        inWords(shardsOfOwner(now.resource)),
      );
    }
    const reason = whyNotFollowed(now);
    if (reason === undefined && isRolledOut(now.deployment)) return;
    if (performance.now() > ends) throw await tooLate(cluster, place, now, reason, withinMs, bounds);
    await pause(LOOK_EVERY_MS, bounds.signal);
  }
}

async function generated(cluster: Cluster, place: Place, bounds: CallBounds): Promise<Generated> {
  const { deployment, workload, resource } = await readStanding(cluster, place, bounds);
  if (resource !== undefined) return { deployment, workload, resource };
  throw changedBySomeone(`Deployment ${place.deployment}`, "one of Red Hat's operator", 'one of nobody');
}

function settledShards({ inactive, currentTreeId, nextTreeId }: Replacement): ResourceShards {
  return { activeTree: nextTreeId, listed: [...inactive.map(({ treeId }) => treeId), currentTreeId] };
}

/** As the attempt found them, or as it has written them: both are one write, so there is nothing between. */
function requireKnownShards(resource: OperatorResource, replacement: Replacement): void {
  const { inactive, currentTreeId } = replacement;
  const before = { activeTree: currentTreeId, listed: inactive.map(({ treeId }) => treeId) };
  const known = [before, settledShards(replacement)];
  if (known.some((shards) => hasShards(resource, shards))) return;
  const allowed = known.map(inWords).join(' or ');
  throw changedBySomeone(ownerInWords(resource), allowed, inWords(shardsOfOwner(resource)));
}

function hasShards(resource: OperatorResource, shards: ResourceShards): boolean {
  return sameShards(shardsOfOwner(resource), shards);
}

function inWords({ activeTree, listed }: ResourceShards): string {
  return `the list [${listed.join(', ')}] and the tree ${activeTree || 'none'}`;
}

/** None where all of it is written. Its values are tested besides its version, for whoever reads what was sent. */
function settlingOperations(resource: OperatorResource, replacement: Replacement): PatchOperation[] {
  const { owner } = resource;
  const { activeTree, listed } = settledShards(replacement);
  const list = jsonPointer(...pathTo(resource, 'sharding'));
  const tree = jsonPointer(...pathTo(resource, 'treeID'));
  const attempt = attemptOperations(owner, replacement.attemptId);
  if (hasShards(resource, { activeTree, listed })) return attempt;
  const tested = (path: string, value: Json | undefined): PatchOperation[] =>
    value === undefined ? [] : [{ op: 'test', path, value }];
  const hasPart = valueAt(owner, ...resource.path) !== undefined;
  return [
    ...tested(list, valueAt(owner, ...pathTo(resource, 'sharding'))),
    ...tested(tree, valueAt(owner, ...pathTo(resource, 'treeID'))),
    ...(hasPart ? [] : [{ op: 'add', path: jsonPointer(...resource.path), value: {} } as const]),
    // `replace` would want both to be there; `add` takes the place of what is.
    { op: 'add', path: list, value: listWith(resource, listed) },
    { op: 'add', path: tree, value: asNumber(activeTree) },
    ...attempt,
  ];
}

async function tooLate(
  cluster: Cluster,
  place: Place,
  now: Generated,
  reason: string | undefined,
  withinMs: number,
  bounds: CallBounds,
): Promise<Error> {
  requireNotPaused(place.log, now);
  const { deployment, resource } = now;
  const pods = await podsOf(cluster, place, deployment, bounds);
  const hasTrouble = pods.some(({ trouble }) => trouble !== undefined);
  // The operator does not call itself ready before its pods are: what keeps them says more.
  return reason === undefined || hasTrouble
    ? notReady(place, deployment, { pods, wanted: replicasOf(deployment), withinMs })
    : notFollowed(place.log, resource, `after ${Math.round(withinMs / 1_000)} s ${reason}`);
}
