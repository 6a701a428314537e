import type { Logger } from 'pino';
import { sameShards, type LoadedShards } from '../workflows/model/shards';
import type { Answer } from './answers';
import type { Clock } from './clock';
import type { Connection } from './connection';
import { ProvenConnections, type Settle } from './proven-connections';
import type { Call } from './upstream';
import type { Asking } from './upstreams';

/** Leave to send one write to where writes go; it is used once, or given back. */
export interface Line {
  readonly upstream: string;
  /** Rejects with NotSent, or with BrokenCall when Rekor may have seen the call; given up when `signal` says so. */
  send(call: Call, signal?: AbortSignal): Promise<Answer>;
  unused(): void;
}

/**
 * How writes get to Rekor: over proven connections once the gate knows what must be proven, before that over any. Only
 * writes come here; reads need no proof and have their own connections (upstreams.ts).
 */
export class Lines {
  readonly #upstreams: Asking;
  readonly #parts: {
    readonly clock: Clock;
    readonly log: Logger;
    readonly connect: (url: string) => Connection;
  };
  #aim: { readonly upstream: string; readonly shards: LoadedShards | null };
  #proven: ProvenConnections | null = null;
  /** Where writes will be sent next. */
  #prepared: ProvenConnections | null = null;
  /** Where writes went before, while calls there have not ended. */
  readonly #former = new Set<ProvenConnections>();

  constructor(parts: {
    readonly upstreams: Asking;
    readonly upstream: string;
    readonly shards: LoadedShards | null;
    readonly clock: Clock;
    readonly log: Logger;
    readonly connect: (url: string) => Connection;
  }) {
    this.#upstreams = parts.upstreams;
    this.#parts = { clock: parts.clock, log: parts.log, connect: parts.connect };
    this.#aim = { upstream: parts.upstream, shards: null };
    this.aim(parts.upstream, parts.shards);
  }

  get unproven(): string | null {
    return this.#proven?.unproven ?? null;
  }

  /** Writes that wait for a line. */
  get waiting(): number {
    return this.#proven?.waiting ?? 0;
  }

  /** From now on writes go to `upstream`, and only to processes that have loaded `shards`; null: to any. */
  aim(upstream: string, shards: LoadedShards | null): void {
    const before = this.#aim;
    const same = before.upstream === upstream && sameOrUnknown(before.shards, shards);
    const prepared = !same && this.#prepared?.leadsTo(upstream, shards) ? this.#prepared : null;
    if (prepared) this.#prepared = null;
    this.dropPrepared();
    if (same) return;
    this.#aim = { upstream, shards };
    const former = this.#proven;
    this.#proven = prepared ?? (shards && new ProvenConnections({ ...this.#parts, url: upstream, shards }));
    for (const other of this.#former) if (other.ended) this.#former.delete(other);
    if (former) this.#former.add(former);
    former?.retire();
  }

  /** So many writes will soon be sent there: the lines are opened now, and used by nobody before `aim` says so. */
  prepare(upstream: string, shards: LoadedShards, writes: number): void {
    this.dropPrepared();
    this.#prepared = new ProvenConnections({ ...this.#parts, url: upstream, shards });
    this.#prepared.open(writes);
  }

  /** Nobody will be sent there. */
  dropPrepared(): void {
    this.#prepared?.retire();
    this.#prepared = null;
  }

  /** A line that is free now, unless others wait for one. */
  now(): Line | undefined {
    return this.#proven ? this.#proven.now() : this.#plain();
  }

  /** Waits for a line; null when whoever waits should look for another way. The answer takes the waiting back. */
  wait(settle: Settle): () => void {
    if (this.#proven) return this.#proven.wait(settle);
    settle(this.#plain());
    return () => undefined;
  }

  /** A hold begins: whoever waits for a line waits there. */
  recall(): void {
    this.#proven?.recall();
  }

  /** Breaks the calls that have not ended. */
  destroy(): void {
    for (const proven of [this.#proven, this.#prepared, ...this.#former]) proven?.destroy();
  }

  #plain(): Line {
    const { upstream } = this.#aim;
    return {
      upstream,
      send: (call, signal) => this.#upstreams.of(upstream).ask(call, signal),
      unused: () => undefined,
    };
  }
}

/** Whether both are unknown, or known and the same. */
export function sameOrUnknown(one: LoadedShards | null, other: LoadedShards | null): boolean {
  return one && other ? sameShards(one, other) : one === other;
}
