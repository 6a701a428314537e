import { Upstream, type Connect } from './upstream';

/** Whoever can be asked by URL. */
export interface Asking {
  of(url: string): Pick<Upstream, 'ask'>;
}

/** The Rekors that the gate has sent to, by URL. */
export class Upstreams implements Asking {
  readonly #byUrl = new Map<string, Upstream>();
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  of(url: string): Upstream {
    let upstream = this.#byUrl.get(url);
    if (!upstream) {
      upstream = new Upstream(url, this.#connect);
      this.#byUrl.set(url, upstream);
    }
    return upstream;
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#byUrl.values()].map((upstream) => upstream.destroy()));
  }
}
