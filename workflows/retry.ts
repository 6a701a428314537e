import { CancellationScope, sleep } from '@temporalio/workflow';
import { reasonOf } from './failure';
import { isDecisive } from './model/refusals';
import { BRIEF_TRIES, ONE_TRY } from './model/patience';
import type { Retrying } from './saga';

/** How a workflow repeats what failed. The bounds of a single try stand in bounds.ts. */
export interface Retry {
  /** How often it is tried in all. */
  readonly times: number;
  /** From the end of a try to the next one; a timer below a second takes a second on a server with default settings. Milliseconds. */
  readonly everyMs: number;
  /** What no other try can change. */
  readonly unless: (error: unknown) => boolean;
}

/** Tries until it succeeds, or throws the last failure. */
export async function retry<Result>(
  act: () => Promise<Result>,
  { times, everyMs, unless }: Retry,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries >= times || unless(error)) {
        throw error;
      }
      await sleep(everyMs, { summary: 'until the next try' });
    }
  }
}

/** A few tries, and no person is asked: for a critical section, whose rotation waits for it and goes on with what it left. */
export const fewRetries: Retrying = {
  mustSucceed: (name, act) => afterFewTries(name, () => act(ONE_TRY)),
  maySkip: async (name, act) => ({ result: await afterFewTries(name, () => act(ONE_TRY)) }),
};

function afterFewTries<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  const unless = (error: unknown): boolean => isDecisive(reasonOf(error, name));
  return CancellationScope.nonCancellable(() =>
    retry(act, { times: BRIEF_TRIES, everyMs: ONE_TRY.pauseMs, unless }),
  );
}
