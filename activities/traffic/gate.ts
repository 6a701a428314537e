import type { GateState, HoldFigures, WritesCounted } from '../../gate/messages';
import { sameInstances } from '../../workflows/model/base-url';
import { refuse } from '../errors/refusal-error';
import { allEnded } from '../bounds/waiting';
import type { OneGate } from './one-gate';
import type { CountedWrites, Traffic, TrafficState } from './traffic';

/**
 * Write gates: one, or several that clients reach side by side and that are ordered as one. All hold before any counts as
 * holding, and all are switched before one of them sends a write that waited: so nobody reads through one gate that an entry
 * is missing which was written through another (H16). One that does not answer fails the step.
 */
export function gateTraffic(gates: readonly OneGate[]): Traffic {
  const isAlone = gates.length === 1;
  const each = <Result>(ask: (gate: OneGate) => Promise<Result>): Promise<Result[]> =>
    allEnded(gates.map(ask));
  const state = async (signal: AbortSignal): Promise<TrafficState> =>
    asOne(await each((gate) => gate.state(signal)));

  /**
   * What each says before it is given an order. Refuses one below the largest number, which another gate may not have been
   * given yet: what lands late must not move that one either (H8).
   */
  async function fenced({ number }: { readonly number: number }, signal: AbortSignal): Promise<GateState[]> {
    const states = await each((gate) => gate.state(signal));
    const later = states.find((one) => one.number > number);
    if (later) throw refuse('GATE_ORDER_REFUSED', { number, has: later.number, mode: later.mode });
    return states;
  }

  return {
    followsMs: 0,
    state,
    endKept: () => Promise.resolve(),
    async hold(order, signal) {
      if (!isAlone) await fenced(order, signal);
      return asOne(await each((gate) => gate.hold(order, signal)));
    },
    async send(order, signal) {
      const states = isAlone ? [] : await fenced(order, signal);
      if (states.some((one) => !sameInstances(one.instances, order.instances)))
        await each((gate) => gate.switch(order, signal));
      await each((gate) => gate.send(order, signal));
    },
    async announce(notice, signal) {
      await each((gate) => gate.tellNext(notice, signal));
    },
    async tellShards(notice, signal) {
      const states = isAlone ? [] : await fenced(notice, signal);
      // One that was not given the last order, because it is new for example, is told by its own number.
      const numberOf = (at: number): number => states[at]?.number ?? notice.number;
      await allEnded(gates.map((gate, at) => gate.tellShards({ ...notice, number: numberOf(at) }, signal)));
    },
    async writes(signal) {
      return together((await each((gate) => gate.state(signal))).map(({ writes }) => writes));
    },
    words: ({ next }) =>
      Promise.resolve({
        hold: 'hold new writes in the gate; reads go on',
        expose: `send reads and writes to ${next}, held writes first`,
        fails: null,
      }),
    byHand: {
      send: (order) =>
        Promise.resolve(
          (isAlone ? ['send'] : ['switch', 'send']).flatMap((verb) =>
            gates.map(
              ({ url }) =>
                `curl -X PUT ${url}/order/${verb} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${JSON.stringify(order)}'`,
            ),
          ),
        ),
    },
  };
}

/** What all have counted, and the longest time; null when one of them does not say. */
function together(counted: readonly (WritesCounted | null)[]): CountedWrites | null {
  const all = counted.filter((one) => one !== null);
  if (all.length < counted.length) return null;
  const times = all.flatMap(({ callMs }) => callMs ?? []);
  const calls = all.flatMap((one) => one.calls ?? []);
  return {
    since: all.map(({ since }) => since),
    accepted: all.reduce((total, { accepted }) => total + accepted, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
    callMs: times.length === 0 ? null : Math.max(...times),
    calls:
      calls.length < all.length
        ? null
        : {
            answered: calls.reduce((total, { answered }) => total + answered, 0),
            broken: calls.reduce((total, { broken }) => total + broken, 0),
          },
  };
}

/** The worst of all. The numbers of what waits and goes on are sums, as if one gate had taken all requests. */
function asOne(states: readonly GateState[]): TrafficState {
  const latest = states.reduce((one, other) => (other.number > one.number ? other : one));
  const sum = (of: (state: GateState) => number): number =>
    states.reduce((total, state) => total + of(state), 0);
  return {
    by: 'gate',
    mode: states.every(({ mode }) => mode === latest.mode) ? latest.mode : 'healing',
    instances: [...new Set(states.flatMap(({ instances }) => instances))],
    attemptId: latest.attemptId,
    number: latest.number,
    writesInFlight: sum(({ writesInFlight }) => writesInFlight),
    streamsInFlight: sum(({ streamsInFlight }) => streamsInFlight),
    writesWaiting: sum(({ writesWaiting }) => writesWaiting),
    shards: states.map(({ shards }) => shards),
    unproven: states.flatMap(({ unproven }) => unproven),
    hold: figuresOf(states),
  };
}

/** Of the last hold; the longest time is that of any gate. */
function figuresOf(states: readonly GateState[]): HoldFigures | null {
  const figures = states.flatMap(({ hold }) => hold ?? []);
  const number = Math.max(...figures.map((hold) => hold.number));
  const ofLast = figures.filter((hold) => hold.number === number);
  if (ofLast.length === 0) return null;
  const sum = (of: (hold: HoldFigures) => number): number =>
    ofLast.reduce((total, hold) => total + of(hold), 0);
  const stalls = ofLast.flatMap(({ stallMs }) => stallMs ?? []);
  return {
    number,
    stallMs: stalls.length === 0 ? null : Math.max(...stalls),
    longestWaitMs: Math.max(...ofLast.map(({ longestWaitMs }) => longestWaitMs)),
    held: sum(({ held }) => held),
    refused: sum(({ refused }) => refused),
    turnedAway: sum(({ turnedAway }) => turnedAway),
    resent: sum(({ resent }) => resent),
    dropped: sum(({ dropped }) => dropped),
  };
}
