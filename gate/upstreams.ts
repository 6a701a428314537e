import type { Clock } from './clock';
import type { Upstream } from './upstream';

/** An instance whose connection broke is left out for so long, longer than one that is not there keeps a call waiting. */
const LEFT_OUT_MS = 5_000;

/** What is known of an instance: how to ask it, and how busy it is. */
export type Asked = Pick<Upstream, 'url' | 'busy' | 'ask' | 'passOn' | 'close' | 'destroy'>;

/**
 * The instances that the gate sends to, by address. Whoever is in no set any more is forgotten with its connections, once
 * its calls have ended: the addresses of pods are never the same twice.
 */
export class Upstreams {
  readonly #byUrl = new Map<string, Asked>();
  readonly #leaving = new Set<Asked>();
  readonly #leftOutUntil = new WeakMap<Asked, number>();
  readonly #open: (url: string) => Asked;
  readonly #clock: Clock;
  #turn = 0;

  constructor(parts: { readonly open: (url: string) => Asked; readonly clock: Clock }) {
    this.#open = parts.open;
    this.#clock = parts.clock;
  }

  /** How many are known, those included whose last calls have not ended. */
  get size(): number {
    return this.#byUrl.size + this.#leaving.size;
  }

  of(url: string): Asked {
    let upstream = this.#byUrl.get(url);
    if (!upstream) {
      upstream = this.#open(url);
      this.#byUrl.set(url, upstream);
    }
    return upstream;
  }

  /** The least busy of these that is not left out, or of all of them if all are. Equally busy ones take turns. */
  pick(urls: readonly string[]): Asked {
    const { length } = urls;
    if (length < 2) return this.of(urls[0] ?? '');
    this.#turn = (this.#turn + 1) % length;
    const [first, ...others] = urls.map((_, at) => this.of(urls[(at + this.#turn) % length] ?? '')) as [
      Asked,
    ];
    return others.reduce((best: Asked, other) => (this.#isBetter(other, best) ? other : best), first);
  }

  /** Its connection broke. Whether there is another one of these that is not left out. */
  leaveOut(upstream: Asked, urls: readonly string[]): boolean {
    this.#leftOutUntil.set(upstream, this.#clock.now() + LEFT_OUT_MS);
    return urls.some((url) => !this.#isLeftOut(this.of(url)));
  }

  /** Forgets all but these. */
  keep(urls: readonly string[]): void {
    for (const [url, upstream] of this.#byUrl) {
      if (urls.includes(url)) continue;
      this.#byUrl.delete(url);
      this.#leaving.add(upstream);
      // It is rejected only when the gate stops and breaks what is left.
      upstream
        .close()
        .catch(() => undefined)
        .finally(() => this.#leaving.delete(upstream));
    }
  }

  /** Breaks the calls that have not ended. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#byUrl.values(), ...this.#leaving].map((upstream) => upstream.destroy()));
  }

  #isBetter(one: Asked, other: Asked): boolean {
    const [oneIsOut, otherIsOut] = [this.#isLeftOut(one), this.#isLeftOut(other)];
    return oneIsOut === otherIsOut ? one.busy < other.busy : otherIsOut;
  }

  #isLeftOut(upstream: Asked): boolean {
    return this.#clock.now() < (this.#leftOutUntil.get(upstream) ?? 0);
  }
}
