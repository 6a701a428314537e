import type { Instance, InstanceLog } from '../../workflows/model/log';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { RefusalError } from '../errors/refusal-error';
import type { LogSystems } from '../systems';
import { pause } from '../bounds/waiting';

export interface Patience {
  /** How often the instance is asked, in milliseconds. */
  readonly everyMs: number;
  /** Called after each time that there was no answer; throws when there is no use in asking again. */
  readonly unanswered?: (why: RefusalError) => Promise<void>;
}

/** What a started instance serves, as soon as it answers, while the attempt lasts. */
export async function servedLog(
  { rekor }: LogSystems,
  instance: Instance,
  bounds: ActivityBounds,
  { everyMs, unanswered }: Patience,
): Promise<InstanceLog> {
  for (;;) {
    try {
      return await rekor.log(instance, bounds.signal);
    } catch (error) {
      bounds.signal.throwIfAborted();
      if (!(error instanceof RefusalError)) {
        throw error;
      }
      await unanswered?.(error);
    }
    await pause(everyMs, bounds.signal);
  }
}
