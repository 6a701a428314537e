import { shellLine } from '../../../workflows/model/shell-line';
import type { InstallationByHand } from '../installation';
import { ATTEMPT_ANNOTATION, launcherSecretName, releasesOf, type Place } from './names';

/** What a person does with kubectl. */
export function byHandOf(place: Place): InstallationByHand {
  const { namespace, deployment } = place;
  const { standing, copy } = releasesOf(place);
  const kubectl = (...words: readonly string[]): string => shellLine(['kubectl', '-n', namespace, ...words]);
  const removed: readonly string[] = [
    kubectl('delete', 'deployment', copy.id, '--ignore-not-found'),
    kubectl('delete', 'secret', launcherSecretName(place), '--ignore-not-found'),
    kubectl('delete', 'configmap,secret', copy.id, '--ignore-not-found'),
  ];
  return {
    start: ({ id }) =>
      id === standing.id
        ? [kubectl('rollout', 'restart', `deployment/${deployment}`)]
        : [
            `# each pod of deployment/${copy.id} waits for its launcher: only the worker has the token to start it`,
          ],
    stop: ({ id }) => [kubectl('scale', `deployment/${id}`, '--replicas=0')],
    discard: () => Promise.resolve(removed),
    settle: ({ inactive, currentTreeId, nextTreeId }) => [
      `# let the sharding list of deployment/${deployment} be [${[...inactive.map(({ treeId }) => treeId), currentTreeId].join(', ')}], and then its active tree ${nextTreeId}`,
      "# where Red Hat's operator generates it: change both in its Securesign, or in its Rekor without one, in one write",
      kubectl('rollout', 'restart', `deployment/${deployment}`),
      kubectl('rollout', 'status', `deployment/${deployment}`),
      ...removed,
      kubectl('annotate', `deployment/${deployment}`, `${ATTEMPT_ANNOTATION}-`),
      `# the operator's resource bears that annotation instead, and it starts the pods by itself`,
    ],
  };
}
