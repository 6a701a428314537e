import type { Answer } from '../../gate/answers';
import type { GateState, SendOrder } from '../../gate/messages';
import { ANSWERS_WITHIN_MS, type PeerAnswer } from '../../gate/peers';
import type { LoadedShards } from '../../workflows/model/shards';
import { sameInstances } from '../../workflows/model/base-url';
import type { Random } from '../random';
import { processes } from '../virtual-time';
import { SIMULATED_ROOT, type SimulatedFiles } from './files';
import type { Front, WritingClient } from './front';
import { SimulatedGate, type GateParts } from './gate';
import { NoAnswer } from './network';
import type { RekorProcess } from './rekor';

interface GatesParts extends Omit<GateParts, 'name' | 'stateFile' | 'ask'> {
  readonly count: 1 | 2;
  readonly random: Random;
  readonly files: SimulatedFiles;
}

/** The write gates of a log, and before them a balancer that goes on to another one where a connection is refused. */
export class Gates implements Front {
  readonly mayFail = false;
  readonly all: readonly SimulatedGate[];
  readonly #parts: GatesParts;
  /** No gate hears of another one until then. */
  #apartUntil = 0;
  /** What each one's state file said at some time or other. */
  readonly #saved = new Map<SimulatedGate, string[]>();

  constructor(parts: GatesParts) {
    this.#parts = parts;
    const { count } = parts;
    const isAlone = count === 1;
    this.all = Array.from({ length: count }, (_, position) => {
      const gate: SimulatedGate = new SimulatedGate({
        ...parts,
        name: isAlone ? 'the gate' : `gate ${position + 1}`,
        stateFile: `${SIMULATED_ROOT}gate${isAlone ? '' : `-${position + 1}`}/state.json`,
        ask: isAlone ? null : () => this.#askOthers(gate),
        onOrder: (order) => {
          this.#remember(gate);
          parts.onOrder(order);
          if (order.kind === 'send') this.#lookAtOthers(gate);
        },
      });
      return gate;
    });
  }

  /** The gates as they run before anything happens. */
  async begin(instance: string, shards: LoadedShards): Promise<void> {
    for (const gate of this.all) {
      await gate.install(instance, shards);
      this.#remember(gate);
    }
    await Promise.all(this.all.map((gate) => gate.start()));
  }

  get #up(): readonly GateState[] {
    return this.all.flatMap((gate) => gate.state() ?? []);
  }

  get #informed(): readonly GateState[] {
    return this.#up.filter(({ informed }) => informed);
  }

  get instances(): readonly string[] {
    return (this.#informed[0] ?? this.#up[0])?.instances ?? [];
  }

  get mode(): GateState['mode'] | undefined {
    const [first, ...others] = this.#up;
    if (!first || others.length + 1 < this.all.length) return undefined;
    const agree = others.every(
      ({ mode, instances }) => mode === first.mode && sameInstances(instances, first.instances),
    );
    return agree && this.#informed.length === this.all.length ? first.mode : 'healing';
  }

  /** Of the last order; undefined while one of them says nothing, or does not know. */
  state(): GateState | undefined {
    if (this.#informed.length < this.all.length || this.all.some(({ stopped }) => stopped)) return undefined;
    return this.#informed.reduce((one, other) => (other.number > one.number ? other : one));
  }

  /** Somebody sends clients there by hand, one gate after the other. Returns whether any of them has obeyed, as far as they say. */
  async sendByHand(order: SendOrder): Promise<boolean | 'unknown'> {
    let obeyed = false;
    try {
      for (const kind of this.all.length > 1 ? (['switch', 'send'] as const) : (['send'] as const)) {
        for (const gate of this.all) {
          const { ruling } = await gate.order({ kind, order });
          if (!ruling.accepted) return obeyed;
          obeyed = true;
        }
      }
    } catch (error) {
      // One that cannot save an order has not obeyed it, and whoever gave it is told. One that dies may have saved it.
      return error instanceof NoAnswer && error.code === 'ECONNRESET' ? obeyed || 'unknown' : obeyed;
    }
    return obeyed;
  }

  async write(body: string, client: WritingClient): Promise<Answer> {
    return await this.#reached().write(body, client);
  }

  async read(): Promise<RekorProcess> {
    return await this.#reached().read();
  }

  async fresh(): Promise<RekorProcess> {
    return await this.read();
  }

  /** One that listens; whoever has refused the connection is passed over. */
  #reached(): SimulatedGate {
    const { all } = this;
    const from = all.length > 1 ? this.#parts.random.whole(0, all.length - 1) : 0;
    const reached = [...all.slice(from), ...all.slice(0, from)].find(({ listens }) => listens);
    if (!reached) throw new NoAnswer('ECONNREFUSED');
    return reached;
  }

  dies(againAfterMs: number, form: number): boolean {
    return this.#kill(this.#chosen(form), againAfterMs);
  }

  lose(againAfterMs: number): boolean {
    // Each takes its own time to come back.
    return this.all
      .map((gate, position) => this.#kill(gate, againAfterMs + (position > 0 ? this.#laterMs() : 0)))
      .includes(true);
  }

  /**
   * One dies and comes back with what its state file said earlier: its disk was put back. The others know better, and are not put back
   * with it.
   */
  comesBackOlder(againAfterMs: number, form: number): boolean {
    const gate = this.#chosen(form);
    const older = (this.#saved.get(gate) ?? []).slice(0, -1);
    const others = this.all.filter((other) => other !== gate);
    if (others.length === 0 || older.length === 0) return false;
    if (others.some((other) => other.state()?.informed !== true)) return false;
    return this.#kill(gate, againAfterMs, this.#parts.random.pick(older));
  }

  stops(forMs: number, form: number): boolean {
    const gate = this.#chosen(form);
    if (this.all.length === 1 || !gate.up || gate.stopped) return false;
    gate.stop(forMs, this.#parts.random.chance(0.5));
    return true;
  }

  /** None hears of another one for so long; clients and workers reach each. */
  cutApart(forMs: number): boolean {
    this.#apartUntil = this.#parts.time.now + forMs;
    return this.all.length > 1;
  }

  #chosen(form: number): SimulatedGate {
    return this.all[Math.floor(form * this.all.length)] as SimulatedGate;
  }

  #laterMs(): number {
    const { random } = this.#parts;
    return random.pick([0, random.between(0, 300), random.between(0, 4_000)]);
  }

  #kill(gate: SimulatedGate, againAfterMs: number, withState?: string): boolean {
    if (!gate.up) return false;
    const { time, files, trace } = this.#parts;
    gate.crash();
    time.after(
      againAfterMs,
      () => {
        if (withState !== undefined) {
          trace(() => `${gate.name} comes back with an older state file`);
          files.put(gate.stateFile, withState);
        }
        void gate.start();
      },
      null,
    );
    return true;
  }

  /** Where the others send whoever reads at this moment; one that is stopped sends nobody. */
  #lookAtOthers(gate: SimulatedGate): void {
    for (const other of this.all) {
      const state = other.state();
      if (other !== gate && other.listens && !other.stopped && state?.informed)
        this.#parts.onRead(state.instances, Infinity);
    }
  }

  #remember(gate: SimulatedGate): void {
    const saved = this.#saved.get(gate) ?? [];
    this.#saved.set(gate, saved);
    const content = this.#parts.files.peek(gate.stateFile);
    if (content !== null && content !== saved.at(-1)) saved.push(content);
  }

  async #askOthers(gate: SimulatedGate): Promise<readonly PeerAnswer[]> {
    return await Promise.all(
      this.all.filter((other) => other !== gate).map((other) => this.#askOne(other, gate.name)),
    );
  }

  /** Over the network, for the process that asks. */
  async #askOne(gate: SimulatedGate, peer: string): Promise<PeerAnswer> {
    const { time, random } = this.#parts;
    const asks = processes.getStore();
    const url = gate.name;
    return await new Promise<PeerAnswer>((resolve) => {
      const none = (words: string): void => resolve({ url, state: null, words });
      time.after(ANSWERS_WITHIN_MS, () => none('no answer'), asks);
      const unlessCut = (act: () => void): void => {
        if (time.now >= this.#apartUntil) time.after(random.between(0.2, 1), act, asks);
      };
      time.after(
        random.between(0.2, 1),
        () => {
          if (time.now < this.#apartUntil) return;
          gate.askByPeer(peer).then(
            (state) => unlessCut(() => resolve({ url, state, words: `order ${state.number}` })),
            (error: unknown) => unlessCut(() => none(String(error))),
          );
        },
        null,
      );
    });
  }
}
