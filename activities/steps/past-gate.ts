import { foundOrRefused, refuse } from '../errors/refusal-error';
import { pause } from '../bounds/waiting';
import { PastGateWindow, type PastGateSample } from '../past-gate-window';
import type { Refusal } from '../../workflows/model/refusals';
import type { BoundSystems } from '../systems';
import type { GateInsertion } from '../traffic/insertion';
import type { Act } from './act';
import { insertionOf } from './insert-gate';
import type { WatchClock } from './write-rate';

/** How often both are counted, in milliseconds. */
const EVERY_MS = 1_000;

/** So often in a row it is tried to find a moment in which the gate sends nothing. */
const TRIES = 20;

/** How long it is waited for that nobody reaches Rekor past the gate; milliseconds. */
export interface PastGateWait {
  /** For so long no write may have passed it. */
  readonly quietForMs: number;
  /** Not longer than this in all. */
  readonly forAtMostMs: number;
}

/** What has been seen so far. */
export interface PastGateSeen {
  /** For how long no write has passed the gate; milliseconds. */
  readonly quietForMs: number;
  /** How many have passed it in the last `quietForMs` of the wait. */
  readonly passedLately: number;
  /** How many since the beginning. */
  readonly passed: number;
  /** How many came through it since then. */
  readonly throughGate: number;
  /** Since the beginning; milliseconds. */
  readonly tookMs: number;
  /** Why nothing could be counted the last time; null where it could. */
  readonly unread: Refusal | null;
}

export interface PastGateEnd extends PastGateSeen {
  /** Whether none has passed for long enough; false: the time was over. */
  readonly quiet: boolean;
}

const realClock: WatchClock = { now: () => Date.now(), pause };

/**
 * Waits until no write has reached Rekor past the gate for so long. Both count: what Rekor has answered, and the gate has not sent,
 * has passed. Looks at least twice. Refuses GATE_COUNTS_NO_CALLS; what else cannot be read begins the time anew.
 *
 * @param tell is called after each look.
 */
export async function waitForQuiet(
  systems: BoundSystems,
  { quietForMs, forAtMostMs }: PastGateWait,
  tell: (seen: PastGateSeen) => void,
  clock: WatchClock = realClock,
): Promise<PastGateEnd> {
  const { signal } = systems.bounds;
  const window = new PastGateWindow();
  const beganMs = clock.now();
  for (;;) {
    const { found, refusal } = await foundOrRefused(() => sampleNow(systems, clock));
    if (refusal?.code === 'GATE_COUNTS_NO_CALLS') throw refuse('GATE_COUNTS_NO_CALLS', { log: systems.log });
    if (refusal) window.beginAnew();
    if (found) window.add(found);
    const tookMs = clock.now() - beganMs;
    const seen: PastGateSeen = {
      ...{ quietForMs: window.quietForMs, passedLately: window.passedWithin(quietForMs) },
      ...{ passed: window.passed, throughGate: window.throughGate, tookMs, unread: refusal },
    };
    tell(seen);
    if (found && seen.quietForMs > 0 && seen.quietForMs >= quietForMs) return { ...seen, quiet: true };
    if (tookMs >= forAtMostMs) return { ...seen, quiet: false };
    await clock.pause(EVERY_MS, signal);
  }
}

/** Both counts of one moment; null when the gate sends all the time. */
const sampleNow: Act<Pick<WatchClock, 'now'>, PastGateSample | null> = async (systems, clock) => {
  const insertion = insertionOf(systems);
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const sample = await countBoth(systems, insertion, clock);
    if (sample) return sample;
  }
  return null;
};

/** Null when the gate has sent something while Rekor was asked. */
async function countBoth(
  { log, traffic, bounds: { signal } }: BoundSystems,
  insertion: GateInsertion,
  clock: Pick<WatchClock, 'now'>,
): Promise<PastGateSample | null> {
  const ofGate = async () => {
    const writes = await traffic.writes(signal);
    if (!writes?.calls) throw refuse('GATE_COUNTS_NO_CALLS', { log });
    // What broke Rekor has counted or not: what is counted from then on is another sum.
    const { answered, broken } = writes.calls;
    return { answered, process: [...writes.since, broken].join(' ') };
  };
  const before = await ofGate();
  const counts = await insertion.answeredWrites(signal);
  const after = await ofGate();
  if (before.answered !== after.answered || before.process !== after.process) return null;
  return {
    atMs: clock.now(),
    of: [after.process, ...[...counts.keys()].sort()].join(' '),
    atRekor: [...counts.values()].reduce((total, count) => total + count, 0),
    throughGate: after.answered,
  };
}
