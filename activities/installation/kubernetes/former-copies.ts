import type { CallBounds } from '../../clients/call-bounds';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { refuse } from '../../errors/refusal-error';
import { untilNothing } from './awaiting';
import { textAt } from './json-path';
import { ATTEMPT_LABEL, attemptLabel, inWords, reference, releasesOf, SLOT_LABEL, type Place } from './names';
import { endsWithinMs } from './pods';

/** How often pods are looked at that are to end, in milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Waits until no pod of another attempt's copy is left. What this attempt makes has the names of what that one made, and a kubelet
 * keeps what is immutable, by its name, for as long as any pod on its node refers to it, whatever has become of the object
 * (kubernetes: pkg/kubelet/util/manager/watch_based_manager.go). New pods there would get the list and the token of before, and so
 * would those that are made in their place, without an end (H43).
 *
 * A pod that is listed longer than it may take to end is on a node that nobody hears of. It is not waited for, since no pod of ours
 * comes there either.
 *
 * @throws PODS_NOT_GONE where the time of the step is over before.
 */
export async function untilFormerCopiesEnded(
  cluster: Cluster,
  place: Place,
  attemptId: string,
  bounds: CallBounds,
): Promise<void> {
  const { log, namespace } = place;
  const kind = { apiVersion: 'v1', kind: 'Pod', namespace };
  const began = performance.now();
  await untilNothing(
    async () => {
      // Those whose containers have ended, too: it is the pod that refers to what is kept.
      const { items } = await cluster.list(kind, { [SLOT_LABEL]: 'next' }, bounds);
      const waitedMs = performance.now() - began;
      const former = items.find(
        (pod) =>
          textAt(pod, 'metadata', 'labels', ATTEMPT_LABEL) !== attemptLabel(attemptId) &&
          waitedMs <= endsWithinMs(pod),
      );
      if (former === undefined) return undefined;
      const object = inWords(reference(place, 'Deployment', releasesOf(place).copy.id));
      return refuse('PODS_NOT_GONE', { log, object, pod: former.metadata.name, most: 0 });
    },
    { everyMs: LOOK_EVERY_MS },
    bounds,
  );
}
