import type {
  CriticalOrder,
  HeldAndFrozen,
  OpenedAndExposed,
  OpenOrder,
} from '../../workflows/model/changes';
import type { StepTimes } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { RefusalError } from '../refusal-error';
import type { LogSystems } from '../systems';
import { freeze } from './current-tree';
import { start } from './next-release';
import { verifyAndOpen } from './next-tree';
import { expose, hold } from './writes';

/** The steps hold, start and freeze: writes wait, and the current tree cannot grow any more. */
export async function holdAndFreeze(
  systems: LogSystems,
  order: CriticalOrder,
  attempt: Attempt,
): Promise<HeldAndFrozen> {
  return await timed(attempt, async (step) => {
    await step('hold', () => hold(systems, order, attempt));
    // With writes held and none in flight the current length is very likely final: the next release starts
    // while the current tree drains, and is proven afterwards.
    const starting = step('start', () => start(systems, order, attempt));
    const freezing = step('freeze', () => freeze(systems, order, attempt));
    // Both have ended before anything is taken back.
    await Promise.allSettled([freezing, starting]);
    const frozen = await freezing;
    await starting;
    return { frozen };
  });
}

/** The steps verify and expose: the next tree is proven and opened, and clients are sent there. */
export async function openAndExpose(
  systems: LogSystems,
  order: OpenOrder,
  attempt: Attempt,
): Promise<OpenedAndExposed> {
  return await timed(attempt, async (step) => {
    const frozen = order.frozen ?? (await freeze(systems, order, attempt));
    const handover = await step('verify', () => verifyAndOpen(systems, { ...order, frozen }, attempt));
    attempt.signal.throwIfAborted();
    // From here on a Cancel comes too late: half an exposure would be worse than either end.
    const toTheEnd = { ...attempt, signal: attempt.lateSignal };
    await step('expose', () => expose(systems, order, toTheEnd));
    return { frozen, handover };
  });
}

type Step = <Result>(name: string, act: () => Promise<Result>) => Promise<Result>;

/** Runs several steps and says how long each took; a refusal says it of those that were done before it. */
async function timed<Result>(
  attempt: Attempt,
  act: (step: Step) => Promise<Result>,
): Promise<Result & { readonly times: StepTimes }> {
  const times: Record<string, number> = {};
  const step: Step = async (name, doIt) => {
    attempt.begins(name);
    const began = performance.now();
    const result = await doIt();
    times[name] = Math.round(performance.now() - began);
    return result;
  };
  try {
    return { ...(await act(step)), times };
  } catch (error) {
    if (error instanceof RefusalError) {
      error.times = times;
    }
    throw error;
  }
}
