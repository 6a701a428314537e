import { ActivityNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { allEnded } from '../activities/bounds/waiting';
import type { SectionIntents } from '../activities/successor/intents';
import { intentsOnDisk } from '../activities/successor/intents-on-disk';
import { failForFormerWorker } from '../activities/successor/fail-for-former-worker';

/** Where this worker keeps what it begins in critical sections; one that cannot rotates all the same, and says so. */
export async function keptIntents(
  directory: string | undefined,
  logger: Logger,
): Promise<SectionIntents | undefined> {
  try {
    return directory === undefined ? undefined : await intentsOnDisk(directory);
  } catch (error) {
    logger.error({ error, directory }, 'RUNTIME_DIRECTORY cannot be used; the worker runs without');
    return undefined;
  }
}

/**
 * Tells Temporal of critical sections in which a worker of this host has ended, so that they are taken back at once. Throws nothing:
 * where nobody is told, they are taken back when their time is over.
 *
 * To be called once this worker can be given what follows: a task that comes before may wait for a second more.
 */
export async function tellOfFormerWorker(
  intents: SectionIntents,
  logs: readonly string[],
  client: Client,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const tell = async (log: string): Promise<void> => {
    const left = await intents.leftBehind(log);
    if (!left) {
      return;
    }
    const { workflowId, began } = left;
    try {
      await failForFormerWorker(client, left, signal);
      logger.warn(
        { workflowId, began },
        'the former worker ended in a critical section, which is taken back',
      );
    } catch (error) {
      // Where it is not found, it is over, or its workflow is.
      if (!signal.aborted && !(error instanceof ActivityNotFoundError)) {
        logger.warn({ workflowId, error }, 'a critical section of the former worker is taken back later');
      }
    }
  };
  await allEnded(logs.map(tell));
}
