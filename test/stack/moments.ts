import { gateHold, releaseTo, setsState } from '../../faults/chosen-calls';
import type { Held } from '../../faults/exchange';
import { within } from '../../harness/waiting';
import type { Step } from '../../workflows/model/steps';
import type { LogUnderTest } from './log-under-test';
import { PATIENCE_MS } from '../patience';

export type Serving = Awaited<ReturnType<LogUnderTest['serving']>>;

/** Where in each step a rotation is caught, in words. */
export const where: Readonly<Record<Step, string>> = {
  createTree: 'the tree exists, but nobody was told its id',
  stage: 'the rehearsed slot is about to start, and does so afterwards',
  hold: 'writes are held, but nobody was told',
  start: 'the next slot is about to start, and does so afterwards',
  freeze: 'the current tree is FROZEN, but nobody was told',
  verify: 'the handover leaf is queued, but nobody was told',
  expose: 'the order that sends clients to the next slot is under way',
  confirm: 'clients are sent to the next slot, and nothing is proven yet',
  settle: 'the standing configuration is written, and the current slot is about to stop',
  soak: 'everything is done but the watching',
};

/**
 * Waits until a rotation, which is started meanwhile, is in the middle of a step, and keeps it there until `release`.
 * Call it before the rotation is started.
 */
export async function caughtIn(log: LogUnderTest, step: Step, serving: Serving): Promise<Held> {
  const held = await chosenIn(log, step, serving);
  await within(`a call of ${step}`, PATIENCE_MS, held.reached);
  return held;
}

async function chosenIn(log: LogUnderTest, step: Step, serving: Serving): Promise<Held> {
  const { trillian, gate, slots, section } = log;
  const { current, next, activeTreeId } = serving;
  const exposure = releaseTo(section.installation.slots[next]?.url ?? '');
  const after = async (earlier: Held, choose: () => Held): Promise<Held> => {
    await within(`what comes before ${step}`, PATIENCE_MS, earlier.reached);
    const held = choose();
    earlier.release();
    return held;
  };
  switch (step) {
    case 'createTree':
      return trillian.when({ method: 'CreateTree', times: 1 }).holdAfter();
    case 'stage':
      return slots.hold(next, 'start');
    case 'hold':
      return gate.when({ ...gateHold, times: 1 }).holdAfter();
    case 'start':
      return await after(gate.when({ ...gateHold, times: 1 }).hold(), () => slots.hold(next, 'start'));
    case 'freeze':
      return trillian
        .when({ method: 'UpdateTree', where: setsState(activeTreeId, 'FROZEN'), times: 1 })
        .holdAfter();
    case 'verify':
      return trillian.when({ method: 'QueueLeaf', times: 1 }).holdAfter();
    case 'expose':
      return gate.when({ ...exposure, times: 1 }).hold();
    case 'confirm':
      return await after(gate.when({ ...exposure, times: 1 }).holdAfter(), () =>
        trillian.when({ method: 'ListTrees', times: 1 }).hold(),
      );
    case 'settle':
      return slots.hold(current, 'stop');
    case 'soak':
      return await after(slots.holdAfter(current, 'stop'), () =>
        trillian.when({ method: 'ListTrees', times: 1 }).hold(),
      );
  }
}
