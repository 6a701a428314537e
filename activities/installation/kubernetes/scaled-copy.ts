import type { TakingStrategy } from '../../../workflows/model/room';
import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject } from '../../clients/kubernetes/objects';
import { changeAsRead, changeObject } from './change-object';
import { readCopy, timesScaled } from './copy';
import { textAt } from './json-path';
import { PODS_ANNOTATION, SCALED_ANNOTATION, STRATEGY_ANNOTATION, type Place } from './names';
import { scaling } from './room';
import { replicasOf } from './rollout';

/** A copy whose pods get their room from the standing Deployment. */

/** By which strategy, and how many pods that one had. It is what the attempt was planned with, whatever is configured by now. */
export interface TakenBy {
  readonly strategy: TakingStrategy;
  readonly pods: number;
}

/** What a copy says of that; undefined where there is room beside the standing one, or no copy. */
export function takenBy(copy: KubernetesObject | undefined): TakenBy | undefined {
  const strategy = textAt(copy, 'metadata', 'annotations', STRATEGY_ANNOTATION);
  const pods = Number(textAt(copy, 'metadata', 'annotations', PODS_ANNOTATION));
  return strategy === 'rolling' || strategy === 'recreate' ? { strategy, pods } : undefined;
}

/** It has so many pods, and counts that as a change of the rotation's own. No harm where there is no copy. */
export async function scaleCopy(
  cluster: Cluster,
  place: Place,
  pods: number,
  bounds: CallBounds,
): Promise<void> {
  await changeAsRead(async () => {
    const copy = await readCopy(cluster, place, bounds);
    if (copy === undefined || replicasOf(copy) === pods) return;
    const path = jsonPointer('metadata', 'annotations', SCALED_ANNOTATION);
    const value = String(timesScaled(copy) + 1);
    await changeObject(cluster, copy, [...scaling(copy, pods), { op: 'add', path, value }], bounds);
  });
}
