import type {
  GateState,
  HoldOrder,
  NextNotice,
  OrderIdentity,
  SendOrder,
  ShardsNotice,
  WritesCounted,
} from '../../gate/messages';
import type { Refusal } from '../../workflows/model/refusals';
import type { LoadedShards } from '../../workflows/model/shards';
import type { TrafficKind, TrafficWords } from '../../workflows/model/traffic';

/**
 * THE PORT: what decides which instances of a log clients reach. One adapter for each kind: write gates (gate.ts), or
 * something that leads clients and cannot let a write wait (service.ts).
 *
 * Orders are numbered, and the largest number fences: what carries a lower one is refused with GATE_ORDER_REFUSED. Every
 * method states an end and may be repeated.
 */
export interface Traffic {
  /** After a send, for how long a new connection may still end where it led before; milliseconds. Behind a gate none does. */
  readonly followsMs: number;

  state(signal: AbortSignal): Promise<TrafficState>;

  /** From the answer on writes wait; repeated, it renews the lease. */
  hold(order: HoldOrder, signal: AbortSignal): Promise<TrafficState>;

  /**
   * From the answer on everything goes to the instances of the order, writes that wait first. Meanwhile writes wait, unless it is from
   * one place to another of the same shards, whose tree takes the writes of both.
   */
  send(order: SendOrder, signal: AbortSignal, how?: HowSent): Promise<void>;

  /**
   * From the answer on no connection that a client has kept since before the send of this order ends anywhere else than there.
   * Nothing has to be done behind a gate, which sends each request.
   */
  endKept(order: OrderIdentity, signal: AbortSignal): Promise<void>;

  /** Where the writes that wait will be sent. Refused when the order of the notice holds no writes. */
  announce(notice: NextNotice, signal: AbortSignal): Promise<void>;

  /** From the answer on writes go only to a Rekor that has loaded these shards. Refused when an order has come since. */
  tellShards(notice: ShardsNotice, signal: AbortSignal): Promise<void>;

  /** How many writes have come by now; null where nothing counts them. */
  writes(signal: AbortSignal): Promise<CountedWrites | null>;

  /** What a plan says of a rotation with this traffic. Reads only. */
  words(of: PlannedTraffic): Promise<TrafficWords>;

  /** What a person does in a shell to give the order: lines in which nothing looks before it acts. */
  readonly byHand: { send(order: SendOrder, signal: AbortSignal): Promise<readonly string[]> };
}

/** How clients are moved from one place to another. */
export interface HowSent {
  /** Both places serve the same shards. */
  readonly sameShards?: boolean;
}

/** Of several gates, the worst of all. */
export interface TrafficState extends Pick<
  GateState,
  | 'instances'
  | 'attemptId'
  | 'number'
  | 'writesInFlight'
  | 'streamsInFlight'
  | 'writesWaiting'
  | 'unproven'
  | 'hold'
> {
  readonly by: TrafficKind;
  /** `healing`: a lease has ended, or gates do not agree. */
  readonly mode: GateState['mode'];
  /** The gates that do not answer, or serve nobody. */
  readonly away: readonly AwayGate[];
  /** What is known of what a Rekor must have loaded, by each gate; null by one that was not told. Empty without a gate. */
  readonly shards: readonly (LoadedShards | null)[];
}

/** A gate that does not answer, or serves nobody. */
export interface AwayGate {
  /** What speaks against it. */
  readonly refusal: Refusal;
  /** Whether it may serve clients all the same: it is silent, and not dead. */
  readonly mayServe: boolean;
}

/** Writes that were counted since the processes that count them began. */
export interface CountedWrites extends Pick<WritesCounted, 'accepted' | 'failed' | 'callMs' | 'calls'> {
  /** When each of them began, ISO 8601. Another process counts anew. */
  readonly since: readonly string[];
}

export interface PlannedTraffic {
  /** The next release, for people: `slot green at http://...`. */
  readonly next: string;
  readonly criticalSectionMs: number;
  /** How many entries a second clients have written of late; null when there are too few to tell. */
  readonly writesPerSecond: () => Promise<number | null>;
}
