import type { Logger } from 'pino';
import { sameInstances } from '../workflows/model/base-url';
import { sameShards, type LoadedShards } from '../workflows/model/shards';
import type { Answer } from './answers';
import type { Clock } from './clock';
import { NotSent, type Connection } from './connection';
import type { WaitingWrite } from './hold';
import type { Line } from './line';
import { ProvenConnections, type Settle } from './proven-connections';
import { BrokenCall, brokenReason, type Call, type Load } from './upstream';
import type { Asked, Upstreams } from './upstreams';

/** Each proof costs Rekor a call to Trillian for each shard, so a long hold must not ask for hundreds at one instant. */
const OPENING_AT_A_TIME = 16;

interface LinesParts {
  readonly upstreams: Upstreams;
  readonly clock: Clock;
  readonly log: Logger;
  readonly connect: (url: string, load: Load) => Connection;
}

/**
 * How writes get to Rekor: over proven connections once the gate knows what must be proven, before that over any; to the
 * least busy instance first. Only writes come here; reads need no proof and have their own connections (upstreams.ts).
 */
export class Lines {
  readonly #parts: LinesParts;
  #aim: { readonly instances: readonly string[]; readonly shards: LoadedShards | null };
  /** One for each instance that writes go to; none while nothing must be proven. */
  #proven: readonly ProvenConnections[] = [];
  /** Where writes will be sent next. */
  #prepared: readonly ProvenConnections[] = [];
  /** Where writes went before, while calls there have not ended. */
  readonly #former = new Set<ProvenConnections>();
  readonly #waiting = new Map<Settle, WaitingWrite>();

  constructor(
    parts: LinesParts & { readonly instances: readonly string[]; readonly shards: LoadedShards | null },
  ) {
    this.#parts = parts;
    this.#aim = { instances: [], shards: null };
    this.aim(parts.instances, parts.shards);
  }

  /** The instances that are sent no write, and why. */
  get unproven(): { readonly instance: string; readonly reason: string }[] {
    return this.#proven.flatMap(({ url: instance, unproven: reason }) =>
      reason === null ? [] : [{ instance, reason }],
    );
  }

  /** How many writes wait for a line. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** These writes. */
  waiting(): WaitingWrite[] {
    return [...this.#waiting.values()];
  }

  /**
   * From now on writes go to these instances, and only to processes that have loaded `shards`; null: to any. What is proven
   * already of an instance that stays, or was prepared, is not asked for again; those that are gone are forgotten.
   */
  aim(instances: readonly string[], shards: LoadedShards | null): void {
    const before = this.#aim;
    if (sameInstances(before.instances, instances) && sameOrUnknown(before.shards, shards)) {
      this.dropPrepared();
      return;
    }
    const there = [...this.#proven, ...this.#prepared];
    this.#aim = { instances, shards };
    this.#proven = shards
      ? instances.map(
          (url) => there.find((other) => other.leadsTo(url, shards)) ?? this.#connections(url, shards),
        )
      : [];
    this.#prepared = [];
    this.#retire(there.filter((other) => !this.#proven.includes(other)));
    this.recall();
  }

  /** So many writes will soon be sent there: the lines are opened now, and used by nobody before `aim` says so. */
  prepare(instances: readonly string[], shards: LoadedShards, writes: number): void {
    this.dropPrepared();
    this.#prepared = instances.map((url) => this.#connections(url, shards));
    for (let more = Math.min(writes, OPENING_AT_A_TIME); more > 0; more -= 1)
      leastBusy(this.#prepared)?.open();
  }

  /** Nobody will be sent there. */
  dropPrepared(): void {
    const dropped = this.#prepared;
    this.#prepared = [];
    this.#retire(dropped);
  }

  /** A line that is free now, unless others wait for one. */
  now(): Line | undefined {
    if (this.#aim.shards === null) return this.#plain();
    if (this.#waiting.size > 0) return undefined;
    let best: ProvenConnections | undefined;
    for (const proven of this.#proven)
      if (proven.isIdle && (best === undefined || proven.busy < best.busy)) best = proven;
    return best?.now();
  }

  /** A write waits for a line, behind those that wait already; null: look for another way. The answer takes the waiting back. */
  wait(write: WaitingWrite, settle: Settle): () => void {
    if (this.#aim.shards === null) {
      settle(this.#plain());
      return () => undefined;
    }
    this.#waiting.set(settle, write);
    this.#openMore();
    return () => this.#waiting.delete(settle);
  }

  /** Whoever waits looks for another way: in a hold, that is to wait there. */
  recall(): void {
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const settle of waiting) settle(null);
  }

  /** Breaks the calls that have not ended. */
  destroy(): void {
    this.recall();
    for (const proven of [...this.#proven, ...this.#prepared, ...this.#former]) proven.destroy();
  }

  #connections(url: string, shards: LoadedShards): ProvenConnections {
    const { upstreams, connect, clock, log } = this.#parts;
    const load = upstreams.of(url);
    const proven: ProvenConnections = new ProvenConnections({
      ...{ url, shards, load, clock, log },
      connect: () => connect(url, load),
      firstWaiting: () => (this.#waiting.size > 0 ? this.#firstWaitingFor(proven) : undefined),
      openMore: () => this.#openMore(),
    });
    return proven;
  }

  #firstWaitingFor(proven: ProvenConnections): Settle | undefined {
    if (!this.#proven.includes(proven)) return undefined;
    const [first] = this.#waiting.keys();
    if (first) this.#waiting.delete(first);
    return first;
  }

  #openMore(): void {
    const open = this.#proven.filter(({ mayOpen }) => mayOpen);
    let opening = open.reduce((sum, proven) => sum + proven.opening, 0);
    for (; opening < Math.min(this.#waiting.size, OPENING_AT_A_TIME); opening += 1) leastBusy(open)?.open();
  }

  #retire(gone: readonly ProvenConnections[]): void {
    for (const other of this.#former) if (other.ended) this.#former.delete(other);
    for (const proven of gone) {
      this.#former.add(proven);
      proven.retire();
    }
    this.#parts.upstreams.keep(this.#aim.instances);
  }

  #plain(): Line {
    const upstream = this.#parts.upstreams.pick(this.#aim.instances);
    const isAlone = this.#aim.instances.length === 1;
    const { url: instance } = upstream;
    const send: Line['send'] = isAlone
      ? (call, signal) => upstream.ask(call, signal)
      : (call, signal) => this.#askOneOfSeveral(upstream, call, signal);
    return { instance, send, unused: () => undefined };
  }

  async #askOneOfSeveral(upstream: Asked, call: Call, signal?: AbortSignal): Promise<Answer> {
    try {
      return await upstream.ask(call, signal);
    } catch (error) {
      if (!(error instanceof BrokenCall && error.gone)) throw error;
      const thereIsAnother = this.#parts.upstreams.leaveOut(upstream, this.#aim.instances);
      throw thereIsAnother && !error.sent ? new NotSent(brokenReason(error)) : error;
    }
  }
}

function leastBusy(among: readonly ProvenConnections[]): ProvenConnections | undefined {
  const [first, ...others] = among;
  return first && others.reduce((best, other) => (other.busy < best.busy ? other : best), first);
}

/** Whether both are unknown, or known and the same. */
export function sameOrUnknown(one: LoadedShards | null, other: LoadedShards | null): boolean {
  return one && other ? sameShards(one, other) : one === other;
}
