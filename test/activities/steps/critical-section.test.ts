import { setImmediate as called } from 'node:timers/promises';
import { holdAndFreeze } from '../../../activities/steps/critical-section';
import type { BoundSystems } from '../../../activities/systems';
import type { TrafficState } from '../../../activities/traffic/traffic';
import { refuse } from '../../../activities/errors/refusal-error';
import { FakeLog, order, someBounds } from '../fake-log';
import { refused } from '../refused';

type InFlight = Pick<TrafficState, 'writesInFlight' | 'streamsInFlight'>;

/** What the gate says after one look and the next, the last for ever; notes each. */
function lookingAt(log: FakeLog, ...looks: readonly InFlight[]): BoundSystems {
  const systems = log.systems();
  const { traffic } = systems;
  const left = [...looks];
  const seen = async (asked: Promise<TrafficState>): Promise<TrafficState> => {
    const state = await asked;
    const now = left.length > 1 ? left.shift() : left[0];
    log.done.push(`in flight ${now?.writesInFlight ?? ''}`);
    return { ...state, ...now };
  };
  return {
    ...systems,
    traffic: {
      ...traffic,
      hold: (...input) => seen(traffic.hold(...input)),
      state: async (signal) => {
        const state = await traffic.state(signal);
        return state.mode === 'hold' ? await seen(Promise.resolve(state)) : state;
      },
    },
  };
}

const none: InFlight = { writesInFlight: 0, streamsInFlight: 0 };
const some: InFlight = { writesInFlight: 3, streamsInFlight: 0 };
const stream: InFlight = { writesInFlight: 1, streamsInFlight: 1 };

/** The queue has leaves until so many looks were taken at it; notes each look. */
function draining(log: FakeLog, systems: BoundSystems, looks: number): BoundSystems {
  const { queue } = systems;
  if (!queue) throw new Error('This log has no queue in sight.');
  let left = looks;
  const { trillian } = systems;
  return {
    ...systems,
    trillian: {
      ...trillian,
      // A call takes longer than what is only computed.
      setState: async (...asked) => {
        await called();
        return await trillian.setState(...asked);
      },
    },
    queue: {
      ...queue,
      read: async (...asked) => {
        const row = await queue.read(...asked);
        const queued = Math.max(0, left);
        left -= 1;
        log.done.push(`queued ${queued}`);
        return row && { ...row, queued };
      },
    },
  };
}

/** Its release takes the room of the one that serves. */
function withoutRoom(systems: BoundSystems): BoundSystems {
  return { ...systems, installation: { ...systems.installation, rehearses: false } };
}

describe('writes in flight when the hold begins', () => {
  it('are not waited for: the next release starts when the drain finds the queue empty', async () => {
    const log = new FakeLog();
    await holdAndFreeze(draining(log, lookingAt(log, some), 2), order);
    expect(log.done.filter((change) => !change.startsWith('in flight'))).toEqual([
      ...['hold 7', '200 DRAINING', 'queued 2', 'queued 1', 'queued 0', 'start green'],
      ...['200 FROZEN', 'queued 0'],
    ]);
  });

  it('are a sign that the length is final once all have their answers, though the drain has not found so yet', async () => {
    const log = new FakeLog();
    // So many looks take longer than one look at the gate on any machine.
    await holdAndFreeze(draining(log, lookingAt(log, some, none), 100), order);
    expect(log.done.indexOf('start green')).toBeLessThan(log.done.indexOf('queued 0'));
    expect(log.done.filter((change) => change === 'start green')).toHaveLength(1);
  });

  it('are waited for where the start of the next release ends the Rekor that answers them', async () => {
    const log = new FakeLog();
    const systems = withoutRoom(lookingAt(log, some, some, none));
    await holdAndFreeze(draining(log, systems, 0), order);
    expect(log.done.slice(0, 4)).toEqual(['hold 7', 'in flight 3', 'in flight 3', 'in flight 0']);
    expect(log.done).toContain('start green');

    const ending = new AbortController();
    const stuck = withoutRoom(lookingAt(new FakeLog(), some));
    const bounds = { ...someBounds(), signal: ending.signal };
    const holding = holdAndFreeze({ ...stuck, bounds }, order);
    ending.abort(refuse('BUDGET_EXCEEDED', { step: 'hold', budgetMs: 1 }));
    expect(await refused('WRITES_IN_FLIGHT', holding)).toContain('3 writes');
  });

  it('are waited for where they are too large to be sent again, for two fifths of the time (H14)', async () => {
    const log = new FakeLog();
    const began = performance.now();
    await holdAndFreeze(lookingAt(log, stream), { ...order, budgetMs: 100 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(40);
    expect(log.done).toContain('200 FROZEN');
  });
});

it('the next release is not started where the freeze fails before its length is final', async () => {
  const log = new FakeLog();
  const systems = lookingAt(log, some);
  const failure = new Error('Trillian has gone');
  const trillian = { ...systems.trillian, setState: () => Promise.reject(failure) };
  await expect(holdAndFreeze({ ...systems, trillian }, order)).rejects.toBe(failure);
  expect(log.done).not.toContain('start green');
});
