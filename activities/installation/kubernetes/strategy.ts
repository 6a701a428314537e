import type { PlannedRoom, Strategy, TakingStrategy } from '../../../workflows/model/room';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { refuse } from '../../errors/refusal-error';
import { listAt, numberAt, textAt, valueAt } from './json-path';
import { objectInWords, releasesOf, type Place } from './names';
import { ownerInWords } from './operator/resource';
import { replicasOf } from './rollout';
import type { FoundStanding } from './standing';

/** Whether a log can be rotated by its strategy, and what that costs its clients. */

/**
 * The room that a rotation takes from what stands; undefined where the strategy takes none. Refuses OPERATOR_CANNOT and
 * STRATEGY_CANNOT.
 */
export function plannedRoom(place: Place, strategy: Strategy, found: FoundStanding): PlannedRoom | undefined {
  if (strategy === 'blue-green') return undefined;
  const { deployment, workload } = found;
  requirePossible(place.log, strategy, found);
  const container = valueAt(deployment, 'spec', 'template', 'spec', 'containers', workload.container);
  return {
    ...{ strategy, of: releasesOf(place).standing.name },
    ...{ pods: replicasOf(deployment), probesMs: probesMs(container) },
  };
}

function requirePossible(
  log: string,
  strategy: TakingStrategy,
  { deployment, resource }: FoundStanding,
): void {
  if (resource !== undefined) {
    const reason = `it writes the number of pods itself, so that the strategy ${strategy} could take none`;
    throw refuse('OPERATOR_CANNOT', { log, object: ownerInWords(resource), reason });
  }
  const cannot = (reason: string, remedy: string): Error =>
    refuse('STRATEGY_CANNOT', { log, strategy, object: objectInWords(deployment), reason, remedy });
  const pods = replicasOf(deployment);
  if (pods === 1 && strategy === 'rolling') {
    throw cannot(
      'it has one pod, which only recreate can rotate in its own room',
      'Let it have two, or choose recreate, which lets reads fail for a while.',
    );
  }
  const autoscaler = autoscalerOf(deployment);
  if (autoscaler !== undefined) {
    throw cannot(
      `${autoscaler} gives it its number of pods, as a HorizontalPodAutoscaler does`,
      'Delete the HorizontalPodAutoscaler for the rotation, and give the Deployment its number of pods yourself; or choose blue-green.',
    );
  }
}

/**
 * Who has given it its number of pods by the subresource `scale`, as an autoscaler does; undefined where nobody has. A person who
 * uses `kubectl scale` does it once.
 */
function autoscalerOf(deployment: KubernetesObject): string | undefined {
  const entry = listAt(deployment, 'metadata', 'managedFields').find(
    (one) =>
      textAt(one, 'subresource') === 'scale' &&
      textAt(one, 'manager')?.startsWith('kubectl') !== true &&
      valueAt(one, 'fieldsV1', 'f:spec', 'f:replicas') !== undefined,
  );
  return entry === undefined ? undefined : (textAt(entry, 'manager') ?? 'somebody');
}

/** For so long a pod that serves is sent nothing, because it is not probed yet: its first probes come after these delays. */
function probesMs(container: Parameters<typeof valueAt>[0]): number {
  const seconds = (probe: string): number =>
    valueAt(container, probe) === undefined
      ? 0
      : (numberAt(container, probe, 'initialDelaySeconds') ?? 0) +
        (numberAt(container, probe, 'periodSeconds') ?? DEFAULT_PERIOD_S) *
          (numberAt(container, probe, 'successThreshold') ?? 1);
  return (seconds('startupProbe') + seconds('readinessProbe')) * 1_000;
}

/** Kubernetes' own, of a probe that says none. */
const DEFAULT_PERIOD_S = 10;
