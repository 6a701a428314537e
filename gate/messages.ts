import type { LoadedShards } from '../workflows/model/shards';

/** What the gate is told and what it says: the bodies of its admin interface. Times in milliseconds. */

/** Which order this is. The gate refuses (409) an order with a lower number than the one it follows. */
export interface OrderIdentity {
  /** For people: `<rotation>/<attempt>`. */
  readonly rotation: string;
  readonly number: number;
}

/**
 * `PUT /order/hold`: from now on writes wait. Repeating it with the same number renews the lease and changes nothing
 * else; after a release with that number it is refused (409), so that a hold that lands late holds nobody.
 */
export interface HoldOrder extends OrderIdentity {
  /** When no order has come for this long, the gate stops holding and passes writes to the upstream it has. */
  readonly leaseMs: number;
}

/**
 * `PUT /order/release`: reads and writes go to `upstream`, held writes first; undo and exposure are the same order with
 * another upstream. Repeating it changes nothing. A release without a hold before it is allowed.
 */
export interface ReleaseOrder extends OrderIdentity {
  /** Base URL without a trailing slash. */
  readonly upstream: string;
  /**
   * What a Rekor there must have loaded: a write is sent only to a process that was found to have. Absent: what the gate
   * knows already if it sends there, else unknown, and nothing is asked.
   */
  readonly shards?: LoadedShards | undefined;
}

/**
 * `PUT /shards`: what the Rekor to which the gate sends must have loaded. No order: it changes nothing else. It says which
 * state its sender has seen, and is refused (409) when an order has come since, for that knows better.
 */
export interface ShardsNotice {
  /** As in the state that was seen. */
  readonly number: number;
  readonly upstream: string;
  /** Null takes back what the gate knows: then it asks nothing. */
  readonly shards: LoadedShards | null;
}

/**
 * `PUT /next`: where the order that holds writes will release them to, and what a Rekor there must have loaded. The gate
 * opens and proves a connection for each write that waits, so that none has to wait for its own after the release. No
 * order: nothing is sent there, nothing is saved, and the release may still send elsewhere. Refused (409) unless the order
 * with this number holds writes.
 */
export interface NextNotice {
  readonly number: number;
  readonly upstream: string;
  readonly shards: LoadedShards;
}

export type GateMode =
  /** Everything passes. */
  | 'pass'
  /** Writes wait. */
  | 'hold'
  /** A lease ended: writes pass to the upstream, and a refusing tree's 500 becomes 503 with Retry-After. */
  | 'healing';

/** `GET /state`, and the answer to every order. */
export interface GateState {
  readonly mode: GateMode;
  readonly upstream: string;
  readonly rotation: string | null;
  readonly number: number;
  /** Calls of writes to Rekor that have no answer yet, whether or not their client is still there (H2). */
  readonly writesInFlight: number;
  /** Writes with a body over the limit among them: they stream and are never resent (H14). */
  readonly streamsInFlight: number;
  /** Held, or broken under the hold and kept for the release (H13), or waiting for a Rekor that is proven. */
  readonly writesWaiting: number;
  /** What a Rekor must have loaded to be sent a write; null while the gate was not told. */
  readonly shards: LoadedShards | null;
  /** Why no write is sent to the Rekor that was asked last; null when writes are sent. */
  readonly unproven: string | null;
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
  readonly recovered: number;
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
