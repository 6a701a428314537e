import type { StandByInput, StoodBy } from '../../workflows/model/actions';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { pause } from '../bounds/waiting';
import type { Act } from './act';
import { allowWritesToCurrent } from './current-tree';
import { closeNextTree } from './next-tree-closing';
import { sectionBegan } from './ownership';
import { sendToCurrent } from './writes';

/**
 * Waits beside a critical section that another worker does, and is called off once that has ended. Where nobody calls it off,
 * that worker is lost: once no call of the section can land any more (H8), writes go to the current release again. What the
 * section comes to is for its workflow to decide, which undoes the rest. So is a next tree that clients are sent to, or that
 * holds an entry of one.
 *
 * A section that never held a write has closed nothing, and nothing is taken back: whoever has closed the tree has a reason.
 *
 * @param wanted whether its workflow still waits for it: a worker that was stopped meanwhile may come too late.
 */
export function standingBy(wanted: () => Promise<boolean>): Act<StandByInput, StoodBy> {
  return async (systems, input) => {
    await pause(input.waitMs, systems.bounds.signal);
    // From here on a Cancel comes too late: half of it would be worse than either end.
    const bounds = { ...systems.bounds, signal: systems.bounds.lateSignal };
    const toTheEnd = { ...systems, bounds };
    // Each part is repeated by itself: what is known of the next tree is read once, before any of it is changed.
    const untilReached = <Result>(act: () => Promise<Result>): Promise<Result> =>
      retryWhileUnreachable(bounds, act);
    const began = await untilReached(
      async () => (await wanted()) && (await sectionBegan(toTheEnd, input.identity)),
    );
    if (!began) {
      return { tookBack: false };
    }
    const next = await untilReached(() => systems.trillian.getTree(input.release.nextTreeId, bounds));
    // One that was never opened may be used by another attempt.
    if (next.state === 'ACTIVE') {
      const { content } = await untilReached(() => closeNextTree(toTheEnd, input));
      if (content === 'serving' || content === 'public entries') {
        return { tookBack: false };
      }
    }
    await untilReached(() => allowWritesToCurrent(toTheEnd, input));
    await untilReached(() => sendToCurrent(toTheEnd, input));
    return { tookBack: true };
  };
}
