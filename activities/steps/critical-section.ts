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
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { allEnded } from '../bounds/waiting';
import { livesOnNext, releaseToServe, requireOurs } from './ownership';
import { refuse } from '../errors/refusal-error';
import { expose, hold, type ExposedTo, type FrozenAttempt } from './writes';

/**
 * The whole section in one activity: from one to the next the writes that wait would wait for two tasks of Temporal's. What a
 * workflow could do between the freeze and the opening is done here, or is not needed there:
 *
 * - Undos: all are registered before this begins (workflows/saga.ts). It says which steps it had begun, and their undos are
 *   run, last first. Where it can say nothing all are run, once no call of it can land. An undo decides by what it finds, so
 *   one of a step that never began changes nothing: a next tree that was never opened is empty, and is closed as it was.
 * - Retries: what cannot be reached is asked for again within a half, as if each were an activity. So what failed in the
 *   opening never repeats the hold or the freeze.
 * - Time: both halves share one end, which is that of the section. So whoever waits for it, to stand by or to undo, counts as
 *   before.
 * - Cancel: it comes as the answer to a sign of life. One is given at the end of the freeze, and the answer is mostly there before
 *   the next release is proven. One more look is before the exposure. A Cancel that is heard later still comes too late, as one
 *   that is given in the exposure; either end is whole.
 * - A Reset: there is no task between the halves to which a workflow could be reset.
 *
 * Each look at what someone else may have changed, and each proof, stands where it stood, before what relies on it.
 */
export const holdToExpose: Act<CriticalInput, OpenedAndExposed> = async (systems, input) => {
  const { bounds } = systems;
  const frozen = await retryWhileUnreachable(bounds, () => holdAndFreeze(systems, input));
  bounds.hearOfCancel();
  return await retryWhileUnreachable(bounds, () => openAndExpose(systems, { ...input, frozen }));
};

/** The steps hold, freeze and start: writes wait, and the current tree cannot grow any more. */
export const holdAndFreeze: Act<CriticalInput, FrozenTree> = async (systems, input) => {
  const { bounds } = systems;
  await requireOurs(systems, input.identity);
  // Once it has begun, what is no longer as prepared is its own doing.
  await bounds.requireOnce('hold', async () => {
    await requireAsPrepared(systems, input);
    requireInTime(input);
  });
  await bounds.step('hold', () => hold(systems, input));
  await bounds.requireOnce('freeze', () => requireCurrentAsPrepared(systems, input));
  // Rekor asks for lengths late in its start, and a tree is mostly drained by then: so clients do not wait for one after the
  // other. One that was quicker has loaded a shorter length. Its proof finds that, and it is started again.
  const starting = bounds.step('start', () => start(systems, input));
  const freezing = bounds.step('freeze', () => freeze(systems, input));
  const [frozen] = await allEnded([freezing, starting]);
  return frozen;
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
export const openAndExpose: Act<FrozenAttempt, OpenedAndExposed> = async (systems, input) => {
  await requireOurs(systems, input.identity);
  return await opened(systems, input, async () => {
    await systems.bounds.requireOnce('verify', () => requireStillHeld(systems, input));
    return { frozen: input.frozen, of: input.release.next, forward: false };
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
