import { withinLook } from '../activities/bounds/look-bounds';
import { writesRefusedAt } from '../activities/clients/gate-metrics';
import { foundOrRefused } from '../activities/errors/refusal-error';
import { examineClocks, type ClockAddress } from '../activities/examination/clocks';
import { examineInstances } from '../activities/examination/instances';
import { examinePublicAddress } from '../activities/examination/public-address';
import { examineQueue } from '../activities/examination/queue';
import { readInstallation } from '../activities/installation/installation';
import { preflight } from '../activities/steps/preflight';
import type { BoundSystems } from '../activities/systems';
import type { LogConfiguration } from '../config/configuration';
import type { TemporalTarget } from '../config/temporal-target';
import { failedCheck, inCatalogueOrder, isFailed, type Check } from '../workflows/model/checks';
import { BESIDE_SIGNERS_MS, passMs, signerWaitsMs, type DrainEvidence } from '../workflows/model/drain';
import type { InstallationState } from '../workflows/model/installation';
import { planRotation } from '../workflows/model/plan';
import type { RotationResult } from '../workflows/model/result';
import { gateAdminUrls } from './gate-admin';
import { connectSystems } from './systems';
import { examineTemporal } from './temporal-checks';

/** How long all looks together may take, in milliseconds. A healthy log needs a second or two. */
const LOOKS_MS = 15_000;

/** What answers a request for its metrics in this time is there. Milliseconds. */
const METRICS_MS = 5_000;

/** What a look at everything that a rotation needs has found. */
export interface Diagnosis {
  readonly log: string;
  /** When the look began, ISO 8601. */
  readonly at: string;
  readonly tookMs: number;
  /** In the order of the catalogue. */
  readonly checks: readonly Check[];
  readonly writesWait: ExpectedWait;
  /** What the last rotation that completed took; null when Temporal remembers none. */
  readonly lastRotation: LastRotation | null;
}

/** How long a write would wait; milliseconds. */
export interface ExpectedWait {
  /** By what the signers do now; null when they were not measured. */
  readonly probablyMs: number | null;
  /** A rotation that is not through by then is taken back. */
  readonly criticalSectionMs: number;
  /** No write waits longer, whatever happens; null where no gate holds any, and they fail instead. */
  readonly atMostMs: number | null;
}

export interface LastRotation {
  /** Preparing the next release, and its rehearsed start and stop; null when that is not known. */
  readonly stageMs: number | null;
  /** The longest that a write waited; null when none did. */
  readonly longestWaitMs: number | null;
}

/**
 * Looks at everything that a rotation of a log needs, from this process: no worker takes part. Changes nothing: what it sends
 * to Rekor is refused there, and it gives no order.
 */
export async function diagnose(
  target: TemporalTarget,
  configuration: LogConfiguration,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { name: log, rotation, gate } = configuration;
  const at = new Date();
  const temporal = await examineTemporal(target, configuration, signal);
  // What a running rotation has changed so far would look like faults of the log.
  const looked = temporal.isTaken ? null : await lookAtLog(configuration, signal);
  const checks = inCatalogueOrder([...temporal.checks, ...(looked?.checks ?? [])]);
  return {
    log,
    at: at.toISOString(),
    tookMs: Date.now() - at.getTime(),
    checks: withoutEchoes(checks),
    writesWait: {
      probablyMs: probableWaitMs(looked?.evidence),
      criticalSectionMs: rotation.criticalSectionMs,
      atMostMs: gate?.maxWaitMs ?? null,
    },
    lastRotation: temporal.lastRotation && lastRotationOf(temporal.lastRotation),
  };
}

/** What the guardian saw is said once, where it is seen now, too. */
function withoutEchoes(checks: readonly Check[]): Check[] {
  const seenNow = new Set(
    checks.flatMap((check) => (check.code !== 'GUARDIAN_LOOKS' && isFailed(check) ? [check.reason] : [])),
  );
  return checks.filter(
    (check) => check.code !== 'GUARDIAN_LOOKS' || !isFailed(check) || !seenNow.has(check.reason),
  );
}

function probableWaitMs(evidence: DrainEvidence | undefined): number | null {
  if (!evidence?.pace) return null;
  const { signers, readingMs } = evidence.pace;
  return Math.round(
    BESIDE_SIGNERS_MS + signerWaitsMs(evidence, { signers, readingMs, passMs: passMs(evidence.pace) }),
  );
}

function lastRotationOf({ steps, writes }: RotationResult): LastRotation {
  const staged = steps.filter(({ name, kind }) => name === 'stage' && kind === 'done').at(-1);
  return {
    stageMs: staged?.ms ?? null,
    longestWaitMs: writes && writes.held > 0 ? writes.longestWaitMs : null,
  };
}

interface LookedAt {
  readonly checks: readonly Check[];
  readonly evidence?: DrainEvidence;
}

async function lookAtLog(configuration: LogConfiguration, signal: AbortSignal): Promise<LookedAt> {
  const systems = connectSystems(configuration);
  try {
    return await withinLook(LOOKS_MS, signal, async (bounds) => look(configuration, { ...systems, bounds }));
  } finally {
    systems.trillian.close();
    await systems.queue?.close();
  }
}

/** Preflight, as a rotation makes it, and what only this looks at. */
async function look(configuration: LogConfiguration, systems: BoundSystems): Promise<LookedAt> {
  const { log, timing, installation, bounds } = systems;
  const { signal } = bounds;
  const { found: facts, refusal: tooLong } = await foundOrRefused(() => preflight(systems, { log }));
  const planned = facts ? planRotation({ log }, facts).checks : [failedCheck('TRILLIAN_ANSWERS', tooLong)];
  const state = facts?.found?.installation ?? (await readState(systems));
  const isHeld = facts?.found?.traffic.holding !== false;
  const current = state?.currentInstances ?? [];
  const { gate, tls } = configuration;
  const ways = {
    authorities: tls?.caFile,
    ...(gate && {
      refusedWrites: (within: AbortSignal) => refusedByAll(gateAdminUrls(gate), within),
    }),
  };
  const more = await Promise.all([
    examineClocks(clocksOf(configuration, state), configuration.trillian.clockDifferenceMs, {
      ...{ signal, authorities: configuration.tls?.caFile },
    }),
    examineInstances(systems, current),
    // Where writes are held, or may be, these would wait with them.
    isHeld ? [] : examinePublicAddress(systems, current, ways),
    state ? installation.examine(state, timing, signal) : [],
    examineLeaves(configuration, systems),
  ]);
  const evidence = facts?.found?.drainEvidence;
  return { checks: [...planned, ...more.flat()], ...(evidence && { evidence }) };
}

/** How many writes all gates together have refused; undefined where one of them does not say. */
async function refusedByAll(gates: readonly string[], signal: AbortSignal): Promise<number | undefined> {
  const counts = await Promise.all(
    gates.map((url) => writesRefusedAt(`${url}/metrics`, { signal, timeoutMs: METRICS_MS })),
  );
  const known = counts.filter((count) => count !== undefined);
  return known.length < counts.length ? undefined : known.reduce((total, count) => total + count, 0);
}

/** Where a database is configured, which alone shows the queue. */
async function examineLeaves({ trillian }: LogConfiguration, systems: BoundSystems) {
  const { log, queue, bounds } = systems;
  if (!queue || !trillian.database) return [];
  const { kind } = trillian.database;
  const logServers = [trillian.address, ...trillian.logServerMetrics];
  return await examineQueue({ log, queue, kind, logServers, signal: bounds.signal });
}

/** How the log is run, where preflight did not come so far; null when that cannot be read, which preflight has said. */
async function readState({ traffic, installation, bounds }: BoundSystems): Promise<InstallationState | null> {
  const { found } = await foundOrRefused(async () => {
    const { instances } = await traffic.state(bounds.signal);
    return await readInstallation(installation, instances, bounds.signal);
  });
  return found;
}

/** Everything whose answers tell its clock. Trillian and Temporal speak gRPC, which tells none. */
function clocksOf(
  { trillian, gate }: LogConfiguration,
  state: InstallationState | null,
): readonly ClockAddress[] {
  const at = (whose: string, url: string): ClockAddress => ({
    whose: `${whose} at ${new URL(url).host}`,
    url,
  });
  return [
    ...trillian.logServerMetrics.map((url) => at('the log server', url)),
    ...trillian.signerMetrics.map((url) => at('the signer', url)),
    ...(state?.currentInstances ?? []).map(({ url }) => at('Rekor', `${url}/ping`)),
    ...(gate ? gateAdminUrls(gate).map((url) => at('the gate', `${url}/healthz`)) : []),
  ];
}
