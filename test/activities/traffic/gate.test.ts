import { gateTraffic } from '../../../activities/traffic/gate';
import type { OneGate } from '../../../activities/traffic/one-gate';
import type { TrafficState } from '../../../activities/traffic/traffic';
import type { GateState, SendOrder } from '../../../gate/messages';
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
    ...{ begin: answers('begins'), switch: answers('switch'), send: answers('send') },
    tellShards: ({ number }) => answers(`shards ${number}`)(),
    tellNext: answers('next'),
  };
}

type Verb = 'state' | 'hold' | 'begin' | 'switch' | 'send' | 'tellShards' | 'tellNext';

/** A gate that does not answer to these: for the reason that a connection fails with. */
function failing(to: readonly Verb[], one: OneGate, code?: string): OneGate {
  const cause = code === undefined ? undefined : Object.assign(new Error('failed'), { code });
  const { log, url } = one;
  const never = () => Promise.reject(refuse('GATE_UNREACHABLE', { log, url, reason: 'no answer' }, cause));
  return { ...one, ...Object.fromEntries(to.map((verb) => [verb, never])) };
}

/** A gate that answers once, and is dead when it is given this order. */
function dying(order: Verb, one: OneGate): OneGate {
  const dead = failing([order, 'state'], one, 'ECONNREFUSED');
  return { ...dead, state: afterOneLook(one, dead) };
}

/** What the one says when it is looked at first, and what the other says then. */
function afterOneLook(first: OneGate, then: OneGate): OneGate['state'] {
  let looks = 0;
  return (within) => ((looks += 1) > 1 ? then : first).state(within);
}

function silence(name: string, code?: string): OneGate {
  return failing(['state', 'hold', 'begin', 'switch', 'send', 'tellShards', 'tellNext'], gate(name), code);
}

const codes = ({ away }: TrafficState): string[] => away.map(({ refusal }) => refusal.code);

describe('several gates as one', () => {
  it('are all switched before one of them sends, and none is switched twice where all send there', async () => {
    await gateTraffic([gate('one'), gate('two')]).send(order, signal);
    expect(told).toEqual(['one begins', 'two begins', 'one switch', 'two switch', 'one send', 'two send']);
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

  it('hold as one where one does not answer, which is said, and only after the others have ended (H8)', async () => {
    const two = failing(['hold'], gate('two'));
    const slow: OneGate = {
      ...gate('one'),
      hold: async (given, until) => {
        await new Promise((resolve) => setImmediate(resolve));
        return await gate('one').hold(given, until);
      },
    };
    const held = await gateTraffic([two, slow]).hold({ ...order, leaseMs: 1 }, signal);
    expect(told).toEqual(['one hold']);
    expect(codes(held)).toEqual(['GATE_AWAY']);
    expect(codes(await gateTraffic([gate('one'), silence('two')]).state(signal))).toEqual(['GATE_AWAY']);
  });

  it('are unreachable when none of them answers', async () => {
    const both = gateTraffic([silence('one'), silence('two')]);
    await refused('GATE_UNREACHABLE', both.state(signal));
    await refused('GATE_UNREACHABLE', both.send(order, signal));
    await refused('GATE_UNREACHABLE', gateTraffic([silence('alone')]).hold({ ...order, leaseMs: 1 }, signal));
  });

  it('stand where the informed ones do; one that is not informed serves nobody, which is said', async () => {
    const both = gateTraffic([
      gate('one', { number: 3, informed: false }),
      gate('two', { instances: ['http://b:1'] }),
    ]);
    const stands = await both.state(signal);
    expect(stands).toMatchObject({ number: 7, instances: ['http://b:1'] });
    expect(codes(stands)).toEqual(['GATE_UNINFORMED']);
    expect(await gateTraffic([gate('one', { informed: false })]).state(signal)).toMatchObject({ number: 7 });
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

describe('one that is gone when writes are sent on', () => {
  const LEASE_MS = 30;
  const held: Partial<GateState> = { mode: 'hold', number: 7, leaseMs: LEASE_MS };
  const current = { ...order, instances: state.instances };
  /** How long a send takes, and what it told. */
  const sending = async (
    gates: readonly OneGate[],
    to: SendOrder = order,
  ): Promise<{ readonly ms: number }> => {
    const began = performance.now();
    await gateTraffic(gates).send(to, signal);
    return { ms: performance.now() - began };
  };

  it('is left out at once where its address refuses connections: it is dead', async () => {
    await sending([gate('one', held), silence('dead', 'ECONNREFUSED')]);
    expect(told).toEqual(['one begins', 'one switch', 'one send']);
    told = [];
    await sending([dying('begin', gate('dies', held)), gate('two', held)]);
    expect(told).toEqual(['two begins', 'two switch', 'two send']);
    told = [];
    await sending([dying('switch', gate('dies', held)), gate('two', held)]);
    expect(told).toEqual(['dies begins', 'two begins', 'two switch', 'two send']);
    told = [];
    await sending([gate('one', held), failing(['send'], gate('dies', held), 'ECONNREFUSED')]);
    expect(told).toEqual(['one begins', 'dies begins', 'one switch', 'dies switch', 'one send']);
  });

  it('is ordered with the others where it has started before any is sent on: it may have heard how they stood before', async () => {
    const state = afterOneLook(silence('two', 'ECONNREFUSED'), gate('two', held));
    await sending([gate('one', held), { ...gate('two', held), state }]);
    expect(told).toEqual([
      ...['one begins', 'one switch'],
      ...['one begins', 'two begins', 'one switch', 'two switch', 'one send', 'two send'],
    ]);
  });

  it('fails the step where it comes and goes', async () => {
    const flapping = failing(['begin'], gate('comes and goes', held), 'ECONNREFUSED');
    await refused('GATE_AWAY', sending([gate('one', held), flapping]));
    expect(told).not.toContain('one send');
  });

  it('is waited for while it is silent, until its lease must have ended, where it may have been switched', async () => {
    const done: Partial<GateState> = { ...held, switching: 'done', instances: order.instances };
    const { ms } = await sending([gate('one', done), silence('silent')]);
    expect(ms).toBeGreaterThanOrEqual(LEASE_MS - 1);
    expect(told).toEqual(['one send']);
    told = [];
    const back = await sending([silence('silent'), gate('two', { ...held, switching: 'begun' })], current);
    expect(back.ms).toBeGreaterThanOrEqual(LEASE_MS - 1);
    expect(told).toEqual(['two send']);
  });

  it('is not waited for where another one has not begun to be switched: then none was', async () => {
    const long: Partial<GateState> = { ...held, leaseMs: 3_600_000 };
    await sending([silence('silent'), gate('two', long)], current);
    expect(told).toEqual(['two send']);
    const isOver = AbortSignal.timeout(50);
    for (const other of [{ switching: 'begun' } as const, { informed: false, switching: 'done' } as const])
      await expect(
        gateTraffic([gate('one', { ...long, ...other }), silence('silent')]).send(current, isOver),
      ).rejects.toThrow();
    expect(told).toEqual(['two send']);
  });

  it('is not waited for once another one was sent on: whoever did that has waited', async () => {
    const sent: Partial<GateState> = { mode: 'pass', number: 7, leaseMs: 0, instances: order.instances };
    await sending([silence('silent'), gate('two', sent)]);
    expect(told).toEqual(['two send']);
  });

  it('is ordered with the others where it goes on meanwhile: it may have begun to serve', async () => {
    const state = afterOneLook(silence('two'), gate('two'));
    await sending([gate('one', { ...held, switching: 'begun' }), { ...gate('two'), state }]);
    expect(told).toEqual(['one begins', 'two begins', 'one switch', 'two switch', 'one send', 'two send']);
  });

  it('is waited for where the other one is there already and serves nobody: nothing else gives its clients back', async () => {
    const at = { informed: false, mode: 'healing', instances: order.instances } as const;
    await sending([gate('one', { ...held, ...at }), silence('silent')]);
    expect(told).toEqual(['one hold', 'one begins', 'one switch', 'one send']);
  });

  it('holds writes in all that pass by an earlier order, unless both places serve the same shards', async () => {
    const earlier = ['one', 'two'].map((name) => gate(name, { number: 6 }));
    await sending(earlier);
    const moved = ['one begins', 'two begins', 'one switch', 'two switch', 'one send', 'two send'];
    expect(told).toEqual(['one hold', 'two hold', ...moved]);
    told = [];
    await gateTraffic(earlier).send(order, signal, { sameShards: true });
    expect(told).toEqual(moved);
  });

  it('begins with no gate that has no hold while another one has: nothing could be waited for where it falls silent', async () => {
    const passes = failing(['hold'], gate('passes', { number: 6 }));
    await refused('GATE_UNREACHABLE', sending([gate('holds', held), passes]));
    expect(told).toEqual([]);
    await sending([gate('holds', held), gate('passes', { number: 6 })]);
    expect(told.slice(0, 3)).toEqual(['passes hold', 'holds begins', 'passes begins']);
  });

  it('is waited for over several tries, where each has less time than its lease lasts', async () => {
    const begun: Partial<GateState> = { ...held, switching: 'begun', leaseMs: 3 * LEASE_MS };
    const traffic = gateTraffic([gate('one', begun), silence('silent')]);
    const tries = async (): Promise<number> => {
      for (let count = 1; ; count += 1) {
        const sent = await traffic.send(order, AbortSignal.timeout(LEASE_MS)).then(
          () => true,
          () => false,
        );
        if (sent) return count;
      }
    };
    expect(await tries()).not.toBe(1);
    expect(told).toEqual(['one begins', 'one switch', 'one send']);
  });

  it('holds nobody in a gate that passes by the same order', async () => {
    const heals = gate('heals', { mode: 'healing' });
    await sending([gate('passes', { switching: 'begun' }), heals]);
    expect(told).toEqual([
      ...['heals hold', 'passes begins', 'heals begins', 'passes switch', 'heals switch'],
      ...['passes send', 'heals send'],
    ]);
  });

  it('fails the step where it is silent before any is switched: all can go back sooner than its lease ends', async () => {
    await refused('GATE_AWAY', sending([gate('one', held), silence('silent')]));
    expect(told).toEqual([]);
  });

  it('keeps all from being sent elsewhere where it was given no hold: it may serve for ever', async () => {
    const passing: Partial<GateState> = { mode: 'pass', number: 6, leaseMs: 0 };
    await refused('GATE_UNREACHABLE', sending([gate('one', passing), silence('silent')]));
    expect(told).toEqual([]);
  });

  it('fails the step where it is silent when all begin, before any is switched', async () => {
    const falling = failing(['begin'], gate('falls silent', held));
    await refused('GATE_UNREACHABLE', sending([gate('one', held), falling]));
    expect(told).toEqual(['one begins']);
  });

  it('fails the step where it is silent in the switch, before anything is sent', async () => {
    const falling = failing(['switch'], gate('falls silent', held));
    await refused('GATE_UNREACHABLE', sending([gate('one', held), falling]));
    expect(told).toEqual(['one begins', 'falls silent begins', 'one switch']);
  });

  it('fails the step where it is silent in the send, after the others were sent on: it is given it again', async () => {
    const falling = failing(['send'], gate('falls silent', held));
    await refused('GATE_UNREACHABLE', sending([gate('one', held), falling]));
    expect(told).toEqual([
      'one begins',
      'falls silent begins',
      'one switch',
      'falls silent switch',
      'one send',
    ]);
  });
});
