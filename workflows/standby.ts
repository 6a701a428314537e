import { CancellationScope } from '@temporalio/workflow';
import type { Actions, CriticalSectionInput, StoodBy } from './model/actions';
import { LANDED_MS } from './model/deadlines';

/** The worker that stands by while another one does a critical section. */
export interface Standby {
  /** The section has ended with a word. Resolves when that worker does nothing any more. */
  calledOff(): Promise<StoodBy>;
  /** Nothing is heard of the section. Resolves when it was taken back, as far as that can be had from here. */
  tookOver(): Promise<StoodBy>;
}

const nobody: StoodBy = { tookBack: false };

/** Lets another worker stand by, where there is one. A Cancel does not call it off: the section still has to be undone then. */
export async function standby(actions: Actions, input: CriticalSectionInput): Promise<Standby> {
  const { workers, identity, release, criticalSectionMs } = input;
  if (!workers) {
    return { calledOff: () => Promise.resolve(nobody), tookOver: () => Promise.resolve(nobody) };
  }
  return await CancellationScope.nonCancellable(() => {
    const scope = new CancellationScope();
    const waitMs = criticalSectionMs + LANDED_MS;
    // Whatever it fails for, the workflow undoes the section itself.
    const ended = scope
      .run(() => actions.standBy({ identity, release, waitMs, worker: workers.standingBy }))
      .catch(() => nobody);
    return Promise.resolve({
      calledOff: async () => {
        scope.cancel();
        return await ended;
      },
      tookOver: () => ended,
    });
  });
}
