import { concurrently } from '../activities/verification/concurrently';
import type { KnownEntries } from './known-entries';
import { EntryTimes } from './model/entry-times';
import { type Findings, findingsOf, troubleWithTimes, type Unknown } from './model/findings';
import { endsOf, nextProbes, type Probe, weighted } from './model/sampling';
import { slicesBefore, wholeWeeksSince } from './model/week';
import { LEAST_WEEKS } from './model/windows';
import { boundariesOf, WriteRate } from './model/write-rate';
import { type RekorLog, type ServedShard } from './rekor-log';
import { type LogRequests, MustStop } from '../activities/clients/log-requests';

/** Requests that run at the same time. */
export const AT_A_TIME = 4;

/** Requests of which the entries are chosen at once, before what they say is taken into account. */
const REQUESTS_A_ROUND = 4 * AT_A_TIME;

/** Beyond this share of the mean hour no boundary between two hours need be known more exactly. */
const ENOUGH = 0.25;

/** Passes after which the rates of neighbouring hours hardly change any more. */
const SHARPENING = 8;

export interface QuietHoursInput {
  readonly log: RekorLog;
  /** Counts what the log was asked. */
  readonly requests: LogRequests;
  /** What was read before; it is read and added to. Absent: nothing is kept. */
  readonly known?: KnownEntries;
  readonly timeZone: string;
  /** How many weeks to look back. */
  readonly weeks: number;
  /** The length of a window, in hours. */
  readonly hours: number;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** Called from time to time. */
  readonly onProgress?: () => void;
}

/** When a log is quiet, and what that is known from. Times are seconds since the epoch. */
export interface QuietHours extends Findings {
  readonly shards: number;
  readonly entries: number;
  readonly firstEntry: number | null;
  readonly newestEntry: number | null;
  /** The hours that were looked at; null when the log is too young, or its times are of no use. */
  readonly from: number | null;
  readonly to: number | null;
  readonly requests: number;
  /** Entries whose times were known before the first request. */
  readonly entriesKept: number;
  readonly entriesRead: number;
  /** Why less was read than would have been; null when it was enough. */
  readonly stopped: MustStop['why'] | null;
  /** Why what was read could not be kept; null when it was, or nothing was to be. */
  readonly notKept: unknown;
}

/**
 * Reads from a log itself in which hours of the week it takes few writes. What was read is kept also when this ends with an
 * error.
 *
 * @throws LogUnreadable; MustStop when not even the ends of its shards could be read; the signal's reason.
 */
export async function quietHoursOf(input: QuietHoursInput): Promise<QuietHours> {
  const shards = await input.log.shards(input.signal);
  const reading = new Reading(input, shards);
  await reading.recall();
  try {
    const found = await look(reading, input);
    return { ...found, ...reading.figures, notKept: await reading.keep() };
  } catch (error) {
    await reading.keep();
    throw error;
  }
}

type Found = Findings & Pick<QuietHours, 'from' | 'to' | 'stopped'>;

async function look(reading: Reading, input: QuietHoursInput): Promise<Found> {
  const { log, requests, now, timeZone, weeks, hours, onProgress } = input;
  const { times } = reading;
  for (let ends = endsOf(times); ends.length > 0; ends = endsOf(times)) await reading.ask(ends);
  const nothing = (unknown: Unknown): Found => ({
    ...{ week: null, windows: [], daily: null, unknown },
    ...{ from: null, to: null, stopped: null },
  });
  const trouble = troubleWithTimes(times, now);
  if (trouble) return nothing(trouble);
  const firstEntry = reading.figures.firstEntry ?? now;
  const whole = Math.min(weeks, wholeWeeksSince(firstEntry, now, timeZone));
  if (whole < LEAST_WEEKS) return nothing({ code: 'YOUNG', firstEntry });

  const slices = slicesBefore(now, whole, timeZone);
  const boundaries = boundariesOf(slices);
  let stopped: MustStop['why'] | null = null;
  for (let round = 0; stopped === null; round += 1) {
    const writes = new WriteRate(times, slices);
    const enough = (ENOUGH * writes.all.probable) / writes.all.hours;
    const count = Math.max(Math.min(REQUESTS_A_ROUND, requests.left), 1) * log.entriesARequest;
    const probes = nextProbes(times, weighted(writes), { count, enough, bisect: round % 2 === 1 });
    if (probes.length === 0) break;
    stopped = await reading.askUnlessStopped(probes);
    onProgress?.();
  }
  const disorder = troubleWithTimes(times, now);
  if (disorder) return nothing(disorder);
  const findings = findingsOf(new WriteRate(times, slices, SHARPENING), hours, { now, timeZone });
  return { ...findings, from: boundaries[0] ?? null, to: boundaries.at(-1) ?? null, stopped };
}

/** The times that are known of a log's entries, and the asking for more. */
class Reading {
  /** Of each shard. */
  readonly times: readonly EntryTimes[];
  readonly #input: QuietHoursInput;
  readonly #shards: readonly ServedShard[];
  /** What is known of each shard; kept for the next time. */
  readonly #known: Map<number, number>[];
  #kept = 0;
  #read = 0;

  constructor(input: QuietHoursInput, shards: readonly ServedShard[]) {
    this.#input = input;
    this.#shards = shards;
    this.times = shards.map(({ size }) => new EntryTimes(size));
    this.#known = shards.map(() => new Map<number, number>());
  }

  get figures(): Omit<QuietHours, keyof Found | 'notKept'> {
    const ends = this.times.flatMap(({ ordered }) => [ordered.at(0), ordered.at(-1)]);
    const found = ends.flatMap((entry) => (entry ? [entry.time] : []));
    return {
      shards: this.#shards.length,
      entries: this.#shards.reduce((sum, { size }) => sum + size, 0),
      firstEntry: found.length === 0 ? null : Math.min(...found),
      newestEntry: found.length === 0 ? null : Math.max(...found),
      requests: this.#input.requests.sent,
      entriesKept: this.#kept,
      entriesRead: this.#read,
    };
  }

  /** Learns what was read before. */
  async recall(): Promise<void> {
    for (const [position, { treeId, size }] of this.#shards.entries()) {
      for (const [index, time] of (await this.#input.known?.load(treeId)) ?? []) {
        if (index >= size) continue;
        this.#learn({ shard: position, index }, time);
        this.#kept += 1;
      }
    }
  }

  /** Keeps what is known for the next time; gives the error when that cannot be done. */
  async keep(): Promise<unknown> {
    try {
      for (const [position, { treeId }] of this.#shards.entries()) {
        const times = this.#known[position];
        if (times && times.size > 0 && this.#read > 0) await this.#input.known?.save(treeId, times);
      }
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Asks for entries, and says why not for all of them. */
  async askUnlessStopped(probes: readonly Probe[]): Promise<MustStop['why'] | null> {
    try {
      await this.ask(probes);
      return null;
    } catch (error) {
      if (error instanceof MustStop) return error.why;
      throw error;
    }
  }

  async ask(probes: readonly Probe[]): Promise<void> {
    const wanted = probes.filter(({ shard, index }) => !this.times[shard]?.asked(index));
    const batches: Probe[][] = [];
    const { entriesARequest } = this.#input.log;
    for (let from = 0; from < wanted.length; from += entriesARequest) {
      batches.push(wanted.slice(from, from + entriesARequest));
    }
    await concurrently(batches, AT_A_TIME, this.#input.signal, async (batch, signal) => {
      const entries = batch.flatMap(({ shard: position, index }) => {
        const shard = this.#shards[position];
        return shard ? [{ shard, index }] : [];
      });
      const times = await this.#input.log.times(entries, signal);
      for (const [position, probe] of batch.entries()) {
        this.#learn(probe, times[position] ?? null);
        this.#read += 1;
      }
    });
  }

  #learn(probe: Probe, time: number | null): void {
    this.times[probe.shard]?.learn(probe.index, time);
    if (time !== null) this.#known[probe.shard]?.set(probe.index, time);
  }
}
