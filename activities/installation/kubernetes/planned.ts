import { createHash } from 'node:crypto';
import type { Change, PlannedChanges, Release } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { podsOfHalves, podsWhileStaged } from '../../../workflows/model/room';
import { type Json, writeExactJson } from '../../clients/kubernetes/exact-json';
import { NEXT_TREE_ID } from '../content';
import { differingLines } from '../differing-lines';
import { listedShards, withShards } from '../sharding-file';
import { listAt, objectAt, textAt, without } from './json-path';
import { inWords, launcherSecretName, reference, releasesOf, type Place } from './names';
import { launcherSecret, nextDeployment, nextList, type NextRelease } from './next-objects';
import { fieldInWords } from './operator/resource';
import type { FoundStanding } from './standing';

export type NextOptions = Pick<NextRelease, 'place' | 'launcherImage' | 'entrypoint'>;

/** The copy of what stands, with those trees at the end of its list that it does not have yet. */
export function nextReleaseOf(
  { place, launcherImage, entrypoint }: NextOptions,
  standing: FoundStanding,
  earlier: readonly TreeId[],
  attempt: Pick<NextRelease, 'attemptId' | 'nextTreeId' | 'replicas' | 'takes'>,
): NextRelease {
  const list = withShards(standing.listName, standing.list, earlier);
  return { place, launcherImage, entrypoint, standing, list, ...attempt };
}

/** What a rotation will make and change, without any value that may be secret (H28). */
export function plannedChanges(next: NextRelease, standing: FoundStanding): PlannedChanges {
  return { changes: shown(next, standing), fingerprint: fingerprintOf(next, standing) };
}

/**
 * SHA-256 over what the copy is derived from, and over the copy itself: a worker of another version that would derive another
 * one is refused like somebody who has changed the original. The number of pods is none of it: an autoscaler changes that.
 */
export function fingerprintOf(next: NextRelease, standing: FoundStanding): string {
  const asPlanned = { ...next, nextTreeId: NEXT_TREE_ID, attemptId: '', replicas: 0 };
  const parts: Json[] = [
    without(objectAt(standing.deployment, 'spec'), 'replicas'),
    objectAt(standing.listObject, 'data'),
    standing.activeTree,
    nextList(asPlanned),
    launcherSecret(asPlanned, ''),
    nextDeployment(asPlanned),
  ];
  return createHash('sha256').update(writeExactJson(parts)).digest('hex');
}

function shown(next: NextRelease, standing: FoundStanding): Change[] {
  const { place, list } = next;
  const { workload, listName } = standing;
  const { kind } = workload.list;
  const { copy } = releasesOf(place);
  const named = (of: 'Deployment' | 'ConfigMap' | 'Secret', name: string): string =>
    inWords(reference(place, of, name));
  const shownList = (text: string): string[] => listedShards(listName, text).flatMap((shard) => shard.shown);
  const object = { kind: 'object' } as const;
  const scaled = podChanges(next);
  return [
    {
      ...{ step: 'stage', ...object, what: `sharding list of ${copy.name}`, target: named(kind, copy.id) },
      ...{ removed: [], added: shownList(list) },
    },
    {
      ...{ step: 'stage', ...object, what: `token of the launchers of ${copy.name}` },
      ...{ target: named('Secret', launcherSecretName(place)), removed: [], added: ['token: <hidden>'] },
    },
    ...scaled.filter(({ step }) => step === 'stage'),
    {
      ...{
        step: 'stage',
        ...object,
        what: 'the next release: a copy that waits for its start, and is deleted in the end',
      },
      ...{ target: named('Deployment', copy.id), ...copyLines(next) },
    },
    ...scaled.filter(({ step }) => step === 'start'),
    {
      ...{
        step: 'settle',
        ...object,
        what: `sharding list of Deployment ${place.deployment}`,
        target: listName,
      },
      ...differingLines(shownList(standing.list), shownList(list)),
    },
    {
      ...{ step: 'settle', ...object, what: `active tree of Deployment ${place.deployment}` },
      ...activeTreeLines(place, standing),
    },
    ...scaled.filter(({ step }) => step === 'settle'),
  ];
}

/** Each number of pods that one of the two Deployments gets on its way to its own, where one takes the room of the other. */
function podChanges({ place, takes }: NextRelease): Change[] {
  if (takes === undefined) return [];
  const { strategy, pods } = takes;
  const { standing, copy } = releasesOf(place);
  const staged = podsWhileStaged(strategy, pods);
  const halves = podsOfHalves(pods);
  const change = (step: Change['step'], { id, name }: Release, numbers: readonly number[]): Change[] => {
    const [before, ...after] = numbers.filter((number, position) => number !== numbers[position - 1]);
    const target = inWords(reference(place, 'Deployment', id));
    const lines = { removed: [`replicas: ${before ?? 0}`], added: [`replicas: ${after.join(', then ')}`] };
    return after.length === 0
      ? []
      : [{ ...{ step, kind: 'object', what: `number of pods of ${name}`, target }, ...lines }];
  };
  const inStart = strategy === 'recreate';
  return [
    ...change('stage', standing, [pods, staged.current]),
    ...(inStart ? [...change('start', standing, [pods, 0]), ...change('start', copy, [0, pods])] : []),
    ...change('settle', copy, [inStart ? pods : staged.next, halves.next]),
    ...change('settle', standing, [inStart ? 0 : staged.current, 0, halves.current, pods]),
  ];
}

/** What in the copy's pods is not as in the original's, as far as it may be shown. */
function copyLines({ standing, launcherImage, nextTreeId }: NextRelease) {
  const { container, tree } = standing.workload;
  const original = listAt(standing.deployment, 'spec', 'template', 'spec', 'containers')[container];
  const before = tree.kind === 'container' ? tree.treeId : `from ConfigMap ${tree.name} (${tree.key})`;
  return {
    removed: [`${tree.what}=${before}`, 'probes, labels and anti-affinity of the original'],
    added: [
      `${tree.what}=${nextTreeId}`,
      `command: the launcher of ${launcherImage}, which starts container ${textAt(original, 'name') ?? ''}`,
    ],
  };
}

function activeTreeLines(place: Place, { workload, activeTree, resource }: FoundStanding) {
  const { tree } = workload;
  if (resource !== undefined) {
    return {
      target: fieldInWords(resource, 'treeID'),
      removed: [`treeID: ${activeTree}`],
      added: [`treeID: ${NEXT_TREE_ID}`],
    };
  }
  return tree.kind === 'container'
    ? {
        target: inWords(reference(place, 'Deployment', place.deployment)),
        removed: [`${tree.what}=${activeTree}`],
        added: [`${tree.what}=${NEXT_TREE_ID}`],
      }
    : {
        target: `${inWords(reference(place, 'ConfigMap', tree.name))} (${tree.key})`,
        removed: [`${tree.key}: ${activeTree}`],
        added: [`${tree.key}: ${NEXT_TREE_ID}`],
      };
}
