import { rule, type GateMemory, type Order } from '../../gate/orders';
import { refuse } from '../errors/refusal-error';
import type { PlannedTraffic, Traffic, TrafficState } from './traffic';

/** What is remembered of the orders where no gate remembers them, and for how long the last one holds. */
export interface KeptFence extends GateMemory {
  /** Milliseconds since the epoch. */
  readonly heldUntilMs: number;
}

/** Where the fence is kept: beside the log, so that every worker finds the same one. */
export interface FenceKeeper {
  read(signal: AbortSignal): Promise<KeptFence>;
  /** Rejects, and changes nothing, when what is kept is no longer what was read. */
  replace(read: KeptFence, by: KeptFence, signal: AbortSignal): Promise<void>;
}

/**
 * Nothing stands before Rekor that could let writes wait. Orders move no request: they are only followed or refused, and
 * remembered, so that the steps and their fencing are those of every other rotation.
 */
export function noTraffic(keeper: FenceKeeper): Traffic {
  async function follow(order: Order, heldUntilMs: number, signal: AbortSignal): Promise<TrafficState> {
    const kept = await keeper.read(signal);
    const ruling = rule(kept, order);
    if (!ruling.accepted) {
      const { number } = order.order;
      throw refuse('GATE_ORDER_REFUSED', { number, has: kept.number, mode: stateOf(kept).mode });
    }
    const next = { ...ruling.memory, heldUntilMs };
    await keeper.replace(kept, next, signal);
    return stateOf(next);
  }

  return {
    state: async (signal) => stateOf(await keeper.read(signal)),
    hold: (order, signal) => follow({ kind: 'hold', order }, Date.now() + order.leaseMs, signal),
    async send(order, signal) {
      await follow({ kind: 'send', order }, 0, signal);
    },
    announce: () => Promise.resolve(),
    tellShards: () => Promise.resolve(),
    writes: () => Promise.resolve(null),
    words: async (planned) => ({
      hold: 'nothing can hold new writes: they go on until the current tree is closed',
      expose: `from here on clients may be sent to ${planned.next}; nothing that this rotation orders does so`,
      fails: await refusedWrites(planned),
    }),
    byHand: { send: () => [] },
  };
}

function stateOf({ mode, heldUntilMs, instances, attemptId, number, shards }: KeptFence): TrafficState {
  return {
    mode: mode === 'hold' && heldUntilMs < Date.now() ? 'healing' : mode,
    ...{ instances, attemptId, number, writesInFlight: 0, streamsInFlight: 0 },
    ...{ shards: [shards], unproven: [], hold: null },
  };
}

async function refusedWrites({ criticalSectionMs, writesPerSecond }: PlannedTraffic): Promise<string> {
  const seconds = criticalSectionMs / 1000;
  const perSecond = await writesPerSecond();
  const which = `Rekor answers every write between the closing of the current tree and the opening of the next one with 500, for at most ${seconds} s`;
  if (perSecond === null) return `${which}; the log has too few entries to say how many that will be.`;
  const most = Math.ceil(perSecond * seconds);
  return `${which}. Of late there were ${perSecond.toPrecision(2)} writes a second: expect up to ${most} to fail.`;
}
