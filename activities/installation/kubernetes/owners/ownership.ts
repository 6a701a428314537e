import type { OwnedPart, Owner, Ownership } from '../../../../workflows/model/ownership';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { listAt, textAt } from '../json-path';
import { objectInWords } from '../names';
import { fieldInWords, type OperatorResource } from '../operator/resource';
import type { FoundStanding } from '../standing';
import { commitOfList, commitOfTree, type Values } from './commit';
import { ownersOf, type FoundOwner, type OwnerKind } from './detect';
import { keyInFile, lastApplied, treeInFile } from './last-applied';
import { fieldManagers, type FieldStep } from './managed-fields';
import { nextRun, type Held, type InFile } from './next-run';

/** How each owner is held off that would take a rotation back by itself, by its name; in a person's words. */
export type HeldOff = Readonly<Record<string, string>>;

/**
 * Who writes the objects that hold a log's configuration, and what they need for it to stay as these values say.
 *
 * @param services whose selector a rotation changes until its end.
 */
export function ownershipOf(
  log: string,
  standing: FoundStanding,
  values: Values,
  services: readonly KubernetesObject[] = [],
  heldOff: HeldOff = {},
): Ownership {
  const { deployment, treeObject, resource } = standing;
  const ofConfiguration =
    resource === undefined
      ? [
          listPart(standing, values, heldOff),
          treePart(log, standing, values, heldOff),
          ...(treeObject ? [podsPart(deployment, heldOff)] : []),
        ]
      : resourceParts(resource, values, heldOff);
  const parts = [...ofConfiguration, ...services.map((service) => selectorPart(service, heldOff))];
  const isNeeded = ([name, how]: readonly [string, string]): boolean =>
    parts.some(({ owners }) =>
      owners.some((owner) => owner.name === name && owner.byItself?.heldOff === how),
    );
  const inVain = Object.entries(heldOff).filter((one) => !isNeeded(one));
  return { parts, heldOffInVain: inVain.map(([name]) => name) };
}

function listPart(standing: FoundStanding, values: Values, heldOff: HeldOff): OwnedPart {
  const { listObject: object, workload, list } = standing;
  const { kind, key } = workload.list;
  const owners = ownersOf(object);
  const file = lastApplied(object);
  const filed = file && (keyInFile(file, kind, key) ?? null);
  return {
    ...{ object: objectInWords(object), holds: 'list', owners: owners.map(told('list', heldOff, filed)) },
    source: sourceOf(object, { owners, path: ['data', key], now: list, filed }),
    commit: [commitOfList(standing, owners, values)],
  };
}

function treePart(log: string, standing: FoundStanding, values: Values, heldOff: HeldOff): OwnedPart {
  const { deployment, workload, treeObject, activeTree } = standing;
  const { tree, container } = workload;
  const object = treeObject ?? deployment;
  const owners = ownersOf(object);
  const file = lastApplied(object);
  const filed =
    file &&
    ((tree.kind === 'ConfigMap' ? keyInFile(file, 'ConfigMap', tree.key) : treeInFile(log, file)) ?? null);
  const rekor = listAt(deployment, 'spec', 'template', 'spec', 'containers')[container];
  const inContainer: readonly FieldStep[] = [
    ...['spec', 'template', 'spec', 'containers', { name: textAt(rekor, 'name') ?? '' }],
    ...(tree.kind === 'container' && tree.path[0] === 'env'
      ? ['env', { name: tree.what }, 'value']
      : ['args']),
  ];
  const path = tree.kind === 'ConfigMap' ? ['data', tree.key] : inContainer;
  const held = tree.kind === 'ConfigMap' ? 'treeInKey' : 'treeInContainer';
  return {
    ...{ object: objectInWords(object), holds: 'tree', owners: owners.map(told(held, heldOff, filed)) },
    source: sourceOf(object, { owners, path, now: activeTree, filed }),
    commit: [commitOfTree(standing, owners, values)],
  };
}

/**
 * Where Red Hat's operator generates all of it, its resource alone is changed: the operator follows that, and who writes it counts.
 */
function resourceParts(resource: OperatorResource, { list, tree }: Values, heldOff: HeldOff): OwnedPart[] {
  const { owner, path } = resource;
  const owners = ownersOf(owner);
  const part = (holds: 'list' | 'tree', field: 'sharding' | 'treeID', value: string): OwnedPart => ({
    ...{ object: objectInWords(owner), holds, owners: owners.map(told('resource', heldOff, undefined)) },
    source: sourceOf(owner, { owners, path: [...path, field], now: value, filed: undefined }),
    commit: [{ where: fieldInWords(resource, field), value }],
  });
  return [part('list', 'sharding', list), part('tree', 'treeID', tree)];
}

function podsPart(deployment: KubernetesObject, heldOff: HeldOff): OwnedPart {
  const owners = ownersOf(deployment).map(told('pods', heldOff, undefined));
  return { object: objectInWords(deployment), holds: 'pods', owners, source: 'unknown', commit: [] };
}

/** Nothing of it has to be committed: a rotation ends with the selector that it found. */
function selectorPart(service: KubernetesObject, heldOff: HeldOff): OwnedPart {
  const owners = ownersOf(service).map(told('selector', heldOff, undefined));
  return { object: objectInWords(service), holds: 'selector', owners, source: 'unknown', commit: [] };
}

/** What a file has for a value: null where it does not name it, undefined where there is no file. */
type Filed = string | null | undefined;

/** An owner with what it does to this object. */
function told(held: Held, heldOff: HeldOff, filed: Filed): (owner: FoundOwner) => Owner {
  const inFile: InFile = filed === undefined ? undefined : filed === null ? 'notNamed' : 'named';
  return (owner) => {
    const { name, pause, kind } = owner;
    // What else is in the Deployment is no matter, but for what makes all of it again.
    const byItself = pause !== undefined && (held !== 'pods' || kind === 'controller');
    const off = owner.heldOff ?? (Object.hasOwn(heldOff, name) ? heldOff[name] : undefined);
    return {
      ...{ name, nextRun: nextRun(owner, held, inFile) },
      ...(byItself && { byItself: { pause, ...(off !== undefined && { heldOff: off }) } }),
    };
  };
}

/** Argo CD applies as kubectl does. */
const notedByKubectl: readonly OwnerKind[] = ['file', 'argo-cd', 'chart'];

interface Looked {
  readonly owners: readonly FoundOwner[];
  readonly path: readonly FieldStep[];
  /** What the object has now. */
  readonly now: string;
  readonly filed: Filed;
}

/**
 * Whether what is applied to it has the value of now. An owner that the API server notes for the field was the last to give it
 * its value. One that is noted no longer may have given it the same since, on the client's side: then nothing tells.
 */
function sourceOf(object: KubernetesObject, { owners, path, now, filed }: Looked): OwnedPart['source'] {
  const managed = fieldManagers(object).some(
    (manager) => owners.some((owner) => owner.manager(manager.name)) && manager.owns(...path),
  );
  if (managed) return 'agrees';
  // What kubectl has noted is not what another tool applies.
  if (typeof filed !== 'string' || !owners.some(({ kind }) => notedByKubectl.includes(kind)))
    return 'unknown';
  return filed === now ? 'agrees' : 'differs';
}
