/**
 * All chance of a run comes from one of these, so that a seed tells the whole run. Streams are taken from one another
 * by name: what one part draws does not change what another one draws.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Neighbouring seeds give neighbouring first numbers without this.
    this.#next();
    this.#next();
  }

  /** A stream of its own, which follows from the seed and the name alone. */
  stream(name: string): Random {
    let hash = this.#state ^ 0x9e3779b9;
    for (const character of name) {
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    }
    return new Random(hash);
  }

  /** In [0, 1). */
  number(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** In [least, most), for times. */
  between(least: number, most: number): number {
    return least + this.number() * (most - least);
  }

  /** A whole number, both bounds included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.number() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.number() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.number() * items.length)];
    if (item === undefined) {
      throw new RangeError('nothing to pick from');
    }
    return item;
  }

  /** One of the names, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) {
        return name;
      }
    }
    throw new RangeError('nothing to pick from');
  }

  /** Mulberry32: 32 bits of state are plenty for some thousand draws. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
