import { pause } from '../../bounds/waiting';
import type { CallBounds } from '../../clients/call-bounds';
import { isRefusal, refuse } from '../../errors/refusal-error';
import type { Cluster } from '../../clients/kubernetes/cluster';
import { inWords, reference, type Place } from './names';
import { podsNotEnded, type Labels } from './pods';

/** How long something is waited for, and how often it is looked at. Milliseconds. */
export interface Awaiting {
  readonly everyMs: number;
  /** Absent: until the step has no time left. */
  readonly withinMs?: number;
}

/** Looks until nothing is told that is missing. Throws the last that was, also where the time of the step is over. */
export async function untilNothing(
  look: () => Promise<Error | undefined>,
  { everyMs, withinMs = Infinity }: Awaiting,
  { signal }: CallBounds,
): Promise<void> {
  const ends = performance.now() + withinMs;
  for (;;) {
    const missing = await look();
    if (missing === undefined) return;
    if (performance.now() > ends) throw missing;
    await pause(everyMs, signal).catch((error: unknown) => {
      // What kept it says more than that the time was over.
      throw isRefusal(error, 'BUDGET_EXCEEDED') ? missing : error;
    });
  }
}

/** Pods of a Deployment that are to end. */
export interface EndingPods {
  readonly deployment: string;
  readonly labels: Labels;
  /** So many may stay. */
  readonly most: number;
}

/** Waits until their room is free. Refuses PODS_NOT_GONE. */
export async function untilPodsEnded(
  cluster: Cluster,
  place: Place,
  { deployment, labels, most }: EndingPods,
  awaiting: Awaiting,
  bounds: CallBounds,
): Promise<void> {
  await untilNothing(
    async () => {
      const pods = await podsNotEnded(cluster, place, labels, bounds);
      const [first] = pods;
      if (first === undefined || pods.length <= most) return undefined;
      const object = inWords(reference(place, 'Deployment', deployment));
      return refuse('PODS_NOT_GONE', { log: place.log, object, pod: first.metadata.name, most });
    },
    awaiting,
    bounds,
  );
}
