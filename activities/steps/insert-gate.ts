import { sameUrl } from '../../workflows/model/base-url';
import { ownerRefusals } from '../../workflows/model/ownership';
import { errorReason } from '../errors/error-reason';
import { refuse, RefusalError } from '../errors/refusal-error';
import { readInstallation } from '../installation/installation';
import type { BoundSystems, LogSystems } from '../systems';
import type { GateInsertion } from '../traffic/insertion';
import type { Act } from './act';

/** The insertion of a log whose gate is one for rotations alone. Refuses GATE_NEVER_INSERTED. */
export function insertionOf({ log, insertion }: Pick<LogSystems, 'log' | 'insertion'>): GateInsertion {
  if (!insertion) throw refuse('GATE_NEVER_INSERTED', { log });
  return insertion;
}

/** Refuses GATE_NOT_INSERTED, and CHANGED_BY_SOMEONE, unless clients are led to the gate. */
export async function requireInserted(
  log: string,
  insertion: GateInsertion,
  signal: AbortSignal,
): Promise<true> {
  if ((await insertion.leadsTo(signal)) === 'gate') return true;
  throw refuse('GATE_NOT_INSERTED', { log, service: insertion.name });
}

/**
 * Clients are led to the gate once all speaks for it: nobody would lead them back by himself, the gate is ready, and it serves the
 * very log. Repeated, it changes nothing, and asks for nothing.
 *
 * @returns whether it was so only from now on.
 */
export const insertGate: Act<void, boolean> = async (systems) => {
  const insertion = insertionOf(systems);
  const { log, installation, bounds } = systems;
  if ((await insertion.leadsTo(bounds.signal)) === 'gate') return false;
  await requireServes(systems, insertion);
  const ownership = await installation.ownership(bounds.signal);
  const [owner] = ownership ? ownerRefusals(log, ownership) : [];
  if (owner) throw new RefusalError(owner);
  await insertion.insert(bounds.signal);
  return true;
};

/** Refuses GATE_NOT_INSERTABLE and GATE_NOT_READY, and what says that the gate sends to no release of the log. */
async function requireServes(systems: BoundSystems, insertion: GateInsertion): Promise<void> {
  const { log, traffic, installation, rekor, bounds } = systems;
  const { signal } = bounds;
  const gate = await insertion.requireInsertable(signal);
  const fail = (reason: string, cause?: unknown): Error =>
    refuse('GATE_NOT_READY', { log, gate: `The write gate at ${gate.url}`, reason }, cause);
  const { instances, unproven } = await traffic.state(signal);
  const [one] = unproven;
  if (one) throw fail(`it sends no write to ${one.instance}, because ${one.reason}`);
  const { activeTreeId } = await readInstallation(installation, instances, signal);
  const served = await rekor.log(gate, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const said =
      error instanceof RefusalError ? error.refusal.message.replace(/\.$/, '') : errorReason(error);
    throw fail(said, error);
  });
  if (served.activeTreeId !== activeTreeId) {
    throw fail(`it serves tree ${served.activeTreeId}, and the active tree of the log is ${activeTreeId}`);
  }
}

/** Who rotates or recovers the log now. Rejects with the refusal of whoever does. */
export type UnderWay = (signal: AbortSignal) => Promise<void>;

/**
 * Clients are led to Rekor again, exactly as before. Refuses GATE_IN_USE while the gate is needed, and ROTATION_IN_PROGRESS. A
 * rotation looks at where clients are led once it has the lock: so one that takes that while this goes on is either seen here,
 * and clients stay at the gate, or it is refused itself.
 *
 * @returns whether they were led to the gate until now.
 */
export const removeGate: Act<{ readonly requireNoneUnderWay: UnderWay }, boolean> = async (
  systems,
  { requireNoneUnderWay },
) => {
  const insertion = insertionOf(systems);
  const { signal } = systems.bounds;
  const wasInserted = (await insertion.leadsTo(signal)) !== 'rekor';
  if (wasInserted) {
    await requireNotInUse(systems, insertion);
    await requireNoneUnderWay(signal);
  }
  await insertion.remove(signal);
  if (wasInserted) {
    await requireNoneUnderWay(signal).catch(async (error: unknown) => {
      await insertion.insert(signal);
      throw error;
    });
  }
  return wasInserted;
};

async function requireNotInUse(
  { log, traffic, bounds: { signal } }: BoundSystems,
  insertion: GateInsertion,
): Promise<void> {
  const [{ mode, instances, number }, upstream] = await Promise.all([
    traffic.state(signal),
    insertion.upstream(signal),
  ]);
  const reason =
    mode === 'hold'
      ? `it holds writes for order ${number}`
      : mode === 'healing'
        ? `order ${number} to hold writes has ended by itself, so what it was for has not`
        : instances.every((one) => sameUrl(one, upstream))
          ? undefined
          : `it sends to ${instances.join(', ')}, and not to ${upstream}`;
  if (reason !== undefined) throw refuse('GATE_IN_USE', { log, service: insertion.name, reason });
}
