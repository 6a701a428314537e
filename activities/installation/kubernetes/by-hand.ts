import type { Strategy } from '../../../workflows/model/room';
import { shellLine } from '../../../workflows/model/shell-line';
import type { InstallationByHand } from '../installation';
import { ATTEMPT_ANNOTATION, launcherSecretName, releasesOf, ROOM_ANNOTATION, type Place } from './names';

/** What a person does with kubectl. */
export function byHandOf(place: Place, strategy: Strategy): InstallationByHand {
  const { namespace, deployment } = place;
  const { standing, copy } = releasesOf(place);
  const kubectl = (...words: readonly string[]): string => shellLine(['kubectl', '-n', namespace, ...words]);
  const removed: readonly string[] = [
    kubectl('delete', 'deployment', copy.id, '--ignore-not-found'),
    kubectl('delete', 'secret', launcherSecretName(place), '--ignore-not-found'),
    kubectl('delete', 'configmap,secret', copy.id, '--ignore-not-found'),
  ];
  const hasRoomOf = strategy !== 'blue-green';
  const givenBack: readonly string[] = hasRoomOf
    ? [
        `# give deployment/${deployment} as many pods as "pods" in its annotation ${ROOM_ANNOTATION} says; without one it has them`,
        kubectl('annotate', `deployment/${deployment}`, `${ROOM_ANNOTATION}-`),
      ]
    : [];
  return {
    start: ({ id }) =>
      id === standing.id
        ? [kubectl('rollout', 'restart', `deployment/${deployment}`)]
        : [
            `# each pod of deployment/${copy.id} waits for its launcher: only the worker has the token to start it`,
          ],
    stop: ({ id }) => [
      kubectl('scale', `deployment/${id}`, '--replicas=0'),
      ...(id === copy.id && strategy === 'recreate' ? givenBack : []),
    ],
    discard: () => Promise.resolve([...removed, ...givenBack]),
    settle: ({ inactive, currentTreeId, nextTreeId }) => [
      `# let the sharding list of deployment/${deployment} be [${[...inactive.map(({ treeId }) => treeId), currentTreeId].join(', ')}], and then its active tree ${nextTreeId}`,
      "# where Red Hat's operator generates it: change both in its Securesign, or in its Rekor without one, in one write",
      kubectl('rollout', 'restart', `deployment/${deployment}`),
      kubectl('rollout', 'status', `deployment/${deployment}`),
      ...removed,
      ...givenBack,
      kubectl('annotate', `deployment/${deployment}`, `${ATTEMPT_ANNOTATION}-`),
      `# the operator's resource bears that annotation instead, and it starts the pods by itself`,
    ],
  };
}
