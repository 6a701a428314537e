import { gateTraffic } from '../../../activities/traffic/gate';
import type { OneGate } from '../../../activities/traffic/one-gate';
import type { GateState } from '../../../gate/messages';
import { refuse } from '../../../activities/errors/refusal-error';
import { aGateState } from '../../gate/a-gate-state';
import { refused } from '../refused';

const { signal } = new AbortController();
const shards = { activeTreeId: '12', inactive: [] };
const state: GateState = { ...aGateState, writesInFlight: 1, shards };
const order = { attemptId: 'r/1', number: 7, instances: ['http://b:1', 'http://c:1'], shards };

let told: string[];
beforeEach(() => (told = []));

/** A gate that says what it is told, and this of itself. */
function gate(name: string, is: Partial<GateState> = {}): OneGate {
  const answers = (verb: string) => (): Promise<GateState> => {
    told.push(`${name} ${verb}`);
    return Promise.resolve({ ...state, ...is });
  };
  return {
    ...{
      log: 'production',
      url: `http://${name}`,
      state: () => Promise.resolve({ ...state, ...is }),
      hold: answers('hold'),
    },
    ...{ switch: answers('switch'), send: answers('send') },
    tellShards: ({ number }) => answers(`shards ${number}`)(),
    tellNext: answers('next'),
  };
}

describe('several gates as one', () => {
  it('are all switched before one of them sends, and none is switched twice where all send there', async () => {
    await gateTraffic([gate('one'), gate('two')]).send(order, signal);
    expect(told).toEqual(['one switch', 'two switch', 'one send', 'two send']);
    told = [];
    await gateTraffic([gate('one'), gate('two')]).send({ ...order, instances: ['HTTP://A:1/'] }, signal);
    expect(told).toEqual(['one send', 'two send']);
    told = [];
    await gateTraffic([gate('alone')]).send(order, signal);
    expect(told).toEqual(['alone send']);
  });

  it('count as holding, or as passing, only if all do; what goes on and waits is added up', async () => {
    const stateOf = (...modes: readonly GateState['mode'][]) =>
      gateTraffic(modes.map((mode) => gate(mode, { mode }))).state(signal);
    expect((await stateOf('hold', 'hold')).mode).toBe('hold');
    expect((await stateOf('pass', 'pass')).mode).toBe('pass');
    expect((await stateOf('hold', 'pass')).mode).toBe('healing');
    expect(await stateOf('healing', 'pass')).toMatchObject({ mode: 'healing', writesInFlight: 2 });
  });

  it('count writes together, each since its own start, or not at all', async () => {
    const writesOf = (...counted: readonly GateState['writes'][]) =>
      gateTraffic(counted.map((writes, at) => gate(`${at}`, { writes }))).writes(signal);
    const [one, other] = [
      { since: '2026-11-28T00:00:00.000Z', accepted: 3, failed: 1, callMs: null, calls: null },
      { since: '2026-11-28T01:00:00.000Z', accepted: 4, failed: 0, callMs: null, calls: null },
    ];
    expect(await writesOf(one)).toEqual({
      since: [one.since],
      accepted: 3,
      failed: 1,
      callMs: null,
      calls: null,
    });
    expect(await writesOf(one, other)).toEqual({
      since: [one.since, other.since],
      accepted: 7,
      failed: 1,
      callMs: null,
      calls: null,
    });
    expect(await writesOf(one, null)).toBeNull();
    const counting = { ...one, calls: { answered: 4, broken: 1 } };
    expect((await writesOf(counting, { ...counting, calls: { answered: 2, broken: 0 } }))?.calls).toEqual({
      answered: 6,
      broken: 1,
    });
    // One that does not say makes the sum unknown.
    expect((await writesOf(counting, other))?.calls).toBeNull();
  });

  it('tell the longest time that calls of writes took through any gate', async () => {
    const timesOf = async (...times: readonly (number | null)[]) => {
      const writes = { since: '2026-11-28T00:00:00.000Z', accepted: 3, failed: 1 };
      const gates = times.map((callMs, at) => gate(`${at}`, { writes: { ...writes, callMs, calls: null } }));
      return (await gateTraffic(gates).writes(signal))?.callMs;
    };
    expect(await timesOf(140)).toBe(140);
    expect(await timesOf(140, null, 180)).toBe(180);
  });

  it('send to what any of them sends to, and know what each of them knows', async () => {
    const unproven = [{ instance: 'http://b:1', reason: 'it loaded nothing' }];
    const both = gateTraffic([
      gate('one'),
      gate('two', { instances: ['http://b:1'], shards: null, unproven }),
    ]);
    expect(await both.state(signal)).toMatchObject({
      ...{ instances: ['http://a:1', 'http://b:1'], shards: [shards, null], unproven },
    });
  });

  it('are fenced by the largest number of any: an order below it is given to none (H8)', async () => {
    const both = gateTraffic([gate('one', { number: 6 }), gate('two', { number: 9, attemptId: 'later/1' })]);
    expect(await both.state(signal)).toMatchObject({ number: 9, attemptId: 'later/1' });
    await refused('GATE_ORDER_REFUSED', both.send(order, signal));
    await refused('GATE_ORDER_REFUSED', both.hold({ ...order, leaseMs: 1 }, signal));
    expect(told).toEqual([]);
  });

  it('fail as one when one does not answer, and only after the others have ended (H8)', async () => {
    const gone = refuse('GATE_UNREACHABLE', { log: 'production', url: 'http://two', reason: 'refused' });
    const two = { ...gate('two'), hold: () => Promise.reject(gone) };
    const slow: OneGate = {
      ...gate('one'),
      hold: async (given, until) => {
        await new Promise((resolve) => setImmediate(resolve));
        return await gate('one').hold(given, until);
      },
    };
    await refused('GATE_UNREACHABLE', gateTraffic([two, slow]).hold({ ...order, leaseMs: 1 }, signal));
    expect(told).toEqual(['one hold']);
    const silent = { ...gate('two'), state: () => Promise.reject(gone) };
    await refused('GATE_UNREACHABLE', gateTraffic([gate('one'), silent]).state(signal));
  });

  it('are each told of shards by the order that it follows: one is new', async () => {
    const both = gateTraffic([gate('one'), gate('new', { number: 0 })]);
    await both.tellShards({ number: 7, instances: state.instances, shards }, signal);
    expect(told).toEqual(['one shards 7', 'new shards 0']);
  });

  it('tell what their last hold did to writes as one', async () => {
    const figures = {
      stallMs: null,
      longestWaitMs: 5,
      held: 2,
      refused: 3,
      turnedAway: 2,
      resent: 1,
      dropped: 0,
    };
    const both = gateTraffic([
      gate('one', { hold: { ...figures, number: 7 } }),
      gate('two', { hold: { ...figures, number: 7, stallMs: 40, longestWaitMs: 9 } }),
      gate('three', { hold: { ...figures, number: 3, held: 100 } }),
    ]);
    expect((await both.state(signal)).hold).toEqual({
      ...{
        number: 7,
        stallMs: 40,
        longestWaitMs: 9,
        held: 4,
        refused: 6,
        turnedAway: 4,
        resent: 2,
        dropped: 0,
      },
    });
    expect((await gateTraffic([gate('one')]).state(signal)).hold).toBeNull();
  });

  it('are given a line each for a person, all switched before one sends', async () => {
    const lines = await gateTraffic([gate('one'), gate('two')]).byHand.send(order, signal);
    expect(lines.map((line) => /PUT (\S+)/.exec(line)?.[1])).toEqual([
      ...[
        'http://one/order/switch',
        'http://two/order/switch',
        'http://one/order/send',
        'http://two/order/send',
      ],
    ]);
  });
});
