import { rule, type GateMemory, type Order } from '../../gate/orders';
import { isRefusal, refuse } from '../errors/refusal-error';

/** What is remembered of the orders where no gate remembers them. */
export interface KeptFence extends Pick<GateMemory, 'mode' | 'attemptId' | 'number'> {
  /** How long the last hold is good for, in milliseconds since the epoch. */
  readonly heldUntilMs: number;
  /** Whether no connection is left, since this order, to what clients were led to before. */
  readonly keptHaveEnded: boolean;
}

/** Where the fence is kept: beside the log, so that every worker finds the same one. */
export interface FenceKeeper {
  /** For people: which object it is. */
  readonly name: string;
  read(signal: AbortSignal): Promise<ReadFence>;
}

export interface ReadFence {
  readonly kept: KeptFence;
  /** Refuses CLUSTER_CONFLICT, and changes nothing, when what is kept is no longer what was read. */
  replace(by: KeptFence, signal: AbortSignal): Promise<void>;
}

/** The fence before any order. */
export const noOrderYet: KeptFence = {
  ...{ mode: 'pass', attemptId: null, number: 0 },
  ...{ heldUntilMs: 0, keptHaveEnded: false },
};

/**
 * Lets one order through the fence, or refuses it as a write gate would: numbers never fall, and a hold is over for good with
 * the order to send of its number.
 *
 * @param next what is remembered of it, from what was remembered before; undefined where that may stay.
 * @returns what was remembered before.
 * @throws GATE_ORDER_REFUSED
 */
export async function passFence(
  keeper: FenceKeeper,
  order: Order,
  next: (kept: KeptFence) => KeptFence | undefined,
  signal: AbortSignal,
): Promise<KeptFence> {
  for (;;) {
    signal.throwIfAborted();
    const read = await keeper.read(signal);
    const { kept } = read;
    requireFollows(keeper, kept, order);
    const changed = next(kept);
    if (changed === undefined) return kept;
    try {
      await read.replace(changed, signal);
      return kept;
    } catch (error) {
      // Another order was faster, and decides whether this one still follows.
      if (!isRefusal(error, 'CLUSTER_CONFLICT')) throw error;
    }
  }
}

function requireFollows({ name }: FenceKeeper, kept: KeptFence, order: Order): void {
  if (!rule({ ...kept, instances: [], shards: null, switching: 'no', leaseMs: 0 }, order).accepted) {
    const { number } = order.order;
    throw refuse('GATE_ORDER_REFUSED', { number, has: kept.number, mode: modeOf(kept), by: name });
  }
}

/** `healing`: its lease has ended, and no order came after it. */
export function modeOf({ mode, heldUntilMs }: KeptFence): 'pass' | 'hold' | 'healing' {
  return mode === 'hold' && heldUntilMs < Date.now() ? 'healing' : mode;
}
