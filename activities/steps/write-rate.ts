import { z } from 'zod';
import { LONGEST_WATCH_MS } from '../../workflows/model/deadlines';
import { atQuantile, type WatchWritesInput, type WritesWatched } from '../../workflows/model/lull';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import { abortReason, pause } from '../bounds/waiting';
import { errorReason } from '../errors/error-reason';
import { isRefusal, RefusalError } from '../errors/refusal-error';
import { readInstallation } from '../installation/installation';
import type { BoundSystems } from '../systems';
import { countSample, type CountSample, WriteWindow } from '../write-window';
import type { Act } from './act';

/** How often the writes are counted, in milliseconds; a gap in them may be some times as long. */
const EVERY_MS = 5_000;

/** How long one count may take, in milliseconds; whoever is asked for it gives up sooner, and says why. */
const COUNT_MS = 10_000;

/** How long the reading of the past may take, in milliseconds: 300 requests, and the waits that the log asks for. */
const PAST_MS = 600_000;

/** After so many milliseconds a log is asked again for its past, when it could not be read. */
const ASK_AGAIN_MS = 300_000;

/** Tests bring their own. */
export interface WatchClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Throws the signal's reason when it is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const realClock: WatchClock = { now: () => Date.now(), pause };

/** What a try keeps for the next one. */
const keptWatch = z.object({
  fromMs: z.number(),
  mostPerMinute: z.number().nullable(),
  samples: z.array(countSample),
});

/**
 * Counts the writes of a log every few seconds, until the last `forMinutes` had at most as many a minute as the lull says, or
 * `forAtMostMs` is over. A restart of the gate, a gap, a change of the current tree and a count that could not be read begin these
 * minutes anew: none of them may look like a lull. Refuses QUANTILE_UNKNOWN.
 */
export async function watchWrites(
  systems: BoundSystems,
  { lull, forAtMostMs }: WatchWritesInput,
  clock: WatchClock = realClock,
): Promise<WritesWatched> {
  const { bounds } = systems;
  const now = clock.now();
  const { data: kept } = keptWatch.safeParse(bounds.kept);
  const fromMs = kept?.fromMs ?? now;
  const endsMs = Math.min(
    fromMs + Math.min(forAtMostMs, LONGEST_WATCH_MS),
    now + bounds.remainingMs() - COUNT_MS,
  );
  const window = new WriteWindow(lull.forMinutes * 60_000, kept?.samples);
  let mostPerMinute = lull.writesPerMinute ?? kept?.mostPerMinute ?? null;
  let unread: Refusal | null = null;
  for (;;) {
    bounds.keep({ fromMs, mostPerMinute, samples: window.samples });
    let restMs = EVERY_MS;
    if (mostPerMinute === null) {
      ({ found: mostPerMinute, unread } = await read(systems, PAST_MS, (within) =>
        quantileOf(within, lull.quantile ?? 1),
      ));
      restMs = mostPerMinute === null ? ASK_AGAIN_MS : 0;
    } else {
      const counted = await read(systems, COUNT_MS, (within) => countWrites(within, clock));
      ({ unread } = counted);
      if (counted.found) window.add(counted.found);
      else window.beginAnew();
    }
    const { perMinute: writesPerMinute } = window;
    const isLull = mostPerMinute !== null && writesPerMinute !== null && writesPerMinute <= mostPerMinute;
    const leftMs = endsMs - clock.now();
    if (isLull || leftMs <= 0) {
      const [from, to] = [new Date(fromMs).toISOString(), new Date(clock.now()).toISOString()];
      const countedBy = window.last?.by ?? null;
      return { lull: isLull, writesPerMinute, mostPerMinute, countedBy, unread, from, to };
    }
    await clock.pause(Math.min(restMs, leftMs), bounds.signal);
  }
}

/** At most so many writes a minute are a lull by the log's own past. */
const quantileOf: Act<number, number> = async ({ pastWrites, bounds }, share) =>
  atQuantile(await pastWrites.ofWeek(bounds.signal), share);

/** How many writes there have been: by the gate, which knows of every write; without one by the entries of the current tree. */
export const countWrites: Act<Pick<WatchClock, 'now'>, CountSample> = async (
  { traffic, installation, trillian, bounds },
  clock,
) => {
  const counted = await traffic.writes(bounds.signal);
  if (counted) {
    const { since, accepted, failed } = counted;
    // Nobody could write what failed: an outage is no lull.
    return { atMs: clock.now(), by: 'gate', of: since.join(' '), count: accepted + failed };
  }
  const { instances } = await traffic.state(bounds.signal);
  const { activeTreeId } = await readInstallation(installation, instances, bounds.signal);
  const { size } = await trillian.treeHead(activeTreeId, bounds);
  return { atMs: clock.now(), by: 'tree', of: activeTreeId, count: size };
};

/**
 * What a look gives in its time, or why it gives nothing. What the log's past refuses for good is thrown, and so is the end of
 * the try.
 */
async function read<Found>(
  systems: BoundSystems,
  withinMs: number,
  look: (systems: BoundSystems) => Promise<Found>,
): Promise<{ readonly found: Found | null; readonly unread: Refusal | null }> {
  const { bounds } = systems;
  // A signal of its own: that of the try would gather listeners for as long as it watches.
  const ending = new AbortController();
  const end = (): void => ending.abort(abortReason(bounds.signal));
  const timer = setTimeout(() => {
    ending.abort(new Error('no answer in time'));
  }, withinMs);
  bounds.signal.addEventListener('abort', end, { once: true });
  try {
    bounds.signal.throwIfAborted();
    const within = { ...bounds, signal: ending.signal, timeoutMs: COUNT_MS / 2 };
    return { found: await look({ ...systems, bounds: within }), unread: null };
  } catch (error) {
    bounds.signal.throwIfAborted();
    if (isRefusal(error, 'QUANTILE_UNKNOWN')) throw error;
    const reason = { step: 'lull', reason: errorReason(error) };
    return {
      found: null,
      unread: error instanceof RefusalError ? error.refusal : refusal('INTERNAL', reason),
    };
  } finally {
    clearTimeout(timer);
    bounds.signal.removeEventListener('abort', end);
  }
}
