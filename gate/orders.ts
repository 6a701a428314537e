import { sameInstances } from '../workflows/model/base-url';
import type { LoadedShards } from '../workflows/model/shards';
import type {
  BeginOrder,
  GateRefusal,
  HoldOrder,
  NextNotice,
  SendOrder,
  ShardsNotice,
  Switching,
} from './messages';

/** What the gate remembers of its orders: in memory and in its state file. */
export interface GateMemory {
  readonly mode: 'pass' | 'hold';
  readonly instances: readonly string[];
  readonly attemptId: string | null;
  readonly number: number;
  /** What each of them must have loaded; null when that is unknown. */
  readonly shards: LoadedShards | null;
  /**
   * Since the last order to send. `begun`: it was told that all gates are about to be switched, as each is before one of them
   * is; so another one may have been. `done`: it was switched itself.
   */
  readonly switching: Switching;
  /** The longest lease of a hold that no order has ended; 0 without one. Milliseconds. */
  readonly leaseMs: number;
  /** The number by which it knew its instances, where that is a lower one: it was not informed when it was told `number`. */
  readonly asOf?: number | undefined;
}

export type Order =
  | { readonly kind: 'hold'; readonly order: HoldOrder }
  | { readonly kind: 'begin'; readonly order: BeginOrder }
  | { readonly kind: 'switch' | 'send'; readonly order: SendOrder };

export type Ruling =
  | { readonly accepted: true; readonly memory: GateMemory }
  | {
      readonly accepted: false;
      readonly code: Extract<GateRefusal['code'], `ORDER_${string}` | 'NOTICE_OUTDATED'>;
      readonly message: string;
    };

/**
 * Does this order follow the ones before it, and how does the gate stand after it? Numbers never fall, so an order that
 * lands late changes nothing; a hold is over for good with the order to send that has its number, so one that lands after it
 * holds nobody. Orders to send of one number may differ: the undo after an exposure is one, and the last one stands.
 *
 * @param informed whether the gate knows the last order of all gates. One that does not, with an older state file for example, is not
 *   known to be right about its instances by the number that it is told.
 */
export function rule(memory: GateMemory, { kind, order }: Order, informed = true): Ruling {
  const who = `order ${order.number} of ${order.attemptId}`;
  const follows = `the gate follows order ${memory.number} of ${memory.attemptId ?? 'nobody'}`;
  if (order.number < memory.number) {
    return { accepted: false, code: 'ORDER_TOO_LOW', message: `${who} comes too late: ${follows}` };
  }
  const known = memory.asOf ?? memory.number;
  const asOf = informed || order.number === known ? undefined : known;
  // A switch by a lower number says only that there may have been one.
  const carried =
    asOf === undefined && order.number > known && memory.switching === 'done' ? 'begun' : memory.switching;
  if (kind === 'begin') {
    const switching = carried === 'done' ? 'done' : 'begun';
    const { attemptId, number } = order;
    return { accepted: true, memory: { ...memory, attemptId, number, switching, asOf } };
  }
  if (kind !== 'hold') {
    const { instances, attemptId, number } = order;
    const stays = sameInstances(instances, memory.instances);
    const shards = order.shards ?? (stays ? memory.shards : null);
    const mode = kind === 'send' ? 'pass' : memory.mode;
    const leaseMs = kind === 'send' ? 0 : memory.leaseMs;
    // A switch that lands after its order to send changes nothing.
    const isOver = memory.mode === 'pass' && memory.switching === 'no' && number === memory.number && stays;
    const switching = kind === 'switch' && !isOver ? 'done' : 'no';
    return { accepted: true, memory: { mode, instances, attemptId, number, shards, switching, leaseMs } };
  }
  if (order.number === memory.number && memory.mode === 'pass') {
    return {
      accepted: false,
      code: 'ORDER_ENDED',
      message: `the writes of ${who} were sent on already: ${follows}`,
    };
  }
  if (order.number === memory.number && order.attemptId !== memory.attemptId) {
    return {
      accepted: false,
      code: 'ORDER_TOO_LOW',
      message: `${who} has a number that is taken: ${follows}`,
    };
  }
  const { attemptId, number } = order;
  const { instances, shards } = memory;
  // What was begun by a lower number is over: it passes writes.
  const switching = informed && memory.mode === 'pass' ? 'no' : carried;
  const leaseMs = memory.mode === 'hold' ? Math.max(memory.leaseMs, order.leaseMs) : order.leaseMs;
  return {
    accepted: true,
    memory: { mode: 'hold', instances, attemptId, number, shards, switching, leaseMs, asOf },
  };
}

/** Is this notice about how the gate stands? Whoever sent it may have looked before an order that knows better. */
export function note(memory: GateMemory, { number, instances, shards }: ShardsNotice): Ruling {
  if (number === memory.number && sameInstances(instances, memory.instances))
    return { accepted: true, memory: { ...memory, shards } };
  const message =
    `these shards are those of ${instances.join(', ')} after order ${number}: ` +
    `the gate sends to ${memory.instances.join(', ')} and follows order ${memory.number}`;
  return { accepted: false, code: 'NOTICE_OUTDATED', message };
}

/** Is this notice about the order that holds writes? What it says is of no use before one, and too late after it. */
export function noteNext(memory: GateMemory, { number, instances }: NextNotice): Ruling {
  if (number === memory.number && memory.mode === 'hold') return { accepted: true, memory };
  const message =
    `${instances.join(', ')} is where the writes go that order ${number} holds: ` +
    `the gate follows order ${memory.number}, mode ${memory.mode}`;
  return { accepted: false, code: 'NOTICE_OUTDATED', message };
}
