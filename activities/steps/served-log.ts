import type { Instance, InstanceLog } from '../../workflows/model/log';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { pause } from '../waiting';

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
  attempt: Attempt,
  { everyMs, unanswered }: Patience,
): Promise<InstanceLog> {
  for (;;) {
    try {
      return await rekor.log(instance, attempt.signal);
    } catch (error) {
      attempt.signal.throwIfAborted();
      if (!(error instanceof RefusalError)) {
        throw error;
      }
      await unanswered?.(error);
    }
    await pause(everyMs, attempt.signal);
  }
}
