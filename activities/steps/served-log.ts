import type { Release } from '../../workflows/model/installation';
import type { Instance, InstanceLog } from '../../workflows/model/log';
import { RefusalError } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { pauseUntilNextLook } from '../bounds/waiting';

export interface Patience {
  /** How often the instance is asked at first, in milliseconds. */
  readonly everyMs: number;
  /** Called after each time that there was no answer: whether there is use in asking again. */
  readonly unanswered: (why: RefusalError) => Promise<boolean>;
}

/** An instance, and the release that it was one of when it was asked for. */
export interface OfRelease {
  readonly instance: Instance;
  readonly of: Release;
}

/** Whether an instance is one of its release's still: a pod that was lost answers never again. */
export const stillThere: Act<OfRelease, boolean> = async ({ installation, bounds }, { instance, of }) => {
  return (await installation.instances(of, bounds.signal)).some(({ url }) => url === instance.url);
};

/** What a started instance serves, as soon as it answers, while the attempt lasts; null when there is no use in asking again. */
export async function servedLog(
  { rekor, bounds }: BoundSystems,
  instance: Instance,
  { everyMs, unanswered }: Patience,
): Promise<InstanceLog | null> {
  const began = performance.now();
  for (;;) {
    try {
      return await rekor.log(instance, bounds.signal);
    } catch (error) {
      bounds.signal.throwIfAborted();
      if (!(error instanceof RefusalError)) {
        throw error;
      }
      if (!(await unanswered(error))) {
        return null;
      }
    }
    await pauseUntilNextLook(everyMs, began, bounds.signal);
  }
}
