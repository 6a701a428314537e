import { sameInstances } from '../workflows/model/base-url';
import type { GateState } from './messages';
import type { GateMemory } from './orders';

/**
 * What a gate that is not informed can conclude from the other gates of its log: the last order of all, if it may serve by that.
 * Null while it may not.
 *
 * It rests on what gives the orders (activities/traffic/gate.ts). That switches every gate before it has one send writes on, and
 * leaves out none that may still serve. So:
 *
 * - What an informed gate says is not behind. Where none is informed, the furthest of all is the last order, if all say theirs.
 * - While one still holds, the hold may end at any moment, and elsewhere: nobody begins to serve.
 * - Once writes were sent on, every gate that serves was switched there.
 * - After a hold that no order has ended, writes may pass only when no gate serves by other instances. Else an entry that was
 *   written through one would be missing to a reader of the other (H16).
 *
 * @param states of all other gates; null for one that did not answer.
 */
export function conclude(own: GateMemory, states: readonly (GateState | null)[]): GateMemory | null {
  const answered = states.filter((state) => state !== null);
  const informed = answered.filter((state) => state.informed);
  const all = answered.length === states.length;
  if (informed.length === 0 && !all) return null;
  if (answered.some(({ mode }) => mode === 'hold')) return null;
  const memory = (informed.length > 0 ? informed : answered)
    .map(memoryOf)
    // Of what is equally far, what another gate says: it may have been told last.
    .reduce((furthest, other) => (isBehind(other, furthest) ? furthest : other), asHeld(own));
  const elsewhere = informed.filter((state) => !sameInstances(state.instances, memory.instances));
  if (elsewhere.some((state) => !isBehind(memoryOf(state), memory))) return null;
  const isAgreed = all && elsewhere.length === 0;
  const mayServe =
    memory.mode === 'pass' || isAgreed || informed.some((state) => isAsFar(memoryOf(state), memory));
  return mayServe ? withNumber(memory, [...answered, own]) : null;
}

/** Orders below the highest number of all stay refused, also where the gate that was told it did not know its instances by it. */
function withNumber(memory: GateMemory, of: readonly Pick<GateMemory, 'number' | 'attemptId'>[]): GateMemory {
  const { number, attemptId } = of.reduce((one, other) => (other.number > one.number ? other : one));
  if (number <= memory.number) return memory;
  return { ...memory, mode: 'hold', number, attemptId, asOf: memory.asOf ?? memory.number };
}

/** What a gate remembers, by its state. It heals only after a hold that no order has ended. */
function memoryOf({
  mode,
  instances,
  attemptId,
  number,
  shards,
  switching,
  leaseMs,
  asOf,
}: GateState): GateMemory {
  return asHeld({
    mode: mode === 'pass' ? 'pass' : 'hold',
    ...{ instances, attemptId, number, shards, switching, leaseMs, asOf },
  });
}

/**
 * One that came back after the hold, or of an order without one, passes what it was told by an earlier number. No write was
 * sent on by the number that it was told since.
 */
function asHeld(memory: GateMemory): GateMemory {
  return memory.switching === 'no' ? memory : { ...memory, mode: 'hold' };
}

/** Of one number the hold comes first, then the switch, then the order to send. */
function rankOf({ number, asOf, mode, switching }: GateMemory): readonly [number, number] {
  return [asOf ?? number, mode === 'pass' ? 2 : switching === 'done' ? 1 : 0];
}

function isBehind(one: GateMemory, other: GateMemory): boolean {
  const [[number, step], [otherNumber, otherStep]] = [rankOf(one), rankOf(other)];
  return number < otherNumber || (number === otherNumber && step < otherStep);
}

function isAsFar(one: GateMemory, other: GateMemory): boolean {
  return !isBehind(one, other) && !isBehind(other, one) && sameInstances(one.instances, other.instances);
}
