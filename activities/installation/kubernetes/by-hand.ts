import { shellLine } from '../../../workflows/model/shell-line';
import type { InstallationByHand } from '../installation';
import { releasesOf, type Place } from './names';

/** What a person does with kubectl. */
export function byHandOf(place: Place): InstallationByHand {
  const { namespace, deployment } = place;
  const { standing, copy } = releasesOf(place);
  const kubectl = (...words: readonly string[]): string => shellLine(['kubectl', '-n', namespace, ...words]);
  const removed = (kept: readonly string[] = []): readonly string[] => [
    kubectl('delete', 'deployment', copy.id, '--ignore-not-found'),
    kubectl('delete', 'secret', `${copy.id}-launcher`, '--ignore-not-found'),
    kubectl('delete', 'configmap,secret', copy.id, '--ignore-not-found'),
    ...kept,
  ];
  return {
    start: ({ id }) =>
      id === standing.id
        ? [kubectl('rollout', 'restart', `deployment/${deployment}`)]
        : [
            `# each pod of deployment/${copy.id} waits for its launcher: only the worker has the token to start it`,
          ],
    stop: ({ id }) => [kubectl('scale', `deployment/${id}`, '--replicas=0')],
    discard: () => Promise.resolve(removed()),
    settle: ({ inactive, currentTreeId, nextTreeId }) => [
      `# let the sharding list of deployment/${deployment} be [${[...inactive.map(({ treeId }) => treeId), currentTreeId].join(', ')}], and then its active tree ${nextTreeId}`,
      kubectl('rollout', 'restart', `deployment/${deployment}`),
      kubectl('rollout', 'status', `deployment/${deployment}`),
      ...removed([kubectl('annotate', `deployment/${deployment}`, 'rekor-rotate/attempt-')]),
    ],
  };
}
