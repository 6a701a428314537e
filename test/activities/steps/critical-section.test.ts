import { setImmediate as called } from 'node:timers/promises';
import { holdAndFreeze, holdToExpose } from '../../../activities/steps/critical-section';
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
  it('are not waited for, nor is the drain: the next release starts beside it', async () => {
    const log = new FakeLog();
    await holdAndFreeze(draining(log, lookingAt(log, some), 2), order);
    expect(log.done.filter((change) => !change.startsWith('in flight'))).toEqual([
      ...['hold 7', 'start green', '200 DRAINING', 'queued 2', 'queued 1', 'queued 0'],
      ...['200 FROZEN', 'queued 0'],
    ]);
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

it('where the freeze fails, the start beside it has ended, and is said to have begun', async () => {
  const log = new FakeLog();
  const systems = lookingAt(log, some);
  const failure = new Error('Trillian has gone');
  let started = false;
  const { installation, bounds } = systems;
  const start: typeof installation.start = async (...asked) => {
    await called();
    await installation.start(...asked);
    started = true;
  };
  const trillian = { ...systems.trillian, setState: () => Promise.reject(failure) };
  const failing = { ...systems, trillian, installation: { ...installation, start } };
  await expect(holdAndFreeze(failing, order)).rejects.toBe(failure);
  expect(started).toBe(true);
  expect(bounds.steps.began).toEqual(['hold', 'start', 'freeze']);
});

describe('a section', () => {
  const away = refuse('GATE_UNREACHABLE', { log: 'production', url: '', reason: 'refused' });

  it('holds, freezes, opens and exposes', async () => {
    const log = new FakeLog();
    const { frozen, handover, times } = await holdToExpose(log.systems(), order);
    expect(frozen).toMatchObject({ treeId: '200', size: 20 });
    expect(handover?.text).toContain('tree 200\nsize 20');
    expect(Object.keys(times).sort()).toEqual(['expose', 'freeze', 'hold', 'start', 'verify']);
    expect(log.done.filter((change) => change !== 'start green')).toEqual([
      ...['hold 7', '200 DRAINING', '200 FROZEN', '300 ACTIVE', 'queueLeaf 300', 'next 7', 'send 7'],
    ]);
  });

  it('starts a next release again that was quicker than the drain, and opens no tree before', async () => {
    const log = new FakeLog();
    const systems = log.systems();
    const { installation } = systems;
    const slot = { active: '300', inactive: ['100', '200'] };
    let starts = 0;
    const start: typeof installation.start = async (...asked) => {
      await installation.start(...asked);
      starts += 1;
      log.slots['green'] = slot;
      const now = log.loadedBy('green');
      const inactive = now.inactive.map((shard) => ({ ...shard, loadedLength: shard.loadedLength - 1 }));
      log.slots['green'] = starts === 1 ? { ...slot, loaded: { ...now, inactive } } : slot;
    };
    await holdToExpose({ ...systems, installation: { ...installation, start } }, order);
    expect(log.done.slice(-6)).toEqual([
      ...['stop green', 'start green', '300 ACTIVE', 'queueLeaf 300', 'next 7', 'send 7'],
    ]);
  });

  it('asks again in its opening for what is away, and repeats neither the hold nor the freeze', async () => {
    const log = new FakeLog();
    const systems = log.systems();
    jest.spyOn(systems.traffic, 'send').mockRejectedValueOnce(away);
    await holdToExpose(systems, order);
    const of = (change: string): number => log.done.filter((done) => done === change).length;
    expect([of('hold 7'), of('200 FROZEN'), of('300 ACTIVE'), of('send 7')]).toEqual([1, 1, 1, 1]);
  });

  it('opens no tree once it has heard of a Cancel, for which it asks when the current tree has ended (H26)', async () => {
    const log = new FakeLog();
    const systems = log.systems();
    const cancel = new AbortController();
    const asked: string[][] = [];
    const hearOfCancel = (): void => {
      asked.push([...log.done]);
      cancel.abort(away);
    };
    const bounds = { ...systems.bounds, signal: cancel.signal, hearOfCancel };
    await expect(holdToExpose({ ...systems, bounds }, order)).rejects.toBe(away);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('200 FROZEN');
    expect(log.done).not.toContain('300 ACTIVE');
  });
});
