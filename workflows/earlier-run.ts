import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { bounds, rehearsalBounds } from './bounds';
import { reasonOf, runOf } from './failure';
import type { OfRun } from './model/actions';
import { LANDED_MS } from './model/deadlines';
import type { InstallationPatience } from './model/installation';

/**
 * Lets steps that prepare act only once nothing that they could meet acts any more: a Reset ends the run before it, and not what
 * the worker of that run is at (H7). The step says so, and is asked again when the time of all such steps is over (H8).
 */
export class EarlierRun {
  /** The run in which was waited; a later Reset makes another run, which replays this one's wait. */
  #outlivedIn: string | undefined;

  /** @param act a step that prepares, told what it needs to know whether the workflow was reset. */
  async outlive<Result>(
    { stageMs, discardMs }: InstallationPatience,
    act: (run: OfRun) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await act(this.#run());
    } catch (error) {
      if (reasonOf(error, 'preparation').code !== 'EARLIER_RUN_MAY_ACT') {
        throw error;
      }
      const { createNextTree, retireNextTree } = bounds;
      const tries = [createNextTree, retireNextTree, rehearsalBounds].map(({ tryMs }) => tryMs);
      const longestMs = Math.max(...tries, stageMs, discardMs);
      await CancellationScope.nonCancellable(() =>
        sleep(longestMs + LANDED_MS, { summary: 'until nothing of the run before the Reset can act' }),
      );
      this.#outlivedIn = runOf(error);
      return await act(this.#run());
    }
  }

  /** The workflow itself must not decide by its run: what it did before a Reset is replayed, and has to come out the same. */
  #run(): OfRun {
    const outlivedIn = this.#outlivedIn;
    return { ...begunIn(), ...(outlivedIn !== undefined && { outlivedIn }) };
  }
}

/** Which run the workflow was begun in; an activity knows in which run it is asked for. */
export function begunIn(): Pick<OfRun, 'begunIn'> {
  return { begunIn: workflowInfo().originalExecutionRunId };
}
