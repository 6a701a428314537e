import type { StandByInput, StoodBy } from '../../workflows/model/actions';
import { pause } from '../bounds/waiting';
import type { Act } from './act';
import { allowWritesToCurrent } from './current-tree';
import { closeNextTree } from './next-tree-closing';
import { sendToCurrent } from './writes';

/**
 * Waits beside a critical section that another worker does, and is called off once that has ended. Where nobody calls it off,
 * that worker is lost: once no call of the section can land any more (H8), writes go to the current release again. What the
 * section comes to is for its workflow to decide, which undoes the rest. So is a next tree that clients are sent to, or that
 * holds an entry of one.
 *
 * @param wanted whether its workflow still waits for it: a worker that was stopped meanwhile may come too late.
 */
export function standingBy(wanted: () => Promise<boolean>): Act<StandByInput, StoodBy> {
  return async (systems, input) => {
    const { bounds, trillian } = systems;
    await bounds.requireOnce('verify', () => pause(input.waitMs, bounds.signal));
    if (!(await wanted())) {
      return { tookBack: false };
    }
    // From here on a Cancel comes too late: half of it would be worse than either end.
    const toTheEnd = { ...systems, bounds: { ...bounds, signal: bounds.lateSignal } };
    // One that was never opened may be used by another attempt.
    const next = await trillian.getTree(input.release.nextTreeId, toTheEnd.bounds);
    if (next.state === 'ACTIVE') {
      const { content } = await closeNextTree(toTheEnd, input);
      if (content === 'serving' || content === 'public entries') {
        return { tookBack: false };
      }
    }
    await allowWritesToCurrent(toTheEnd, input);
    await sendToCurrent(toTheEnd, input);
    return { tookBack: true };
  };
}
