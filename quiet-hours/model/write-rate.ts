import { type EntryTimes, firstWhere, type Rank } from './entry-times';
import { HOUR, type Slice } from './week';

/** How many writes the log took in some time: between two bounds, and most probably so many. */
export interface Writes {
  readonly least: number;
  readonly probable: number;
  readonly most: number;
  readonly hours: number;
}

/** The writes of the past weeks, hour by hour; the hours are without gaps. */
export class WriteRate {
  readonly slices: readonly Slice[];
  /** Each hour's beginning, and the last one's end, in seconds since 1970. */
  readonly #boundaries: readonly number[];
  /** Of each boundary, over all shards. */
  readonly #ranks: readonly Rank[];

  /**
   * @param passes how often what is probable is made sharper. Entries between two known ones are first spread evenly, so that of a
   * busy hour some fall into the quiet one beside it; each pass spreads them by the rates that the last one gave.
   */
  constructor(shards: readonly EntryTimes[], slices: readonly Slice[], passes = 0) {
    this.slices = slices;
    const times = boundariesOf(slices);
    this.#boundaries = times;
    const ranksBy = (writtenBy?: (time: number) => number): Rank[] =>
      times.map((time) => sum(shards.map((shard) => shard.rankOf(time, writtenBy))));
    let ranks = ranksBy();
    for (let pass = 0; pass < passes; pass += 1) ranks = ranksBy(growth(times, ranks));
    this.#ranks = ranks;
  }

  /** The writes from the beginning of one hour to that of another, by their positions among the slices; the end of the last one is behind them. */
  between(from: number, to: number): Writes {
    const none = { least: 0, probable: 0, most: 0 };
    const [begin = none, end = none] = [this.#ranks[from], this.#ranks[to]];
    const [since = 0, until = since] = [this.#boundaries[from], this.#boundaries[to]];
    return {
      least: Math.max(end.least - begin.most, 0),
      probable: Math.max(end.probable - begin.probable, 0),
      most: Math.max(end.most - begin.least, 0),
      hours: Math.max(until - since, 0) / HOUR,
    };
  }

  /** The writes of each hour. */
  get hours(): readonly Writes[] {
    return this.slices.map((_, position) => this.between(position, position + 1));
  }

  /** All writes of the weeks. */
  get all(): Writes {
    return this.between(0, this.slices.length);
  }

  /** In how many hours of each week a write is known, and in how many there may be one; week 0 is the last one. */
  get busyHours(): ReadonlyMap<number, { readonly known: number; readonly possible: number }> {
    const found = new Map<number, { readonly known: number; readonly possible: number }>();
    for (const [position, { least, most }] of this.hours.entries()) {
      const week = this.slices[position]?.week ?? 0;
      const { known, possible } = found.get(week) ?? { known: 0, possible: 0 };
      found.set(week, { known: known + Math.min(least, 1), possible: possible + Math.min(most, 1) });
    }
    return found;
  }
}

/** The beginnings of the hours, and the end of the last one. */
export function boundariesOf(slices: readonly Slice[]): number[] {
  return [...slices.map(({ from }) => from), ...slices.slice(-1).map(({ to }) => to)];
}

/** What was written by any time, from what probably was by the boundaries; outside of them it goes on as in the nearest hour. */
function growth(times: readonly number[], ranks: readonly Rank[]): (time: number) => number {
  return (time) => {
    const next = firstWhere(times, (boundary) => boundary > time);
    const position = Math.min(Math.max(next, 1), times.length - 1);
    const [from = 0, to = 1] = [times[position - 1], times[position]];
    const [begin = 0, end = 0] = [ranks[position - 1]?.probable, ranks[position]?.probable];
    return begin + ((end - begin) * (time - from)) / (to - from);
  };
}

/** The sum of writes in times that do not overlap. */
export function together(parts: readonly Writes[]): Writes {
  return {
    ...sum(parts),
    hours: parts.reduce((total, { hours }) => total + hours, 0),
  };
}

function sum(ranks: readonly Rank[]): Rank {
  const total = (of: (rank: Rank) => number): number => ranks.reduce((so, rank) => so + of(rank), 0);
  return {
    least: total(({ least }) => least),
    probable: total(({ probable }) => probable),
    most: total(({ most }) => most),
  };
}
