import type { GateState, SendOrder } from '../../gate/messages';
import { sameInstances } from '../../workflows/model/base-url';
import { UNDO_LEASE_MS } from '../../workflows/model/deadlines';
import { TimeOver, withinTime } from '../bounds/signals';
import { allEnded, pause } from '../bounds/waiting';
import { isRefusal, refuse, type RefusalError } from '../errors/refusal-error';
import type { OneGate } from './one-gate';
import {
  asOne,
  isRefusedConnection,
  together,
  type Seen,
  type GoneGate,
  type SeenGate,
} from './gates-as-one';
import type { HowSent, Traffic } from './traffic';

/** How long a gate may take to say its state before it counts as silent, where there are others; milliseconds. */
const SAYS_WITHIN_MS = 500;

/** The same for one that was silent when it was asked last: clients wait for the next answer, and for the one after that. */
const SAYS_AGAIN_WITHIN_MS = 50;

/** So often all are ordered anew because one of them has started meanwhile; then it comes and goes. */
const MOST_ROUNDS = 3;

/** How long it may take to obey: it saves an order before it does. Milliseconds. */
const OBEYS_WITHIN_MS = 1_000;

/**
 * Write gates: one, or several that clients reach side by side and that are ordered as one. All hold before any counts as
 * holding, and all are switched before one of them sends a write that waited: so nobody reads through one gate that an entry
 * is missing which was written through another (H16).
 *
 * One that dies is out, and the others go on. What makes that safe:
 *
 * - A hold counts only where every gate has taken it (activities/steps/writes.ts).
 * - A process that starts anew serves nobody until it knows the last order (gate/conclusion.ts). So one whose address refuses
 *   connections can be left out at once.
 * - One that is silent may still serve, for it may only be cut off from here. It serves what it is told elsewhere at most until
 *   the lease of its hold has ended, and that is waited for.
 * - All begin before one is switched. So none was switched where one has not begun.
 */
export function gateTraffic(gates: readonly OneGate[]): Traffic {
  const all = gates.map((gate) => ({ gate }));
  const isAlone = gates.length === 1;
  /** Since when each has been silent, for whoever asks again in another try; milliseconds of performance.now(). */
  const silentSince = new Map<OneGate, number>();
  const each = <Result>(
    among: readonly { readonly gate: OneGate }[],
    ask: (gate: OneGate) => Promise<Result>,
  ): Promise<Result[]> => allEnded(among.map(({ gate }) => ask(gate)));

  /** What each of these answers, in their order. */
  async function ask(
    among: readonly { readonly gate: OneGate }[],
    question: (gate: OneGate, signal: AbortSignal) => Promise<GateState>,
    withinMs: (gate: OneGate) => number | null,
    signal: AbortSignal,
  ): Promise<Seen> {
    const asked = await each(among, async (gate) => ({
      gate,
      ...(await answered(gate, (within) => question(gate, within), withinMs(gate), signal)),
    }));
    return {
      there: asked.flatMap((one) => ('answer' in one ? [{ gate: one.gate, state: one.answer }] : [])),
      gone: asked.flatMap((one) => ('error' in one ? [{ gate: one.gate, error: one.error }] : [])),
    };
  }

  /**
   * What each says. Refuses GATE_UNREACHABLE when none says anything.
   *
   * @param isPatient also with one that was silent when it was asked last.
   */
  async function look(signal: AbortSignal, isPatient = false): Promise<Seen> {
    const patienceMs = (gate: OneGate): number | null => {
      if (isAlone) return null;
      return silentSince.has(gate) && !isPatient ? SAYS_AGAIN_WITHIN_MS : SAYS_WITHIN_MS;
    };
    const seen = await ask(all, (gate, within) => gate.state(within), patienceMs, signal);
    const silent = seen.gone.filter(isSilent).map(({ gate }) => gate);
    for (const gate of gates) {
      if (!silent.includes(gate)) silentSince.delete(gate);
      else if (!silentSince.has(gate)) silentSince.set(gate, performance.now());
    }
    return ofSome(seen);
  }

  /**
   * What each says before it is given an order. Refuses one below the largest number, which another gate may not have been
   * given yet: what lands late must not move that one either (H8).
   */
  async function fenced(
    { number }: { readonly number: number },
    signal: AbortSignal,
    isPatient = false,
  ): Promise<Seen> {
    const seen = await look(signal, isPatient);
    const later = seen.there.find(({ state }) => state.number > number);
    if (later)
      throw refuse('GATE_ORDER_REFUSED', { number, has: later.state.number, mode: later.state.mode });
    return seen;
  }

  /** Gives an order to gates, and says which of them did not answer. Refuses GATE_UNREACHABLE when none did. */
  async function give(
    among: readonly { readonly gate: OneGate }[],
    order: (gate: OneGate, signal: AbortSignal) => Promise<GateState>,
    signal: AbortSignal,
  ): Promise<Seen> {
    return ofSome(await ask(among, order, () => (isAlone ? null : OBEYS_WITHIN_MS), signal));
  }

  /**
   * What each says once none of those that are gone can serve by other instances than those of the order. Refuses GATE_UNREACHABLE
   * where one may for ever, because it was given no hold; and GATE_AWAY where nobody was switched yet: all can go back sooner.
   *
   * One that is silent serves nobody once the lease is over for which it was silent. One that goes on before may have begun to serve by
   * what it had heard earlier, at most OLDEST_ANSWER_MS old (gate/inquiry.ts); so it is looked for again then.
   */
  async function withoutSilent(order: SendOrder, signal: AbortSignal): Promise<Seen> {
    for (let isPatient = false; ; isPatient = true) {
      const seen = await fenced(order, signal, isPatient);
      const { there, gone } = seen;
      const asOrdered = ({ state }: SeenGate): boolean =>
        state.informed && state.switching === 'no' && sameInstances(state.instances, order.instances);
      // None was switched: each of them would have begun before. Or whoever sent writes on by this order has waited.
      if (there.some(asOrdered)) return seen;
      const silent = gone.filter(isSilent);
      const [first] = silent;
      if (!first) return seen;
      const { log, url } = first.gate;
      const leasesMs = there.map(({ state }) => state.leaseMs);
      if (leasesMs.includes(0) || there.some(heals)) throw first.error;
      const isElsewhere = there.some(({ state }) => !sameInstances(state.instances, order.instances));
      if (isElsewhere && there.every(({ state }) => state.switching === 'no'))
        throw refuse('GATE_AWAY', { log, url });
      const now = performance.now();
      // Its own lease began before it fell silent. Another try may have waited for a part of it.
      const ends = silent.map(({ gate }) => (silentSince.get(gate) ?? now) + Math.max(...leasesMs));
      const restMs = Math.max(...ends) - now;
      if (restMs > 0) await pause(restMs, signal);
      else if (isPatient) return seen;
    }
  }

  /**
   * Writes wait in all: the first gate that was switched would send on what passes before the others are. So it is where a lease has
   * ended, after which writes pass. Refuses GATE_UNREACHABLE then while one is silent, for it does not wait with them.
   *
   * From one place to another of the same shards none is held, unless others are: one that fell silent once it has begun would have no
   * lease that could be waited for.
   */
  async function allHeld(
    { there, gone }: Seen,
    { attemptId, number }: SendOrder,
    { sameShards = false }: HowSent,
    signal: AbortSignal,
  ): Promise<readonly SeenGate[]> {
    // What passes by this number already refuses to hold by it, and lets nobody wait.
    const mayHold = there.filter(({ state }) => state.mode !== 'pass' || state.number !== number);
    const passing = mayHold.filter(({ state }) => state.mode !== 'hold');
    const oneHeals = there.some(heals);
    const mayPass = sameShards && !oneHeals && passing.length === mayHold.length;
    if (passing.length === 0 || mayPass) return there;
    if (oneHeals) requireNoneSilent(gone);
    const toHold = oneHeals ? mayHold : passing;
    const hold = (gate: OneGate, within: AbortSignal): Promise<GateState> =>
      gate.hold({ attemptId, number, leaseMs: UNDO_LEASE_MS }, within);
    const held = await give(toHold, hold, signal);
    requireNoneSilent(held.gone);
    return [...there.filter((one) => !toHold.includes(one)), ...held.there];
  }

  /**
   * All are told before one is switched: so each one tells whether another may have been. One that refuses the connection is out
   * by now; one that is silent may have been switched.
   */
  async function switchAll(
    among: readonly SeenGate[],
    order: SendOrder,
    signal: AbortSignal,
  ): Promise<readonly SeenGate[]> {
    const { attemptId, number } = order;
    const begun = await give(among, (gate, within) => gate.begin({ attemptId, number }, within), signal);
    requireNoneSilent(begun.gone);
    const switched = await give(begun.there, (gate, within) => gate.switch(order, within), signal);
    requireNoneSilent(switched.gone);
    return switched.there;
  }

  /**
   * One that was dead, and has started since it was looked for. It may have been informed by how the others stood before they were
   * switched. One that starts from now on hears where they were.
   */
  async function oneThatIsBack(
    switched: readonly SeenGate[],
    signal: AbortSignal,
  ): Promise<OneGate | undefined> {
    const wereDead = all.filter(
      ({ gate }) => !silentSince.has(gate) && !switched.some((one) => one.gate === gate),
    );
    const { there } = await ask(
      wereDead,
      (gate, within) => gate.state(within),
      () => SAYS_WITHIN_MS,
      signal,
    );
    return there[0]?.gate;
  }

  /** All of them that may serve are switched, and wait to be sent on. Refuses GATE_AWAY where one comes and goes. */
  async function allSwitched(
    order: SendOrder,
    how: HowSent,
    signal: AbortSignal,
  ): Promise<readonly SeenGate[]> {
    // One that is not informed is sent on by nobody who has not switched it since.
    const isThere = ({ state }: SeenGate): boolean =>
      state.informed && sameInstances(state.instances, order.instances);
    for (let round = 1; ; round += 1) {
      const seen = await withoutSilent(order, signal);
      const switched = seen.there.every(isThere)
        ? seen.there
        : await switchAll(await allHeld(seen, order, how, signal), order, signal);
      const back = await oneThatIsBack(switched, signal);
      if (!back) return switched;
      if (round === MOST_ROUNDS) throw refuse('GATE_AWAY', { log: back.log, url: back.url });
    }
  }

  return {
    followsMs: 0,
    state: async (signal) => asOne(await look(signal)),
    endKept: () => Promise.resolve(),
    async hold(order, signal) {
      const hold = (gate: OneGate, within: AbortSignal): Promise<GateState> => gate.hold(order, within);
      if (isAlone) return asOne(await give(all, hold, signal));
      const { there, gone } = await fenced(order, signal);
      const given = await give(there, hold, signal);
      return asOne({ there: given.there, gone: [...gone, ...given.gone] });
    },
    async send(order, signal, how = {}) {
      const send = (gate: OneGate, within: AbortSignal): Promise<GateState> => gate.send(order, within);
      if (isAlone) {
        await give(all, send, signal);
        return;
      }
      const { gone } = await give(await allSwitched(order, how, signal), send, signal);
      requireNoneSilent(gone);
    },
    async announce(notice, signal) {
      await each((await look(signal)).there, (gate) => gate.tellNext(notice, signal));
    },
    async tellShards(notice, signal) {
      if (isAlone) {
        await each(all, (gate) => gate.tellShards(notice, signal));
        return;
      }
      const { there } = await fenced(notice, signal);
      // One that was not given the last order, because it is new for example, is told by its own number.
      await allEnded(
        there.map(({ gate, state: { number } }) => gate.tellShards({ ...notice, number }, signal)),
      );
    },
    async writes(signal) {
      const { there, gone } = await look(signal);
      return gone.length > 0 ? null : together(there.map(({ state }) => state.writes));
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

/** What a gate answers, or that it does not. Any other refusal is thrown on. */
async function answered(
  { log, url }: OneGate,
  ask: (signal: AbortSignal) => Promise<GateState>,
  withinMs: number | null,
  signal: AbortSignal,
): Promise<{ readonly answer: GateState } | { readonly error: RefusalError }> {
  try {
    return { answer: await (withinMs === null ? ask(signal) : withinTime(withinMs, signal, ask)) };
  } catch (error) {
    signal.throwIfAborted();
    if (isRefusal(error, 'GATE_UNREACHABLE')) return { error };
    if (!(error instanceof TimeOver)) throw error;
    return { error: refuse('GATE_UNREACHABLE', { log, url, reason: error.words }, error) };
  }
}

/** Its lease has ended, and writes pass. */
function heals({ state }: SeenGate): boolean {
  return state.mode === 'healing' && state.informed;
}

/** Refuses GATE_UNREACHABLE where none has answered. */
function ofSome(seen: Seen): Seen {
  const [first] = seen.gone;
  if (seen.there.length === 0 && first) throw first.error;
  return seen;
}

/** Whether one that did not answer may be alive. */
function isSilent({ error }: GoneGate): boolean {
  return !isRefusedConnection(error);
}

/** Refuses GATE_UNREACHABLE where one may be alive. */
function requireNoneSilent(gone: readonly GoneGate[]): void {
  const silent = gone.find(isSilent);
  if (silent) throw silent.error;
}
