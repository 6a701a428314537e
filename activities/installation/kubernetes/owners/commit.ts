import type { Commit } from '../../../../workflows/model/ownership';
import { shellLine } from '../../../../workflows/model/shell-line';
import { writeExactJson, type Json } from '../../../clients/kubernetes/exact-json';
import { listedShards, listedValues } from '../../sharding-file';
import { listAt, textAt } from '../json-path';
import type { FoundStanding } from '../standing';
import type { FoundOwner } from './detect';

/** The values that whoever writes these objects needs. */
export interface Values {
  /** The list of earlier shards, as its file has it. */
  readonly list: string;
  /** The active tree; its place, where it is not known yet. */
  readonly tree: string;
}

/** What to commit for the list. A value that may hold a secret is not said (H28). */
export function commitOfList(
  { workload, listObject, listName }: FoundStanding,
  owners: readonly FoundOwner[],
  { list }: Values,
): Commit {
  const { kind, name, key } = workload.list;
  const { namespace = '' } = listObject.metadata;
  const where = ofChart(owners, listObject)
    ? `server.sharding.contents in the values of chart rekor`
    : `data["${key}"] of ${kind} ${namespace}/${name}`;
  if (mayHoldSecrets(listName, list)) {
    const jsonpath = `jsonpath={.data.${key.replaceAll('.', String.raw`\.`)}}`;
    const read = ['kubectl', '-n', namespace, 'get', kind.toLowerCase(), name, '-o', jsonpath];
    const decoded = kind === 'Secret' ? ' | base64 -d' : '';
    return { where, value: null, from: `${shellLine(read)}${decoded}` };
  }
  return { where, value: ofChart(owners, listObject) ? quoted(oneLine(listName, list)) : list };
}

/** What to commit for the active tree. */
export function commitOfTree(
  { workload, deployment, treeObject }: FoundStanding,
  owners: readonly FoundOwner[],
  { tree }: Values,
): Commit {
  const { tree: place, container } = workload;
  if (place.kind === 'ConfigMap') {
    const { namespace = '', name } = treeObject?.metadata ?? { name: place.name };
    return treeObject && ofChart(owners, treeObject) && place.key === CHART_TREE_KEY
      ? { where: 'server.config.treeID in the values of chart rekor', value: quoted(tree) }
      : { where: `data["${place.key}"] of ConfigMap ${namespace}/${name}`, value: tree };
  }
  const { namespace = '', name } = deployment.metadata;
  const rekor = listAt(deployment, 'spec', 'template', 'spec', 'containers')[container];
  const [member] = place.path;
  const what = member === 'args' ? 'args' : `the variable ${place.what}`;
  return {
    where: `${what} of container ${textAt(rekor, 'name') ?? ''} in Deployment ${namespace}/${name}`,
    // Where flag and value are two arguments, only the second one is another.
    value: `${place.prefix}${tree}`,
  };
}

/** The key that Sigstore's chart gives the tree, and the job of it that makes the first tree. */
const CHART_TREE_KEY = 'treeID';

/** Whether an object is made from Sigstore's chart, by whatever renders it. */
function ofChart(owners: readonly FoundOwner[], object: NonNullable<FoundStanding['treeObject']>): boolean {
  const isChart = /^rekor-[0-9]/.test(textAt(object, 'metadata', 'labels', 'helm.sh/chart') ?? '');
  return isChart && owners.some(({ kind }) => kind !== 'controller');
}

function mayHoldSecrets(listName: string, list: string): boolean {
  return listedShards(listName, list).some(({ shown }) => shown.some((line) => /<.*hidden>/.test(line)));
}

/** As JSON: the chart pastes it after an indentation, so that a second line would break it. */
function oneLine(listName: string, list: string): string {
  return writeExactJson(listedValues(listName, list).map(asJson));
}

/** A list that may be shown has only numbers, switches, and two words for a signer. */
function asJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]));
  }
  const text = String(value);
  if (/^[0-9]+$/.test(text)) return BigInt(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return /^(|~|null|Null|NULL)$/.test(text) ? null : text;
}

/** As a text in YAML: the chart refuses a number for a tree, and a list for the list. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
