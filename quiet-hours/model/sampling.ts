import { type EntryTimes, firstWhere } from './entry-times';
import { boundariesOf, type WriteRate } from './write-rate';

/** Which entries are worth asking for next. */

/** A boundary between two hours, and how much it matters to know it exactly. */
export interface Boundary {
  readonly time: number;
  /** 1 between hours of the mean rate, more between quiet ones. */
  readonly weight: number;
}

/** Between two known entries: those whose hour is open, and the boundaries that may lie among them. */
interface Gap {
  readonly times: EntryTimes;
  readonly shard: number;
  /** Indexes that are known, or just outside of the shard. */
  readonly before: { readonly index: number; readonly time: number };
  readonly after: { readonly index: number; readonly time: number };
  readonly boundaries: readonly Boundary[];
  readonly open: number;
  readonly weight: number;
}

/** An entry of a shard. */
export interface Probe {
  readonly shard: number;
  readonly index: number;
}

/**
 * The first and the last entry of each shard: what lies outside of the weeks is then known at once. Where the log does not give
 * them, others ever further inside; none when all ends are known, or nothing is.
 */
export function endsOf(shards: readonly EntryTimes[]): Probe[] {
  return shards.flatMap((times, shard) => {
    const fromFirst = nextInside(times, (distance) => distance);
    const fromLast = nextInside(times, (distance) => times.size - 1 - distance);
    return [...new Set([...fromFirst, ...fromLast])].map((index) => ({ shard, index }));
  });
}

function nextInside(times: EntryTimes, at: (distance: number) => number): number[] {
  for (let distance = 0; distance < times.size; distance = 2 * distance + 1) {
    const index = at(distance);
    if (times.knows(index)) return [];
    if (!times.asked(index)) return [index];
  }
  return [];
}

/**
 * The next entries to ask for, at most `count`: the more entries of a gap are open, the more of them. None when of no
 * boundary more than `enough` entries are open, counted with the boundary's weight.
 *
 * @param bisect a gap with one boundary is cut evenly, and not where the boundary should be. Every other time it must be: in a
 * burst of writes the place that it should be at is wrong again and again.
 */
export function nextProbes(
  shards: readonly EntryTimes[],
  boundaries: readonly Boundary[],
  { count, enough, bisect }: { readonly count: number; readonly enough: number; readonly bisect: boolean },
): Probe[] {
  const wanted = shards
    .flatMap((times, shard) => gapsOf(times, shard, boundaries))
    .filter(({ open, boundaries: within }) => within.some(({ weight }) => open * weight > enough))
    // A gap of which all was asked in vain is as narrow as it will ever be.
    .filter((gap) => unasked(gap, gap.before.index + 1).length > 0)
    .map((gap) => ({ gap, probes: 0, worth: gap.open * gap.weight }));
  for (let left = count; left > 0;) {
    // Those that are worth most get one more each before the order is looked at again.
    wanted.sort((one, other) => other.worth - one.worth);
    const most = wanted[0]?.worth ?? 0;
    if (most === 0) break;
    for (const item of wanted.filter(({ worth }) => worth >= most / 2).slice(0, left)) {
      item.probes += 1;
      item.worth = item.probes < item.gap.open ? (item.gap.open * item.gap.weight) / (item.probes + 1) : 0;
      left -= 1;
    }
  }
  const probes = wanted.flatMap(({ gap, probes: some }) =>
    cuts(gap, some, bisect).flatMap((index) => unasked(gap, index)),
  );
  return [...new Map(probes.map((probe) => [`${probe.shard} ${probe.index}`, probe])).values()];
}

function gapsOf(times: EntryTimes, shard: number, boundaries: readonly Boundary[]): Gap[] {
  const gaps: Gap[] = [];
  for (let position = 0; position < boundaries.length;) {
    const boundary = boundaries[position];
    if (boundary === undefined) break;
    const { before, after } = times.gapAt(boundary.time);
    const end = firstWhere(boundaries, ({ time }) => time > after.time);
    const within = boundaries.slice(position, Math.max(end, position + 1));
    const open = after.index - before.index - 1;
    const weight = within.reduce((sum, one) => sum + one.weight, 0);
    if (open > 0) gaps.push({ times, shard, before, after, boundaries: within, open, weight });
    position += within.length;
  }
  return gaps;
}

/** Indexes inside of a gap that cut it. Two of them hold a single boundary between them, as narrowly as chance allows. */
function cuts({ before, after, boundaries, open }: Gap, wanted: number, bisect: boolean): number[] {
  const [boundary] = boundaries;
  const share = ((boundary?.time ?? NaN) - before.time) / (after.time - before.time);
  if (boundaries.length === 1 && !bisect && Number.isFinite(share)) {
    const guess = before.index + share * (open + 1);
    const spread = Math.max(1, Math.sqrt(open * share * (1 - share)));
    // One alone is put where it most probably cuts the larger side off; the next one then cuts the other.
    if (wanted === 0) return [];
    if (wanted === 1) return [share < 0.5 ? guess + spread : guess - spread];
    return [guess - spread, guess + spread];
  }
  return Array.from({ length: wanted }, (_, cut) => before.index + ((cut + 1) * (open + 1)) / (wanted + 1));
}

/** The nearest index inside of the gap that was not asked for; none when all were. */
function unasked({ times, shard, before, after }: Gap, near: number): Probe[] {
  const wanted = Math.min(Math.max(Math.round(near), before.index + 1), after.index - 1);
  for (let distance = 0; distance < after.index - before.index; distance += 1) {
    for (const index of [wanted + distance, wanted - distance]) {
      if (index > before.index && index < after.index && !times.asked(index)) return [{ shard, index }];
    }
  }
  return [];
}

/**
 * How much each boundary matters: by the fewest writes that one of its two hours may have had, because in a quiet hour a few
 * entries are many.
 */
export function weighted(writes: WriteRate): Boundary[] {
  const mean = writes.all.probable / writes.all.hours;
  const rates = writes.hours.map(({ least, hours }) => least / hours);
  return boundariesOf(writes.slices).map((time, position) => {
    const quieter = Math.min(rates[position - 1] ?? Infinity, rates[position] ?? Infinity);
    return { time, weight: mean > 0 ? (1.1 * mean) / (quieter + 0.1 * mean) : 1 };
  });
}
