import type {
  CriticalOrder,
  HeldAndFrozen,
  OpenedAndExposed,
  OpenOrder,
} from '../../workflows/model/changes';
import type { FrozenTree } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import type { LogSystems } from '../systems';
import { freeze } from './current-tree';
import { requireAsPrepared, requireStillHeld } from './hands-of-others';
import { start } from './next-release';
import { endOfCurrent, verifyAndOpen } from './next-tree';
import { allEnded } from '../waiting';
import { requireOurs } from './ownership';
import { expose, hold } from './writes';

/** The steps hold, start and freeze: writes wait, and the current tree cannot grow any more. */
export async function holdAndFreeze(
  systems: LogSystems,
  order: CriticalOrder,
  attempt: Attempt,
): Promise<HeldAndFrozen> {
  await requireOurs(systems, order.identity, attempt);
  // Once it has begun, what is no longer as prepared is its own doing.
  await attempt.atFirst(() => requireAsPrepared(systems, order, attempt));
  await attempt.step('hold', () => hold(systems, order, attempt));
  // With writes held and none in flight the current length is very likely final: the next release starts while the
  // current tree drains, and is proven afterwards.
  const starting = attempt.step('start', () => start(systems, order, attempt));
  const freezing = attempt.step('freeze', () => freeze(systems, order, attempt));
  const [, frozen] = await allEnded([starting, freezing]);
  return { frozen, times: attempt.steps.times };
}

/** The steps verify and expose: the next tree is proven and opened, and clients are sent there. */
export async function openAndExpose(
  systems: LogSystems,
  order: OpenOrder,
  attempt: Attempt,
): Promise<OpenedAndExposed> {
  await requireOurs(systems, order.identity, attempt);
  // The looks belong to the step: whatever they find, its undo decides by what the next tree holds.
  const { frozen, handover } = await attempt.step('verify', async () => {
    if (order.frozen) {
      await attempt.atFirst(() => requireStillHeld(systems, order, attempt));
    }
    const end = order.frozen ?? (await goingForward(systems, order, attempt));
    return { frozen: end, handover: await verifyAndOpen(systems, { ...order, frozen: end }, attempt) };
  });
  attempt.signal.throwIfAborted();
  // From here on a Cancel comes too late: half an exposure would be worse than either end.
  const toTheEnd = { ...attempt, signal: attempt.lateSignal };
  await attempt.step('expose', () => expose(systems, { ...order, frozen }, toTheEnd));
  return { frozen, handover, times: attempt.steps.times };
}

/** Nobody told the end of the current tree, and nobody knows whether the next release still runs. */
async function goingForward(systems: LogSystems, order: OpenOrder, attempt: Attempt): Promise<FrozenTree> {
  const frozen = await endOfCurrent(systems, order, attempt);
  await start(systems, order, attempt);
  return frozen;
}
