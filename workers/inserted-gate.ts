import type { Client } from '@temporalio/client';
import { withinLook } from '../activities/bounds/look-bounds';
import { refuse } from '../activities/errors/refusal-error';
import { insertGate, insertionOf, removeGate } from '../activities/steps/insert-gate';
import { criticalSectionRuns, lockHolder } from '../activities/steps/lock';
import {
  waitForQuiet,
  type PastGateEnd,
  type PastGateSeen,
  type PastGateWait,
} from '../activities/steps/past-gate';
import type { BoundSystems } from '../activities/systems';
import type { LogConfiguration } from '../config/configuration';
import type { TemporalTarget } from '../config/temporal-target';
import { connectSystems } from './systems';
import { connectClient, temporalRefusal, type TemporalClient } from './temporal-connection';

export type { PastGateEnd, PastGateSeen, PastGateWait };

/** How long the looks and the one change may take, in milliseconds. A healthy cluster needs a second. */
const CHANGES_MS = 30_000;

/** What became of a gate that was to be inserted, or taken out. */
export interface GateMoved {
  readonly log: string;
  /** What clients reach. */
  readonly service: string;
  /** Whether it was led elsewhere before. */
  readonly changed: boolean;
}

export interface GateInserted extends GateMoved {
  /** What passed the gate afterwards; null where nobody waited. */
  readonly waited: PastGateEnd | null;
}

export interface InsertOptions {
  /** Null: nobody waits. */
  readonly wait: PastGateWait | null;
  /** Called once clients are led to the gate. */
  readonly moved: (moved: GateMoved) => void;
  /** Called after each look of the wait. */
  readonly seen: (seen: PastGateSeen) => void;
}

/** Leads clients of a log to its gate, and waits until none reaches Rekor past it. No worker takes part. */
export async function insertGateOf(
  configuration: LogConfiguration,
  { wait, moved, seen }: InsertOptions,
  signal: AbortSignal,
): Promise<GateInserted> {
  const { name: log } = configuration;
  return await withSystems(configuration, async (systems) => {
    const { name: service } = insertionOf(systems);
    const within = { ...systems };
    const changed = await withinLook(CHANGES_MS, signal, (bounds) => insertGate({ ...within, bounds }));
    moved({ log, service, changed });
    const waited =
      wait &&
      (await withinLook(wait.forAtMostMs + CHANGES_MS, signal, (bounds) =>
        waitForQuiet({ ...within, bounds }, wait, seen),
      ));
    return { log, service, changed, waited };
  });
}

/** Leads clients of a log to Rekor again. No worker takes part; Temporal says whether a rotation is under way. */
export async function removeGateOf(
  target: TemporalTarget,
  configuration: LogConfiguration,
  signal: AbortSignal,
): Promise<GateMoved> {
  const { name: log } = configuration;
  return await withSystems(configuration, async (systems) => {
    const { name: service } = insertionOf(systems);
    const temporal = await connectClient(target);
    try {
      const requireNoneUnderWay = () => requireNone(temporal, target, log);
      const changed = await withinLook(CHANGES_MS, signal, (bounds) =>
        removeGate({ ...systems, bounds }, { requireNoneUnderWay }),
      );
      return { log, service, changed };
    } finally {
      await temporal.close();
    }
  });
}

/** How long Temporal may take to say who holds the log, in milliseconds. */
const ANSWERS_MS = 10_000;

/** Refuses ROTATION_IN_PROGRESS, ROTATION_PAUSED, and what says that Temporal does not answer. */
async function requireNone(
  { client, connection }: TemporalClient,
  target: TemporalTarget,
  log: string,
): Promise<void> {
  const holder = await connection
    .withDeadline(Date.now() + ANSWERS_MS, () => holderOf(client, log))
    .catch((error: unknown) => {
      throw temporalRefusal(error, target) ?? error;
    });
  if (holder) throw refuse('ROTATION_IN_PROGRESS', { log, ...holder });
}

/** A critical section may outlive the rotation that it is of. */
async function holderOf(client: Client, log: string): ReturnType<typeof lockHolder> {
  const holder = await lockHolder(client, log);
  if (holder) return holder;
  return (await criticalSectionRuns(client, log))
    ? { rotation: 'whose critical section goes on', startedBy: 'somebody' }
    : null;
}

async function withSystems<Result>(
  configuration: LogConfiguration,
  use: (systems: Omit<BoundSystems, 'bounds'>) => Promise<Result>,
): Promise<Result> {
  const systems = connectSystems(configuration);
  try {
    return await use(systems);
  } finally {
    systems.trillian.close();
    await systems.queue?.close();
  }
}
