import { z } from 'zod';
import { canonicalUrl, ORIGIN } from '../workflows/model/base-url';
import { LARGEST_NUMBER } from '../workflows/model/fencing';
import type { LoadedShards } from '../workflows/model/shards';

/** What the gate is told and what it says: the bodies of its admin interface. Times in milliseconds. */

const count = z.int().nonnegative();

/** `http://host:port`: a Rekor. No path, so that requests go on exactly as they came. In one spelling in the result. */
const instanceUrl = z
  .string()
  .refine((text) => ORIGIN.test(text) && URL.canParse(text), {
    error: 'must be http(s)://HOST:PORT without user, path and query',
  })
  .transform(canonicalUrl);

/** A set of Rekors: each once, and in one order, since theirs means nothing. */
export const instanceUrls = z
  .array(instanceUrl)
  .min(1)
  .max(1_000)
  .transform((urls): readonly string[] => [...new Set(urls)].sort());

const treeId = z.string().regex(/^[1-9]\d*$/, 'must be a tree id in decimal, as a text');

/** What a Rekor must have loaded. */
export const loadedShards: z.ZodType<LoadedShards> = z.strictObject({
  activeTreeId: treeId,
  inactive: z.array(z.strictObject({ treeId, length: count })).max(10_000),
});

/** Which order this is. The gate refuses (409) an order with a lower number than the one it follows. */
const orderIdentity = z.strictObject({
  /** For people: `<rotationId>/<attempt>`. */
  attemptId: z.string().min(1).max(200),
  number: count.max(LARGEST_NUMBER),
});
export type OrderIdentity = Readonly<z.infer<typeof orderIdentity>>;

/** Ten minutes: far beyond any critical section, so a larger one is a mistake of units. */
const LONGEST_LEASE_MS = 600_000;

/**
 * `PUT /order/hold`: from now on writes wait. Repeating it with the same number renews the lease and changes nothing
 * else; once its writes were sent on it is refused (409), so that a hold that lands late holds nobody.
 */
export const holdOrder = orderIdentity.extend({
  /** When no order has come for this long, the gate stops holding and passes writes to the instances it has. */
  leaseMs: z.int().min(1).max(LONGEST_LEASE_MS),
});
export type HoldOrder = Readonly<z.infer<typeof holdOrder>>;

/**
 * `PUT /order/begin`: all gates of the log are about to be switched. It moves nothing. Each is told before one is switched, so
 * one that was not told says that none was.
 */
export const beginOrder = orderIdentity;
export type BeginOrder = OrderIdentity;

/**
 * The body of `PUT /order/switch`, too: reads go to these instances, and writes as well unless they wait, for those go on
 * waiting. So several gates are all switched before one of them sends a write: a client that reads through another gate
 * what it has just written finds it (H16).
 *
 * `PUT /order/send`: reads and writes go to these instances, held writes first; undo and exposure are the same order with
 * others. Repeating it changes nothing. One without a hold before it is allowed. One of several gates that is not informed refuses it
 * (409) unless it was held, told or switched by this number since: what lands late sends nobody to where the others went before.
 */
export const sendOrder = orderIdentity.extend({
  /** Base URLs without a trailing slash, at least one. Each request goes to the least busy of them. */
  instances: instanceUrls,
  /**
   * What each of them must have loaded: a write is sent only to a process that was found to have. Absent: what the gate
   * knows already if it sends to exactly these, else unknown, and nothing is asked.
   */
  shards: loadedShards.optional(),
});
export type SendOrder = Readonly<z.infer<typeof sendOrder>>;

/**
 * `PUT /shards`: what each instance to which the gate sends must have loaded. No order: it changes nothing else. It says which
 * state its sender has seen, and is refused (409) when an order has come since, for that knows better.
 */
export const shardsNotice = z.strictObject({
  /** As in the state that was seen. */
  number: orderIdentity.shape.number,
  instances: instanceUrls,
  /** Null takes back what the gate knows: then it asks nothing. */
  shards: loadedShards.nullable(),
});
export type ShardsNotice = Readonly<z.infer<typeof shardsNotice>>;

/**
 * `PUT /next`: where the order that holds writes will send them on to, and what each of these must have loaded. The gate
 * opens and proves a connection for each write that waits, so that none has to wait for its own afterwards. No
 * order: nothing is sent there, nothing is saved, and the hold may still end elsewhere. Refused (409) unless the order
 * with this number holds writes.
 */
export const nextNotice = shardsNotice.extend({ shards: loadedShards });
export type NextNotice = Readonly<z.infer<typeof nextNotice>>;

/** What is wrong with an order, each with its field, on one line. */
export function problems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'order'}: ${issue.message}`).join('; ');
}

/** What the hold with this number did to writes. */
export const holdFigures = z.object({
  number: count,
  /**
   * From the arrival of the first held or refused write to the first acknowledgement of a write that arrived at or
   * after it; null while there is none.
   */
  stallMs: z.number().nonnegative().nullable(),
  /** Of any write: from its body being complete to its being sent on or refused. */
  longestWaitMs: z.number().nonnegative(),
  /** New writes that waited. */
  held: count,
  /**
   * Writes that waited and were not sent on in time, those that a closed tree refused after the lease had ended, and those that
   * were turned away.
   */
  refused: count,
  /**
   * Those of the refused that were answered at once, because there was no room for one more in the gate: by number or by size. A
   * gate of an earlier version counts none.
   */
  turnedAway: count.default(0),
  /** Writes whose first call broke under the hold and that were answered 201 all the same (H13). */
  resent: count,
  /** Writes whose client left while they waited (H17). */
  dropped: count,
});
export type HoldFigures = Readonly<z.infer<typeof holdFigures>>;

/**
 * `pass`: everything passes. `hold`: writes wait. `healing`: a lease ended; writes pass to the instances, and a refusing tree's
 * 500 becomes 503 with Retry-After.
 */
const gateMode = z.enum(['pass', 'hold', 'healing']);
export type GateMode = z.infer<typeof gateMode>;
export const gateModes: readonly GateMode[] = gateMode.options;

/** What became of writes since the gate's process began. The process is another one when `since` is. */
export const writesCounted = z.object({
  /** When it began, ISO 8601. */
  since: z.iso.datetime(),
  /** Answered 201. */
  accepted: count,
  /** Answered 499 or 5xx, by Rekor or the gate: by no fault of their clients. */
  failed: count,
  /**
   * The median of the last hundred calls of writes to Rekor that were answered 201; null before the first, and where a gate of
   * another version does not say.
   */
  callMs: z.number().nonnegative().nullable().default(null),
  /**
   * Calls of writes to Rekor: those that it answered, with whatever status, and those that broke once something of them was sent.
   * Null where a gate of another version does not say.
   */
  calls: z.object({ answered: count, broken: count }).nullable().default(null),
});
export type WritesCounted = Readonly<z.infer<typeof writesCounted>>;

/** How far a gate was switched: GateMemory in orders.ts says what each means. */
export const switching = z.enum(['no', 'begun', 'done']);
export type Switching = z.infer<typeof switching>;

/**
 * `GET /state`, and the answer to every order. What has a default is not said by gates of earlier versions, which stood alone.
 */
export const gateState = z.object({
  /** Another one for each process: a gate that asks all gates of its log knows itself by it. */
  process: z.string().default(''),
  mode: gateMode,
  /** Whether it knows the last order that any gate of its log was given. While it does not, it serves nobody. */
  informed: z.boolean().default(true),
  /** How far it was switched since the last order to send. */
  switching: switching.default('no'),
  /** The longest lease of a hold that no order has ended; 0 without one. */
  leaseMs: count.default(0),
  /** The number by which it knew its instances, where that is a lower one. */
  asOf: count.optional(),
  instances: z.array(z.string()).readonly(),
  attemptId: z.string().nullable(),
  number: count,
  /** Calls of writes to Rekor that have no answer yet, whether or not their client is still there (H2). */
  writesInFlight: count,
  /** Writes with a body over the limit among them: they stream and are never resent (H14). */
  streamsInFlight: count,
  /** Held, or broken under the hold and kept until it ends (H13), or waiting for a Rekor that is proven. */
  writesWaiting: count,
  /** What a Rekor must have loaded to be sent a write; null while the gate was not told. */
  shards: loadedShards.nullable(),
  /** The instances that are sent no write, and why; those that were not asked yet are none of them. */
  unproven: z.array(z.object({ instance: z.string(), reason: z.string() })).readonly(),
  /** Of all bodies in memory that wait or come in, and of answers that their clients have not read. */
  bodyMemoryBytes: count,
  /** Of all bodies in the spool directory. */
  spooledBytes: count,
  /** Null before the first hold. */
  hold: holdFigures.nullable(),
  /** Null where a gate of another version does not say. */
  writes: writesCounted.nullable().default(null),
});
export type GateState = Readonly<z.infer<typeof gateState>>;

/** Body of every admin answer with a status of 400 or more. */
export const gateRefusal = z.object({
  code: z.enum([
    'UNAUTHORIZED',
    // The gate cannot read its token, so it knows nobody (status 500); worth another try.
    'TOKEN_UNREADABLE',
    'NOT_FOUND',
    'ORDER_INVALID',
    'ORDER_TOO_LOW',
    'ORDER_ENDED',
    // An order has come since the state that a notice is about (status 409).
    'NOTICE_OUTDATED',
    // The disk did not take it, so it was not obeyed (status 500); worth another try.
    'STATE_NOT_SAVED',
  ]),
  message: z.string(),
  state: gateState.optional(),
});
export type GateRefusal = Readonly<z.infer<typeof gateRefusal>>;
