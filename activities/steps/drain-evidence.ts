import { longestSignerWaitsMs, type DrainEvidence, type SignerPace } from '../../workflows/model/drain';
import type { TreeId } from '../../workflows/model/log';
import { refuse, RefusalError } from '../errors/refusal-error';
import type { SignerPasses } from '../clients/metrics';
import { pause } from '../bounds/waiting';
import type { BoundSystems } from '../systems';
import type { Act } from './act';

/** So many passes tell how fast the signers are. */
const ENOUGH_PASSES = 3;

/** What has not shown so many passes by then is too slow to be waited for with writes held. Milliseconds. */
const LONGEST_LOOK_MS = 3_000;
const SHORTEST_LOOK_MS = 300;

/**
 * How the drain of the current tree will be proven, with what its signers do now. Without a database their metrics must be
 * readable; with one, what cannot be read is said in the plan and stands against nothing.
 *
 * @throws METRICS_UNREACHABLE without a database.
 */
export const drainEvidence: Act<TreeId, DrainEvidence> = async (systems, treeId) => {
  const { queue, drain: timing, trillian, bounds } = systems;
  const by = queue ? 'queue' : 'signer passes';
  const { state } = await trillian.getTree(treeId, bounds);
  if (state !== 'ACTIVE') {
    return { by, timing, pace: null, unmeasured: `tree ${treeId} is ${state}` };
  }
  try {
    return { by, timing, pace: await signerPace(systems, treeId) };
  } catch (error) {
    if (!queue || !(error instanceof RefusalError)) {
      throw error;
    }
    return { by, timing, pace: null, unmeasured: error.refusal.message };
  }
};

/** Looks at the signers' metrics until they have passed over the tree often enough, three seconds at most. */
const signerPace: Act<TreeId, SignerPace> = async (systems, treeId) => {
  const { log, metrics, drain, bounds } = systems;
  const look = async (): Promise<SignerPasses & { readonly at: number; readonly tookMs: number }> => {
    const at = performance.now();
    const passes = await metrics.signer(treeId, bounds.signal);
    return { ...passes, at, tookMs: performance.now() - at };
  };
  const first = await look();
  for (let last = first; ;) {
    const restMs = Math.max(SHORTEST_LOOK_MS, ENOUGH_PASSES * drain.signerIntervalMs, last.tookMs);
    await pause(Math.min(restMs, LONGEST_LOOK_MS), bounds.signal);
    const before = last;
    last = await look();
    // Fewer than before: a signer was restarted meanwhile.
    const passes = Math.max(last.runs - first.runs, 0);
    const withinMs = Math.round(last.at - first.at);
    if (passes < ENOUGH_PASSES && withinMs < LONGEST_LOOK_MS) {
      continue;
    }
    const [unknown] = last.unknownTo;
    if (unknown !== undefined) {
      const reason = `its signer has not seen tree ${treeId}: it is another Trillian's, or has only just started`;
      throw refuse('METRICS_UNREACHABLE', { log, url: unknown, reason });
    }
    const { signers, pageBytes } = last;
    return {
      signers,
      passes,
      withinMs,
      readingMs: Math.round(Math.max(before.tookMs, last.tookMs)),
      pageBytes,
    };
  }
};

/**
 * A signer neither takes a leaf that was queued at a later time than its own, nor signs a root that is older than the one
 * before it, which a log server may have made (trillian: log/sequencer.go). So a next tree whose signer is behind takes the
 * handover leaf late, and cannot be closed again before: until then the log takes no writes.
 *
 * @throws SIGNER_BEHIND
 */
export async function requireSignersInTime({ log, metrics, timing, bounds }: BoundSystems): Promise<void> {
  const mostMs = longestSignerWaitsMs(timing.criticalSectionMs);
  for (const { url, behindMs } of await metrics.signersBehind(bounds.signal)) {
    if (behindMs > mostMs) {
      throw refuse('SIGNER_BEHIND', { log, url, behindMs: Math.round(behindMs), mostMs });
    }
  }
}

/**
 * The log server that answers us is one of those whose metrics are read: a page of another Trillian, or one that is not of
 * now, would show that nothing is ever in flight.
 *
 * @throws LOG_SERVER_NOT_LISTED
 */
export const requireListedLogServer: Act<TreeId> = async (
  { log, trillian, metrics, addresses, bounds },
  treeId,
) => {
  for (let tries = 1; ; tries += 1) {
    const before = await metrics.getTreeCalls(bounds.signal);
    await trillian.getTree(treeId, bounds);
    const after = await metrics.getTreeCalls(bounds.signal);
    if (after > before) {
      return;
    }
    // Fewer than before: a log server was restarted meanwhile.
    if (after === before || tries === 3) {
      throw refuse('LOG_SERVER_NOT_LISTED', { log, address: addresses.trillian });
    }
  }
};
