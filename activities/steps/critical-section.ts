import type { AttemptInput, CriticalInput, OpenedAndExposed } from '../../workflows/model/actions';
import type { FrozenTree } from '../../workflows/model/next-tree';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { freeze } from './current-tree';
import { requireAsPrepared, requireStillHeld } from './hands-of-others';
import { start } from './next-release';
import { endOfCurrent } from './current-end';
import { verifyAndOpen } from './next-tree-opening';
import { allEnded } from '../bounds/waiting';
import { requireOurs } from './ownership';
import { expose, hold } from './writes';

/** The steps hold, start and freeze: writes wait, and the current tree cannot grow any more. */
export const holdAndFreeze: Act<CriticalInput, Pick<OpenedAndExposed, 'frozen' | 'times'>> = async (
  systems,
  input,
) => {
  const { bounds } = systems;
  await requireOurs(systems, input.identity);
  // Once it has begun, what is no longer as prepared is its own doing.
  await bounds.requireOnce(() => requireAsPrepared(systems, input));
  await bounds.step('hold', () => hold(systems, input));
  // With writes held and none in flight the current length is very likely final: the next release starts while the
  // current tree drains, and is proven afterwards.
  const starting = bounds.step('start', () => start(systems, input));
  const freezing = bounds.step('freeze', () => freeze(systems, input));
  const [, frozen] = await allEnded([starting, freezing]);
  return { frozen, times: bounds.steps.times };
};

/** The steps verify and expose: the next tree is proven and opened, and clients are sent there. */
export const openAndExpose: Act<CriticalInput, OpenedAndExposed> = async (systems, input) => {
  return await opened(systems, input, async () => {
    await systems.bounds.requireOnce(() => requireStillHeld(systems, input));
    const frozen = input.frozen ?? (await endOfCurrent(systems, input));
    return { frozen, forward: false };
  });
};

/** The same, where nobody told the end of the current tree, and nobody knows whether the next release still runs. */
export const goForward: Act<AttemptInput, OpenedAndExposed> = async (systems, input) => {
  return await opened(systems, input, async () => {
    const frozen = await endOfCurrent(systems, input);
    await start(systems, input);
    return { frozen, forward: true };
  });
};

async function opened(
  systems: BoundSystems,
  input: AttemptInput,
  look: () => Promise<{ readonly frozen: FrozenTree; readonly forward: boolean }>,
): Promise<OpenedAndExposed> {
  const { bounds } = systems;
  await requireOurs(systems, input.identity);
  // The looks belong to the step: whatever they find, its undo decides by what the next tree holds.
  const { frozen, handover } = await bounds.step('verify', async () => {
    const looked = await look();
    return { ...looked, handover: await verifyAndOpen(systems, { ...input, ...looked }) };
  });
  bounds.signal.throwIfAborted();
  // From here on a Cancel comes too late: half an exposure would be worse than either end.
  const toTheEnd = { ...systems, bounds: { ...bounds, signal: bounds.lateSignal } };
  await bounds.step('expose', () => expose(toTheEnd, { ...input, frozen }));
  return { frozen, handover, times: bounds.steps.times };
}
