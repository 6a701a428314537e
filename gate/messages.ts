import type { LoadedShards } from '../workflows/model/shards';

/** What the gate is told and what it says: the bodies of its admin interface. Times in milliseconds. */

/** Which order this is. The gate refuses (409) an order with a lower number than the one it follows. */
export interface OrderIdentity {
  /** For people: `<rotationId>/<attempt>`. */
  readonly attemptId: string;
  readonly number: number;
}

/**
 * `PUT /order/hold`: from now on writes wait. Repeating it with the same number renews the lease and changes nothing
 * else; once its writes were sent on it is refused (409), so that a hold that lands late holds nobody.
 */
export interface HoldOrder extends OrderIdentity {
  /** When no order has come for this long, the gate stops holding and passes writes to the instances it has. */
  readonly leaseMs: number;
}

/**
 * The body of `PUT /order/switch`, too: reads go to these instances, and writes as well unless they wait, for those go on
 * waiting. So several gates are all switched before one of them sends a write: a client that reads through another gate
 * what it has just written finds it (H16).
 *
 * `PUT /order/send`: reads and writes go to these instances, held writes first; undo and exposure are the same order with
 * others. Repeating it changes nothing. One without a hold before it is allowed.
 */
export interface SendOrder extends OrderIdentity {
  /** Base URLs without a trailing slash, at least one. Each request goes to the least busy of them. */
  readonly instances: readonly string[];
  /**
   * What each of them must have loaded: a write is sent only to a process that was found to have. Absent: what the gate
   * knows already if it sends to exactly these, else unknown, and nothing is asked.
   */
  readonly shards?: LoadedShards | undefined;
}

/**
 * `PUT /shards`: what each instance to which the gate sends must have loaded. No order: it changes nothing else. It says which
 * state its sender has seen, and is refused (409) when an order has come since, for that knows better.
 */
export interface ShardsNotice {
  /** As in the state that was seen. */
  readonly number: number;
  readonly instances: readonly string[];
  /** Null takes back what the gate knows: then it asks nothing. */
  readonly shards: LoadedShards | null;
}

/**
 * `PUT /next`: where the order that holds writes will send them on to, and what each of these must have loaded. The gate
 * opens and proves a connection for each write that waits, so that none has to wait for its own afterwards. No
 * order: nothing is sent there, nothing is saved, and the hold may still end elsewhere. Refused (409) unless the order
 * with this number holds writes.
 */
export interface NextNotice {
  readonly number: number;
  readonly instances: readonly string[];
  readonly shards: LoadedShards;
}

export type GateMode =
  /** Everything passes. */
  | 'pass'
  /** Writes wait. */
  | 'hold'
  /** A lease ended: writes pass to the instances, and a refusing tree's 500 becomes 503 with Retry-After. */
  | 'healing';

/** `GET /state`, and the answer to every order. */
export interface GateState {
  readonly mode: GateMode;
  readonly instances: readonly string[];
  readonly attemptId: string | null;
  readonly number: number;
  /** Calls of writes to Rekor that have no answer yet, whether or not their client is still there (H2). */
  readonly writesInFlight: number;
  /** Writes with a body over the limit among them: they stream and are never resent (H14). */
  readonly streamsInFlight: number;
  /** Held, or broken under the hold and kept until it ends (H13), or waiting for a Rekor that is proven. */
  readonly writesWaiting: number;
  /** What a Rekor must have loaded to be sent a write; null while the gate was not told. */
  readonly shards: LoadedShards | null;
  /** The instances that are sent no write, and why; those that were not asked yet are none of them. */
  readonly unproven: readonly { readonly instance: string; readonly reason: string }[];
  /** Of all bodies in memory that wait or come in, and of answers that their clients have not read. */
  readonly bodyMemoryBytes: number;
  /** Of all bodies in the spool directory. */
  readonly spooledBytes: number;
  /** What the hold with this number did to writes; null before the first hold. */
  readonly hold: HoldFigures | null;
}

export interface HoldFigures {
  readonly number: number;
  /**
   * From the arrival of the first held or refused write to the first acknowledgement of a write that arrived at or
   * after it; null while there is none.
   */
  readonly stallMs: number | null;
  /** Of any write: from its body being complete to its being sent on or refused. */
  readonly longestWaitMs: number;
  /** New writes that waited. */
  readonly held: number;
  /** Writes that waited and were not sent on in time, and those that a closed tree refused after the lease had ended. */
  readonly refused: number;
  /** Writes whose first call broke under the hold and that were answered 201 all the same (H13). */
  readonly resent: number;
  /** Writes whose client left while they waited (H17). */
  readonly dropped: number;
}

/** Body of every admin answer with a status of 400 or more. */
export interface GateRefusal {
  readonly code:
    | 'UNAUTHORIZED'
    /** The gate cannot read its token, so it knows nobody (status 500); worth another try. */
    | 'TOKEN_UNREADABLE'
    | 'NOT_FOUND'
    | 'ORDER_INVALID'
    | 'ORDER_TOO_LOW'
    | 'ORDER_ENDED'
    /** An order has come since the state that a notice is about (status 409). */
    | 'NOTICE_OUTDATED'
    /** The disk did not take it, so it was not obeyed (status 500); worth another try. */
    | 'STATE_NOT_SAVED';
  readonly message: string;
  readonly state?: GateState;
}
