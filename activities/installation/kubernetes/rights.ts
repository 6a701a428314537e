import { stringify } from 'yaml';
import type { CallBounds } from '../../clients/call-bounds';
import type { AskedRight, Cluster } from '../../clients/kubernetes/cluster';
import { allEnded } from '../../bounds/waiting';
import { refuse } from '../../errors/refusal-error';
import { fenceLeaseName, launcherSecretName, releasesOf, type InsertedServices, type Place } from './names';
import { OPERATOR_GROUP, type OperatorResource } from './operator/resource';
import type { RekorWorkload } from './rekor-workload';

/**
 * What a rotation has to be allowed to do. A right to create is of use for one name, because objects are made by server-side
 * apply: any other request to create has no name when it is authorized.
 */

type Right = Pick<AskedRight, 'verb' | 'group' | 'resource' | 'name'>;

/** What of a standing release a rotation reads and changes. */
export interface WhatIsChanged {
  readonly workload: RekorWorkload;
  readonly resource: Readonly<Record<'owner' | 'rekor', NamedObject>> | undefined;
  /** Whether its Service is changed, because no gate leads clients. */
  readonly withoutGate?: boolean;
  /** Between which Services a gate is inserted for a rotation, where one is. */
  readonly inserted?: InsertedServices | undefined;
}

type NamedObject = Pick<OperatorResource['owner'], 'kind'> & {
  readonly metadata: { readonly name: string };
};

/** Refuses CLUSTER_RIGHTS_MISSING, with the rules of a Role that would allow what is missing. */
export async function requireRights(
  cluster: Cluster,
  place: Place,
  needed: WhatIsChanged,
  bounds: CallBounds,
): Promise<void> {
  const { log, namespace } = place;
  const asked = neededRights(place, needed);
  const allowed = await allEnded(asked.map((right) => cluster.allows({ ...right, namespace }, bounds)));
  const missing = asked.filter((_, position) => allowed[position] === false);
  if (missing.length > 0) {
    throw refuse('CLUSTER_RIGHTS_MISSING', { log, namespace, rules: stringify(rulesOf(missing)).trimEnd() });
  }
}

/** Every verb on every name that staging, settling and their undos need. */
export function neededRights(
  place: Place,
  { workload, resource, withoutGate = false, inserted }: WhatIsChanged,
): readonly Right[] {
  const { deployment, service } = place;
  const { list, tree } = workload;
  const next = releasesOf(place).copy.id;
  const listed = list.kind === 'Secret' ? 'secrets' : 'configmaps';
  const made = ['get', 'create', 'patch', 'delete'] as const;
  const changed = ['get', 'patch'] as const;
  return [
    ...(resource === undefined
      ? [
          ...rightsOn('apps', 'deployments', deployment, changed),
          ...rightsOn('', listed, list.name, changed),
          ...(tree.kind === 'ConfigMap' ? rightsOn('', 'configmaps', tree.name, changed) : []),
        ]
      : [...rightsOn('apps', 'deployments', deployment, ['get']), ...rightsOnResource(resource)]),
    ...rightsOn('apps', 'deployments', next, made),
    ...rightsOn('', listed, next, made),
    ...rightsOn('', 'secrets', launcherSecretName(place), made),
    // What is there of an attempt is looked for in both kinds.
    ...rightsOn('', listed === 'secrets' ? 'configmaps' : 'secrets', next, ['get']),
    ...rightsOn('', 'services', service, withoutGate ? changed : ['get']),
    ...(inserted
      ? [
          ...rightsOn('', 'services', inserted.at, changed),
          ...rightsOn('', 'services', inserted.gateService, ['get']),
        ]
      : []),
    ...(withoutGate
      ? rightsOn('coordination.k8s.io', 'leases', fenceLeaseName(place), ['get', 'create', 'patch'])
      : []),
    ...rightsOn('', 'pods', undefined, ['list', 'delete']),
  ];
}

/** Of what Red Hat's operator generates nothing is changed: it would be written again. */
function rightsOnResource({ owner, rekor }: NonNullable<WhatIsChanged['resource']>): Right[] {
  const on = ({ kind, metadata }: NamedObject, verbs: readonly Right['verb'][]): Right[] =>
    rightsOn(OPERATOR_GROUP, `${kind.toLowerCase()}s`, metadata.name, verbs);
  return [...on(owner, ['get', 'patch']), ...(rekor.kind === owner.kind ? [] : on(rekor, ['get']))];
}

function rightsOn(
  group: string,
  resource: string,
  name: string | undefined,
  verbs: readonly Right['verb'][],
): Right[] {
  return verbs.map((verb) => ({ verb, group, resource, ...(name !== undefined && { name }) }));
}

/** Rules of a Role that allow these: one for each resource and name. */
export function rulesOf(rights: readonly Right[]) {
  const places = new Map<string, Right[]>();
  for (const right of rights) {
    const key = JSON.stringify([right.group, right.resource, right.name]);
    places.set(key, [...(places.get(key) ?? []), right]);
  }
  return [...places.values()].flatMap((ofOne) => {
    const [first] = ofOne;
    if (first === undefined) return [];
    const { group, resource, name } = first;
    return [
      {
        apiGroups: [group],
        resources: [resource],
        ...(name !== undefined && { resourceNames: [name] }),
        verbs: ofOne.map(({ verb }) => verb),
      },
    ];
  });
}
