import type { GateState, HoldFigures, WritesCounted } from '../../gate/messages';
import { refusal } from '../../workflows/model/refusals';
import { innermostCode } from '../errors/error-reason';
import type { RefusalError } from '../errors/refusal-error';
import type { OneGate } from './one-gate';
import type { CountedWrites, TrafficState } from './traffic';

/** One that answered. */
export interface SeenGate {
  readonly gate: OneGate;
  readonly state: GateState;
}

/** One that did not. */
export interface GoneGate {
  readonly gate: OneGate;
  readonly error: RefusalError;
}

export interface Seen {
  readonly there: readonly SeenGate[];
  readonly gone: readonly GoneGate[];
}

/** Whether no process listens at the address of a gate: it is dead. */
export function isRefusedConnection(error: RefusalError): boolean {
  return innermostCode(error) === 'ECONNREFUSED';
}

/** What all have counted, and the longest time; null when one of them does not say. */
export function together(counted: readonly (WritesCounted | null)[]): CountedWrites | null {
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

/**
 * The worst of all that answer. The numbers of what waits and goes on are sums, as if one gate had taken all requests. What one
 * says of itself that serves nobody, because it is not informed, counts only where all are so.
 */
export function asOne({ there, gone }: Seen): TrafficState {
  const informed = there.filter(({ state }) => state.informed);
  const states = (informed.length > 0 ? informed : there).map(({ state }) => state);
  const latest = states.reduce((one, other) => (other.number > one.number ? other : one));
  const sum = (of: (state: GateState) => number): number =>
    there.reduce((total, { state }) => total + of(state), 0);
  const uninformed = there
    .filter(({ state }) => !state.informed)
    .map(({ gate: { log, url } }) => ({
      refusal: refusal('GATE_UNINFORMED', { log, url }),
      mayServe: false,
    }));
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
    hold: figuresOf(there.map(({ state }) => state)),
    away: [
      ...gone.map(({ gate: { log, url }, error }) => ({
        refusal: refusal('GATE_AWAY', { log, url }),
        mayServe: !isRefusedConnection(error),
      })),
      ...uninformed,
    ],
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
