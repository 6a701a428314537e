import type { TreeId } from '../../../../workflows/model/log';
import { isJsonObject, type Json, type JsonObject } from '../../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { refuse } from '../../../errors/refusal-error';
import { isTreeId, TREE_ID_ALLOWED } from '../../tree-id';
import { type JsonPath, listAt, textAt, valueAt } from '../json-path';
import { fieldInWords, type OperatorResource, ownerInWords, pathTo } from './resource';

/** The fields that a shard has in the operator's resource (securesign/secure-sign-operator: api/v1/rekor_types.go). */
const FIELDS = ['treeID', 'treeLength', 'encodedPublicKey'];

/** What Rekor can be told of a shard besides, and the operator cannot. */
const NOT_THE_OPERATORS = ['signingConfig', 'grpcEndpoint'];

/** The shards that Rekor's part of an object has, in digits. */
export interface ResourceShards {
  /** Empty where it names none. */
  readonly activeTree: string;
  readonly listed: readonly string[];
}

/**
 * The shards of the resource that is changed. Where it names no active tree, the one counts that the operator has noted in the
 * status of the Rekor: it goes on with that (internal/action/tree/action.go).
 */
export function shardsOfOwner(resource: OperatorResource): ResourceShards {
  const ofSpec = shardsAt(resource.owner, resource.path);
  return { ...ofSpec, activeTree: ofSpec.activeTree || treeOfStatus(resource.rekor) };
}

/** The shards of the Rekor, which follows its owner. */
export function shardsOfRekor({ rekor }: OperatorResource): ResourceShards {
  const ofSpec = shardsAt(rekor, ['spec']);
  return { ...ofSpec, activeTree: ofSpec.activeTree || treeOfStatus(rekor) };
}

/** Whether two name the same active tree, and list the same others in the same order. */
export function sameShards(one: ResourceShards, other: ResourceShards): boolean {
  return one.activeTree === other.activeTree && one.listed.join() === other.listed.join();
}

/** The active tree that the operator has taken up; empty where it has none. */
export function treeOfStatus(rekor: KubernetesObject): string {
  return digitsOf(valueAt(rekor, 'status', 'treeID'));
}

function shardsAt(object: KubernetesObject, path: JsonPath): ResourceShards {
  const listed = listAt(object, ...path, 'sharding').map((shard) => digitsOf(valueAt(shard, 'treeID')));
  return { activeTree: digitsOf(valueAt(object, ...path, 'treeID')), listed };
}

/**
 * The list as the operator writes it for Rekor. Refuses OPERATOR_CANNOT for a shard with a field that the operator has not:
 * the API server of its cluster drops such a field, and only where that does not is it ever there.
 */
export function listText(log: string, resource: OperatorResource): string {
  const shards = listAt(resource.owner, ...pathTo(resource, 'sharding'));
  return shards.map((shard, position) => shardText(shard, fail(log, resource, position))).join('');
}

type Fail = (reason: string) => Error;

function fail(log: string, resource: OperatorResource, position: number): Fail {
  const where = `entry ${position + 1} of its list ${pathTo(resource, 'sharding').join('.')}`;
  return (reason) =>
    refuse('OPERATOR_CANNOT', { log, object: ownerInWords(resource), reason: `${where} ${reason}` });
}

function shardText(shard: Json, refused: Fail): string {
  const fields: JsonObject = isJsonObject(shard) ? shard : {};
  const foreign = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (foreign !== undefined) {
    // A name may be anything (H28).
    const name = NOT_THE_OPERATORS.includes(foreign) ? foreign : 'another field';
    throw refused(`has ${name}, and the operator knows ${FIELDS.join(', ')} alone`);
  }
  const treeId = digitsOf(fields['treeID']);
  if (!isTreeId(treeId)) throw refused(`has no treeID; allowed is ${TREE_ID_ALLOWED}`);
  // 0 is as good as none: Rekor asks Trillian.
  const length = digitsOf(fields['treeLength']);
  const key = textAt(fields, 'encodedPublicKey');
  return [
    `- treeID: ${treeId}\n`,
    ...(length === '' ? [] : [`  treeLength: ${length}\n`]),
    ...(key === undefined ? [] : [`  encodedPublicKey: ${JSON.stringify(key)}\n`]),
  ].join('');
}

/** A whole number of a resource in digits; empty for nothing, for 0, with which the operator makes a tree, and for anything else. */
function digitsOf(value: Json | undefined): string {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0 ? String(value) : '';
}

/** A tree's id as a resource has it: a number with every digit. */
export function asNumber(treeId: TreeId): bigint {
  return BigInt(treeId);
}

/** The list of the resource with trees at its end that it does not have; what is there stays as it is. */
export function listWith(resource: OperatorResource, treeIds: readonly TreeId[]): readonly Json[] {
  const shards = listAt(resource.owner, ...pathTo(resource, 'sharding'));
  const { listed } = shardsOfOwner(resource);
  const missing = treeIds.filter((treeId) => !listed.includes(treeId));
  return [...shards, ...missing.map((treeId) => ({ treeID: asNumber(treeId) }))];
}

/** Names the list to a person. */
export function listInWords(resource: OperatorResource): string {
  return fieldInWords(resource, 'sharding');
}
