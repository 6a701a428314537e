import type { HoldOrder, SendOrder } from '../../gate/messages';
import type { Order } from '../../gate/orders';
import { pause } from '../bounds/waiting';
import { modeOf, passFence, type FenceKeeper, type KeptFence } from './fence';
import { refusedWrites } from './refused-writes';
import type { Traffic, TrafficState } from './traffic';

/** What leads clients to one release, such as the selector of a Service: only where new connections end. */
export interface LedClients {
  /** For people: which object it is. */
  readonly name: string;
  /** From a move until no new connection ends where it led before, at most; milliseconds. */
  readonly followsMs: number;

  /** Base URLs that clients are led to. Refuses CHANGED_BY_SOMEONE where somebody else leads them elsewhere. */
  instances(signal: AbortSignal): Promise<readonly string[]>;

  /**
   * From the answer on no move by an earlier order can land any more, however late it was sent.
   *
   * @param stillFollows is asked after what a change goes by was read, and before it is sent: rejects where a later order came.
   */
  stamp(number: number, stillFollows: StillFollows, signal: AbortSignal): Promise<void>;

  /** New connections end at the instances of the order. Refuses SENT_ELSEWHERE, and CHANGED_BY_SOMEONE with nothing changed. */
  lead(order: SendOrder, stillFollows: StillFollows, signal: AbortSignal): Promise<void>;

  /**
   * Ends what keeps connections from before the last move.
   *
   * @returns false, with nothing ended, where clients are led to what stands between rotations.
   */
  endKept(signal: AbortSignal): Promise<boolean>;

  /** What a person does in a shell to lead them there. */
  byHand(order: SendOrder, signal: AbortSignal): Promise<readonly string[]>;
}

export type StillFollows = () => Promise<void>;

/**
 * Nothing stands before Rekor that could let a write wait: clients are led from one release to the other, and what they write
 * between the closing of the current tree and their arrival fails. The fence is that of a gate, kept beside the log.
 *
 * The next tree is opened before clients are led there, as behind a gate. Neither order breaks rule 2 or 3: the current tree
 * is FROZEN by then, so what still arrives there is refused. But clients that arrive before the opening would write in the same
 * moment as it: then one of their entries, and not the handover leaf, may be the next tree's first, unproven; and there would
 * be no way back from the very opening. What it costs is the handover leaf's way through the signer, about a tenth of a second
 * of refused writes, beside up to a second that new connections take to follow anyway.
 *
 * An order is three changes: the fence takes its number, clients are led, the fence says that they are. A process may die
 * between any two. While the fence says `hold` somebody has to go on or back; `pass` is said last, because whoever recovers
 * takes it for done. What leads clients is another object than the fence: so each order stamps it, which makes every change
 * land in vain that was sent by what was read before.
 */
export function serviceTraffic(fence: FenceKeeper, clients: LedClients): Traffic {
  const { followsMs } = clients;

  // The fence first: where it says that clients were led, they were.
  async function state(signal: AbortSignal): Promise<TrafficState> {
    const { kept } = await fence.read(signal);
    return stateOf(kept, await clients.instances(signal));
  }

  const followed = (order: Order, signal: AbortSignal): StillFollows => {
    return async () => {
      await passFence(fence, order, () => undefined, signal);
    };
  };

  async function hold(order: HoldOrder, signal: AbortSignal): Promise<TrafficState> {
    const taken: Order = { kind: 'hold', order };
    const heldUntilMs = Date.now() + order.leaseMs;
    await passFence(fence, taken, (kept) => taking(kept, order, heldUntilMs), signal);
    await clients.stamp(order.number, followed(taken, signal), signal);
    return await state(signal);
  }

  async function send(order: SendOrder, signal: AbortSignal): Promise<void> {
    const taken: Order = { kind: 'send', order };
    const isNew = (kept: KeptFence): boolean => kept.number !== order.number;
    const before = await passFence(
      fence,
      taken,
      (kept) => (isNew(kept) ? taking(kept, order, Date.now()) : undefined),
      signal,
    );
    // What was done by this number before has stamped it already.
    if (isNew(before) || before.mode === 'hold') {
      await clients.stamp(order.number, followed(taken, signal), signal);
    }
    await clients.lead(order, followed(taken, signal), signal);
    await passFence(
      fence,
      taken,
      (kept) => (kept.mode === 'pass' ? undefined : { ...kept, mode: 'pass', heldUntilMs: 0 }),
      signal,
    );
  }

  return {
    followsMs,
    state,
    hold,
    send,
    announce: () => Promise.resolve(),
    tellShards: () => Promise.resolve(),
    writes: () => Promise.resolve(null),

    async endKept(order, signal) {
      const { kept } = await fence.read(signal);
      if (kept.number > order.number || kept.keptHaveEnded) return;
      // Whoever asks for a connection until then may get one to what is ended here.
      await pause(followsMs, signal);
      if (!(await clients.endKept(signal))) return;
      await passFence(
        fence,
        { kind: 'send', order: { ...order, instances: [] } },
        (now) => (now.keptHaveEnded ? undefined : { ...now, keptHaveEnded: true }),
        signal,
      );
    },

    words: async (planned) => ({
      hold: 'hold nothing: no gate stands before Rekor, so writes go on until the current tree is closed',
      expose: `lead new connections of clients to ${planned.next}, by the selector of ${clients.name}`,
      fails: await refusedWrites(planned, followsMs),
    }),
    byHand: { send: (order, signal) => clients.byHand(order, signal) },
  };
}

/** An order has come; of its hold, if it is one, so much. */
function taking(
  kept: KeptFence,
  { attemptId, number }: Pick<HoldOrder, 'attemptId' | 'number'>,
  heldUntilMs: number,
): KeptFence {
  const keptHaveEnded = kept.number === number && kept.keptHaveEnded;
  return { mode: 'hold', attemptId, number, heldUntilMs, keptHaveEnded };
}

function stateOf(kept: KeptFence, instances: readonly string[]): TrafficState {
  const { attemptId, number } = kept;
  return {
    ...{ by: 'service', mode: modeOf(kept), instances, attemptId, number },
    ...{ writesInFlight: 0, streamsInFlight: 0, writesWaiting: 0 },
    ...{ away: [], shards: [], unproven: [], hold: null },
  };
}
