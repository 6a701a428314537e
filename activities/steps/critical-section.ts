import type { AttemptInput, CriticalInput, OpenedAndExposed } from '../../workflows/model/actions';
import type { Release } from '../../workflows/model/installation';
import type { FrozenTree } from '../../workflows/model/next-tree';
import type { BoundSystems } from '../systems';
import type { Act } from './act';
import { freeze, requireNothingAfterNext } from './current-tree';
import { requireAsPrepared, requireCurrentAsPrepared, requireStillHeld } from './hands-of-others';
import { start } from './next-release';
import { endOfCurrent } from './current-end';
import { requireCurrentEnded, servedHandover, verifyAndOpen } from './next-tree-opening';
import { whileNoneIsAborted } from '../bounds/signals';
import { allEnded } from '../bounds/waiting';
import { livesOnNext, releaseToServe, requireOurs } from './ownership';
import { refuse } from '../errors/refusal-error';
import { expose, hold, noneInFlight, type ExposedTo } from './writes';

/** The steps hold, freeze and start: writes wait, and the current tree cannot grow any more. */
export const holdAndFreeze: Act<CriticalInput, Pick<OpenedAndExposed, 'frozen' | 'times'>> = async (
  systems,
  input,
) => {
  const { bounds } = systems;
  await requireOurs(systems, input.identity);
  // Once it has begun, what is no longer as prepared is its own doing.
  await bounds.requireOnce('hold', async () => {
    await requireAsPrepared(systems, input);
    requireInTime(input);
  });
  await bounds.step('hold', () => hold(systems, input));
  await bounds.requireOnce('freeze', () => requireCurrentAsPrepared(systems, input));
  const frozen = await freezeAndStart(systems, input);
  return { frozen, times: bounds.steps.times };
};

/**
 * The next release starts as soon as the current length is very likely final, and is proven afterwards: when no write is in
 * flight any more, or when the drain finds the queue empty, whichever is first. Started sooner it could load a shorter length.
 */
const freezeAndStart: Act<CriticalInput, FrozenTree> = async (systems, input) => {
  const { bounds } = systems;
  const settled = new AbortController();
  return await whileNoneIsAborted([bounds.signal, settled.signal], async (signal) => {
    let onEmpty = (): void => undefined;
    const emptied = new Promise<void>((resolve) => (onEmpty = resolve));
    const freezing = bounds.step('freeze', () => freeze(systems, { ...input, onEmpty }));
    const drained = Promise.race([emptied, freezing]);
    // A gate that cannot be asked only saves no time.
    const settling = Promise.race([drained, noneInFlight(systems, signal).catch(() => drained)]);
    const starting = settling
      .finally(() => settled.abort())
      .then(() => bounds.step('start', () => start(systems, input)));
    const [frozen] = await allEnded([freezing, starting]);
    return frozen;
  });
};

/**
 * A rotation that was to begin in a quiet hour may have been carried on by an outage until a busy one.
 *
 * @throws TOO_LATE_TO_HOLD
 */
function requireInTime({ identity: { log }, holdBy }: CriticalInput): void {
  const now = Date.now();
  if (holdBy !== undefined && now > Date.parse(holdBy)) {
    throw refuse('TOO_LATE_TO_HOLD', { log, holdBy, now: new Date(now).toISOString() });
  }
}

/** The steps verify and expose: the next tree is proven and opened, and clients are sent there. */
export const openAndExpose: Act<CriticalInput, OpenedAndExposed> = async (systems, input) => {
  await requireOurs(systems, input.identity);
  return await opened(systems, input, async () => {
    await systems.bounds.requireOnce('verify', () => requireStillHeld(systems, input));
    const frozen = input.frozen ?? (await endOfCurrent(systems, input));
    return { frozen, of: input.release.next, forward: false };
  });
};

/**
 * The same, where nobody told the end of the current tree, and nobody knows whether the next release still runs. Where
 * the log lives on the next tree, and is served rightly, it is there already: a command that fails must not end that.
 */
export const goForward: Act<AttemptInput, OpenedAndExposed> = async (systems, input) => {
  await requireOurs(systems, input.identity);
  if (await livesOnNext(systems, input)) {
    const frozen = await endOfCurrent(systems, input);
    const served = await servedHandover(systems, { ...input, frozen });
    if (served) {
      await requireCurrentEnded(systems, { ...input, frozen });
      // Of several gates one may not have heard of it.
      const of = await releaseToServe(systems, input);
      await exposeToTheEnd(systems, { ...input, of, frozen });
      return { frozen, ...served, times: systems.bounds.steps.times };
    }
  }
  return await opened(systems, input, async () => {
    await requireNothingAfterNext(systems, input);
    const frozen = await endOfCurrent(systems, input);
    const of = await releaseToServe(systems, input);
    await systems.installation.start(of, systems.bounds);
    return { frozen, of, forward: true };
  });
};

async function opened(
  systems: BoundSystems,
  input: AttemptInput,
  look: () => Promise<{ readonly frozen: FrozenTree; readonly of: Release; readonly forward: boolean }>,
): Promise<OpenedAndExposed> {
  const { bounds } = systems;
  // The looks belong to the step: whatever they find, its undo decides by what the next tree holds.
  const { frozen, of, handover } = await bounds.step('verify', async () => {
    const looked = await look();
    return { ...looked, handover: await verifyAndOpen(systems, { ...input, ...looked }) };
  });
  await exposeToTheEnd(systems, { ...input, of, frozen });
  return { frozen, handover, times: bounds.steps.times };
}

/** From here on a Cancel comes too late: half an exposure would be worse than either end. */
const exposeToTheEnd: Act<ExposedTo> = async (systems, input) => {
  const { bounds } = systems;
  bounds.signal.throwIfAborted();
  const toTheEnd = { ...systems, bounds: { ...bounds, signal: bounds.lateSignal } };
  await bounds.step('expose', () => expose(toTheEnd, input));
};
