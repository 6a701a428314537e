import type { Answer } from '../../gate/answers';
import type { Client } from '../../gate/clients';
import type { GateState } from '../../gate/messages';
import type { RekorProcess } from './rekor';

/** The client of one write; it may leave. */
export class WritingClient implements Client {
  gone = false;
  readonly #acts = new Set<() => void>();

  onGone(act: () => void): () => void {
    this.#acts.add(act);
    return () => this.#acts.delete(act);
  }

  leave(): void {
    this.gone = true;
    for (const act of [...this.#acts]) {
      act();
    }
  }
}

/** What stands between clients and Rekor: a write gate, or what leads their connections. */
export interface Front {
  /** Whether writes may fail while a rotation leads clients away, and reads over connections of before miss what is new. */
  readonly mayFail: boolean;
  /** Where clients are sent; empty while nobody sends them. */
  readonly instances: readonly string[];
  /** What it says of the last order; undefined while it is down. */
  readonly mode: GateState['mode'] | undefined;

  /** A client's write; undefined for one to a process for which no rotation answers. Rejects when its connection breaks. */
  write(body: string, client: WritingClient): Promise<Answer | undefined>;
  /** The Rekor that a read is sent to now. Rejects or throws when none answers. */
  read(): RekorProcess | Promise<RekorProcess>;
  /** The Rekor that a new connection ends at now. Rejects or throws when none answers. */
  fresh(): RekorProcess | Promise<RekorProcess>;
  /** A process of it dies, where it has any of its own, and is started again after so long; false where none runs. */
  dies(againAfterMs: number, form: number): boolean;
  /** All its processes die at once. */
  lose(againAfterMs: number): boolean;
}
