import type { OrderIdentity } from '../../gate/messages';
import type { AttemptInput, CriticalInput, ExposedInput } from '../../workflows/model/actions';
import { holdLeaseMs, UNDO_LEASE_MS } from '../../workflows/model/deadlines';
import type { Release } from '../../workflows/model/installation';
import { attemptIdOf } from '../../workflows/model/mark';
import { fenceOf, type AttemptIdentity } from '../../workflows/model/fencing';
import type { FrozenTree } from '../../workflows/model/next-tree';
import { afterRotation, type LoadedShards } from '../../workflows/model/shards';
import { OwnWords } from '../errors/own-words';
import { foundOrRefused, isRefusal, refuse, RefusalError, unlessRefused } from '../errors/refusal-error';
import type { HowSent, TrafficState } from '../traffic/traffic';
import { pause } from '../bounds/waiting';
import type { Act } from './act';
import { livesOnNext } from './ownership';

/** How often traffic is asked whether a write is still in flight, in milliseconds. */
const LOOK_EVERY_MS = 5;

/** Uploads too large to be sent again may take this share of the section's time; then the freeze decides about them (H14). */
const STREAMS_SHARE = 0.4;

/** An attempt whose current tree has ended. */
export interface FrozenAttempt extends AttemptInput {
  readonly frozen: FrozenTree;
}

/** One whose clients are sent, or are to be, to this release with the next tree. */
export interface ExposedTo extends FrozenAttempt {
  readonly of: Release;
}

/**
 * New writes wait. Writes in flight are not waited for: Rekor answers them once the current tree has them, which the drain
 * proves itself, and what that tree refuses meanwhile the gate looks up and sends again (H13). Two kinds are waited for: uploads
 * too large to be sent again, and all writes where the start of the next release ends what answers them.
 *
 * @throws WRITES_IN_FLIGHT, GATE_ORDER_REFUSED
 */
export const hold: Act<CriticalInput> = async (systems, input) => {
  const { traffic, installation, bounds } = systems;
  const began = performance.now();
  const leaseMs = holdLeaseMs(input.budgetMs);
  const waitedFor = ({ writesInFlight, streamsInFlight }: TrafficState): number =>
    (installation.rehearses ? 0 : writesInFlight - streamsInFlight) +
    (performance.now() - began > input.budgetMs * STREAMS_SHARE ? 0 : streamsInFlight);
  let state = await traffic.hold({ ...orderOf(input.identity), leaseMs }, bounds.signal);
  requireAllGates(state);
  for (let inFlight; (inFlight = waitedFor(state)) > 0;) {
    await pause(LOOK_EVERY_MS, bounds.signal).catch((error: unknown) => {
      const waitedMs = Math.round(performance.now() - began);
      throw error instanceof RefusalError ? refuse('WRITES_IN_FLIGHT', { waitedMs, inFlight }) : error;
    });
    state = await traffic.state(bounds.signal);
  }
  if (state.mode !== 'hold') {
    throw refuse('GATE_ORDER_REFUSED', {
      number: fenceOf(input.identity).act,
      has: state.number,
      mode: state.mode,
    });
  }
};

/**
 * A rotation begins only where every gate holds: one that did not would go on sending writes to the current release.
 *
 * @throws GATE_AWAY, GATE_UNINFORMED: neither is worth a wait, for writes wait meanwhile
 */
export function requireAllGates({ away: [first] }: TrafficState): void {
  if (first) throw new RefusalError(first.refusal);
}

/**
 * Reads, held and new writes go to the current release. With the number after the attempt's own, so that neither its
 * hold nor its exposure can land late and undo this (H8). A gate that follows a later order is left alone, and so is one
 * that sends to a next tree on which the log lives (H7).
 */
export const sendToCurrent: Act<AttemptInput> = async (systems, input) => {
  const { release, identity } = input;
  if (!(await livesOnNext(systems, input))) {
    const by = orderOf(identity, fenceOf(identity).undo);
    const sending = send(systems, { to: release.current, by, shards: shardsOfCurrent(release) });
    await unlessRefused('GATE_ORDER_REFUSED', sending, undefined);
  }
};

/**
 * Late orders of this attempt are refused from now on: one that sends clients to the next release could otherwise land
 * after the current tree has been opened again, and nobody may be left to take that back (H8). Writes wait for
 * `sendToCurrent`.
 *
 * @returns how traffic stands since.
 */
export const refuseLateOrders: Act<AttemptInput, TrafficState> = async (
  { traffic, bounds },
  { identity },
) => {
  const { undo } = fenceOf(identity);
  const state = await traffic.state(bounds.signal);
  // Whoever gave the order before may have been broken off in it: before the Service was stamped, or another gate was told.
  const isGiven = state.number > undo || (state.number === undo && state.mode !== 'hold');
  return isGiven
    ? state
    : await traffic.hold({ ...orderOf(identity, undo), leaseMs: UNDO_LEASE_MS }, bounds.signal);
};

/**
 * Reads and writes go to a release with the next tree, held writes first, and only to processes that have loaded what was proven; no
 * harm when somebody else has sent them there.
 */
export const expose: Act<ExposedTo> = async (systems, input) => {
  const shards = shardsOfNext(input.release, input.frozen.size);
  try {
    await send(systems, { to: input.of, by: orderOf(input.identity), shards });
  } catch (error) {
    if (!isRefusal(error, 'GATE_ORDER_REFUSED') || !(await livesOnNext(systems, input))) {
      throw error;
    }
  }
};

/**
 * Reads and writes go from the next release to the one that it was settled into, which serves the same shards. With the number after
 * the attempt's own: an exposure of it that lands late must not send clients back to what is gone by then (H8).
 */
export const sendToSettled: Act<ExposedInput & { to: Release }> = async (systems, { to, ...input }) => {
  const shards = shardsOfNext(input.release, input.frozen.size);
  const by = orderOf(input.identity, fenceOf(input.identity).undo);
  await send(systems, { to, by, shards, sameShards: true });
};

/**
 * Announces where exposure will send the writes that wait, so that the gate opens its connections while the handover leaf is
 * still on its way. It only saves time: a gate that does not take this opens them at the exposure.
 */
export const announceNext: Act<ExposedTo> = async (systems, { of, release, identity, frozen }) => {
  const { traffic, installation, bounds } = systems;
  const instances = await installation.addresses(of, bounds.signal);
  const notice = { number: fenceOf(identity).act, instances, shards: shardsOfNext(release, frozen.size) };
  await foundOrRefused(() => traffic.announce(notice, bounds.signal));
};

/**
 * What a process of the current release must have loaded. Undefined for a superseding attempt: the release that it
 * found serving may know only the shards before its current tree.
 */
export function shardsOfCurrent({
  currentTreeId: activeTreeId,
  inactive,
  supersedes,
}: Released): LoadedShards | undefined {
  return supersedes ? undefined : { activeTreeId, inactive };
}

/** What a process of the next release must have loaded, once the current tree has ended with so many entries. */
export function shardsOfNext({ nextTreeId, currentTreeId, inactive }: Released, size: number): LoadedShards {
  return { activeTreeId: nextTreeId, inactive: afterRotation(inactive, currentTreeId, size) };
}

type Released = AttemptInput['release'];

interface SendTo extends HowSent {
  readonly to: Release;
  readonly by: OrderIdentity;
  readonly shards: LoadedShards | undefined;
}

const send: Act<SendTo> = async (systems, { to, by, shards, ...how }) => {
  const { traffic, installation, bounds } = systems;
  const instances = await installation.addresses(to, bounds.signal);
  if (instances.length === 0) {
    throw new OwnWords(`There is no instance of ${to.name} to send writes to.`);
  }
  await traffic.send({ ...by, instances, shards }, bounds.signal, how);
};

/** No client is left with a connection to what served before; whatever kept it has ended. */
export const endKept: Act<AttemptInput> = async ({ traffic, bounds }, { identity }) => {
  await traffic.endKept(orderOf(identity), bounds.signal);
};

function orderOf(identity: AttemptIdentity, number = fenceOf(identity).act): OrderIdentity {
  return { attemptId: attemptIdOf(identity), number };
}
