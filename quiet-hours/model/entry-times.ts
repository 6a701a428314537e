import { HOUR } from './week';

/** An entry of one shard, and when it was integrated. */
interface Known {
  readonly index: number;
  readonly time: number;
}

/** How many entries of a shard lie before a time: between the two bounds, and most probably so many. */
export interface Rank {
  readonly least: number;
  readonly probable: number;
  readonly most: number;
}

/**
 * What is known of the integration times in one shard. Trillian integrates in the order of indexes, so each known time
 * bounds the others. Entries that contradict that order, because a signer's clock was put back, are left out.
 */
export class EntryTimes {
  readonly size: number;
  /** By index within the shard; null for an entry that the log did not give. */
  readonly #answers = new Map<number, number | null>();
  #ordered: readonly Known[] | undefined;

  constructor(size: number) {
    this.size = size;
  }

  learn(index: number, time: number | null): void {
    this.#answers.set(index, time);
    this.#ordered = undefined;
  }

  /** Whether this entry was asked for, also in vain. */
  asked(index: number): boolean {
    return this.#answers.has(index);
  }

  /** Whether it is known when this entry was integrated. */
  knows(index: number): boolean {
    return typeof this.#answers.get(index) === 'number';
  }

  /** Known entries whose times never fall, with nothing to contradict them. */
  get ordered(): readonly Known[] {
    this.#ordered ??= longestOrdered(this.#known());
    return this.#ordered;
  }

  /** The share of known entries whose time is more than an hour away from where the others put them. */
  get disorder(): number {
    const known = this.#known();
    const kept = this.ordered;
    const astray = known.filter(({ index, time }) => {
      const next = firstWhere(kept, (entry) => entry.index >= index);
      const [before, after] = [kept[next - 1]?.time ?? -Infinity, kept[next]?.time ?? Infinity];
      return time < before - HOUR || time > after + HOUR;
    });
    return known.length === 0 ? 0 : astray.length / known.length;
  }

  /**
   * How many entries were integrated before `time`. Within a gap they are taken to be spread as `writtenBy` grows, which is what
   * all shards had taken by a time; by default evenly.
   */
  rankOf(time: number, writtenBy: (time: number) => number = (at) => at): Rank {
    const { before, after } = this.gapAt(time);
    const least = before.index + 1;
    const most = after.index;
    const share =
      (writtenBy(time) - writtenBy(before.time)) / (writtenBy(after.time) - writtenBy(before.time));
    const probable = Number.isFinite(share) ? least + share * (most - least) : least;
    return { least, probable, most };
  }

  /** The neighbouring known entries between which `time` lies; before the first and after the last there is none. */
  gapAt(time: number): { readonly before: Known; readonly after: Known } {
    const kept = this.ordered;
    const next = firstWhere(kept, (entry) => entry.time >= time);
    return {
      before: kept[next - 1] ?? { index: -1, time: -Infinity },
      after: kept[next] ?? { index: this.size, time: Infinity },
    };
  }

  #known(): Known[] {
    const known = [...this.#answers].flatMap(([index, time]) => (time === null ? [] : [{ index, time }]));
    return known.sort((one, other) => one.index - other.index);
  }
}

/** The position of the first item for which this holds, which then holds for all after it. */
export function firstWhere<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The longest part of the entries whose times never fall (patience sorting). */
function longestOrdered(known: readonly Known[]): Known[] {
  interface Link {
    readonly entry: Known;
    readonly previous: Link | undefined;
  }
  const ends: Link[] = [];
  for (const entry of known) {
    const position = firstWhere(ends, (end) => end.entry.time > entry.time);
    ends[position] = { entry, previous: ends[position - 1] };
  }
  const ordered: Known[] = [];
  for (let link = ends.at(-1); link; link = link.previous) ordered.push(link.entry);
  return ordered.reverse();
}
