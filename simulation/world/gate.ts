import type { Answer } from '../../gate/answers';
import { ByteBudget } from '../../gate/byte-budget';
import type { Clock } from '../../gate/clock';
import { NotSent, type Connection } from '../../gate/connection';
import { Hold } from '../../gate/hold';
import { Inquiry } from '../../gate/inquiry';
import { Lines } from '../../gate/lines';
import type { GateState } from '../../gate/messages';
import { OrderDesk } from '../../gate/order-desk';
import type { Order, Ruling } from '../../gate/orders';
import type { PeerAnswer } from '../../gate/peers';
import { loadState, saveState } from '../../gate/state-file';
import type { Call } from '../../gate/upstream';
import { type Asked, Upstreams } from '../../gate/upstreams';
import { Waiting } from '../../gate/waiting';
import { WriteCounts } from '../../gate/write-counts';
import { WriteCourse } from '../../gate/write-course';
import type { LoadedShards } from '../../workflows/model/shards';
import { SHORTEST_RECREATE_MS } from '../../workflows/model/room';
import type { Scenario } from '../scenario';
import { Process, processes, type VirtualTime } from '../virtual-time';
import type { WritingClient } from './front';
import { NoAnswer } from './network';
import { RekorGone, type RekorProcess } from './rekor';

/** The longest wait of a write: as configured by default, or as a strategy needs it in whose section pods end and come. */
export function maxWaitOf({ strategy }: Pick<Scenario, 'strategy'>): number {
  return strategy === 'recreate' ? SHORTEST_RECREATE_MS + 1_000 : 3_500;
}

/** As configured by default. */
const MAX_WAITING = 2_000;

const WRITE_PATH = '/api/v1/log/entries';
/** Tells a simulated call when its write had come. */
const ARRIVED_AT = 'Arrived-At';

/** Less than anything that happens takes; milliseconds. */
const A_MOMENT_MS = 0.05;

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A gate that does not know where to send answers 503 (gate/proxy.ts). */
export class GateUninformed extends Error {}

/** A fault put into each gate. */
export interface GateMutation {
  /** It does not ask before it serves. */
  readonly startsInformed?: true;
  readonly inquiry?: (inquiry: Inquiry, hold: Hold) => Pick<Inquiry, 'begin' | 'end'>;
}

export interface GateParts {
  /** For people. */
  readonly name: string;
  readonly stateFile: string;
  /** Asks the other gates of the log; null for one that is alone. */
  readonly ask: (() => Promise<readonly PeerAnswer[]>) | null;
  readonly time: VirtualTime;
  readonly maxWaitMs: number;
  /** The Rekor that answers at an address now. */
  readonly rekorAt: (url: string) => RekorProcess | undefined;
  /** A write was sent on or refused after so many milliseconds in the gate. */
  readonly onWaited: (ms: number) => void;
  /** It sent a write, though it knew better, to a process with a wrong length. */
  readonly onMisreadWrite: (process: RekorProcess) => void;
  /** It obeyed an order. */
  readonly onOrder: (order: Order) => void;
  /** It sends a read, which began then, to one of these. */
  readonly onRead: (instances: readonly string[], beganAt: number) => void;
  readonly mutation: GateMutation;
  readonly trace: (line: () => string) => void;
}

interface Running {
  readonly process: Process;
  readonly hold: Hold;
  readonly desk: OrderDesk;
  readonly course: WriteCourse;
  /** Ends every connection. */
  readonly broken: Set<() => void>;
  /** The public port is open. */
  listens: boolean;
}

/** One process of a write gate, and those that follow it on its state file: everything of gate/ but its sockets. */
export class SimulatedGate {
  readonly name: string;
  readonly stateFile: string;
  readonly #parts: GateParts;
  #running: Running | undefined;
  #starts = 0;
  /** When it went or goes on after it was stopped, and when it reads then what has come meanwhile. */
  #goesOn = { at: 0, reads: Promise.resolve() };
  #reads = 0;

  constructor(parts: GateParts) {
    this.name = parts.name;
    this.stateFile = parts.stateFile;
    this.#parts = parts;
  }

  /** What it is told before it has ever run: where to send, and what the guardian would tell it within a minute. */
  async install(instance: string, shards: LoadedShards): Promise<void> {
    await saveState(this.stateFile, {
      ...{ mode: 'pass', instances: [instance], attemptId: null, number: 0 },
      ...{ shards, switching: 'no', leaseMs: 0, hold: null },
    });
  }

  /** Its process runs. */
  get up(): boolean {
    return this.#running !== undefined;
  }

  /** Clients can connect to it. */
  get listens(): boolean {
    return this.#running?.listens === true;
  }

  get instance(): string | undefined {
    return this.#running?.hold.instances[0];
  }

  get mode(): GateState['mode'] | undefined {
    return this.#running?.hold.mode;
  }

  get stopped(): boolean {
    return (this.#running?.process.stoppedUntil ?? 0) > this.#parts.time.now;
  }

  state(): GateState | undefined {
    return this.#running?.desk.state();
  }

  /** Resolves when it serves; never when its process dies before. */
  async start(): Promise<void> {
    const { time, ask, mutation } = this.#parts;
    const process = new Process(this.name);
    this.#starts += 1;
    await processes.run(process, async () => {
      const saved = await loadState(this.stateFile);
      if (!saved) {
        throw new Error('the simulated gate has no state file');
      }
      const clock: Clock = {
        now: () => time.elapsed,
        after: (delayMs, act) => {
          const waiting = time.after(delayMs, () => processes.run(process, act), process);
          return () => waiting.cancel();
        },
      };
      const mode = saved.mode === 'hold' ? 'healing' : 'pass';
      const counts = new WriteCounts();
      const hold = new Hold({
        clock,
        maxWaitMs: this.#parts.maxWaitMs,
        instances: saved.instances,
        mode,
        informed: ask === null || mutation.startsInformed === true,
        figures: saved.hold,
        counts,
      });
      const log = quiet as never;
      const upstreams = new Upstreams({ open: (url) => this.#asked(url, process), clock });
      const lines = new Lines({
        ...{ upstreams, instances: saved.instances, shards: saved.shards, clock, log },
        connect: (url) => this.#connect(url, process),
      });
      const none = new ByteBudget(0);
      const bodies = { memory: none, toWrite: none, disk: none };
      const waiting = new Waiting({ hold, lines, clock, most: MAX_WAITING });
      const name = `${this.name}, process ${this.#starts}`;
      const asking = ask && new Inquiry({ ask, process: name, clock, log });
      const inquiry = asking && (mutation.inquiry?.(asking, hold) ?? asking);
      const desk = new OrderDesk({
        ...{ hold, lines, waiting, bodies, counts, inquiry, file: this.stateFile, clock, log, saved },
        process: name,
      });
      const course = new WriteCourse({ hold, lines, waiting, clock, counts, log });
      const running = { process, hold, desk, course, broken: new Set<() => void>(), listens: false };
      this.#running = running;
      await desk.untilInformed();
      running.listens = true;
      if (ask) this.#parts.trace(() => `${this.name} serves, and sends to ${hold.instances.join()}`);
    });
  }

  /** Its process ends at once; connections break. */
  crash(): void {
    const running = this.#running;
    if (running) {
      this.#parts.trace(() => `${this.name} dies`);
      running.process.alive = false;
      this.#running = undefined;
      for (const end of [...running.broken]) {
        end();
      }
    }
  }

  /**
   * SIGSTOP, and SIGCONT after so long. What has come meanwhile is read before timers that are over fire, as libuv does for a process
   * that was waiting, or after them.
   */
  stop(ms: number, readsFirst: boolean): void {
    const running = this.#running;
    if (!running || this.stopped) return;
    const { time, trace } = this.#parts;
    trace(() => `${this.name} is stopped for ${ms} ms`);
    running.process.stoppedUntil = time.now + ms;
    const reads = new Promise<void>((resolve) => {
      time.after(
        readsFirst ? ms - A_MOMENT_MS : ms,
        () => {
          trace(() => `${this.name} goes on`);
          resolve();
        },
        null,
      );
    });
    this.#goesOn = { at: time.now + ms, reads };
  }

  /** Takes an order. Rejects with `NoAnswer`. */
  order(order: Order): Promise<{ readonly ruling: Ruling; readonly state: GateState }> {
    return this.#connected(async ({ desk }) => {
      const ruling = await desk.take(order);
      this.#parts.trace(
        () =>
          `  ${this.name}: ${order.kind} ${order.order.number} of ${order.order.attemptId}${'instances' in order.order ? ` to ${order.order.instances.join()}` : ''}: ${ruling.accepted ? 'obeyed' : ruling.message}`,
      );
      if (ruling.accepted) {
        this.#parts.onOrder(order);
      }
      return { ruling, state: desk.state() };
    });
  }

  /** Gives it a notice. Rejects with `NoAnswer`. */
  hear(
    take: (desk: OrderDesk) => Promise<Ruling>,
  ): Promise<{ readonly ruling: Ruling; readonly state: GateState }> {
    return this.#connected(async ({ desk }) => ({ ruling: await take(desk), state: desk.state() }));
  }

  /** Asks it how it stands. Rejects with `NoAnswer`. */
  ask(): Promise<GateState> {
    return this.#connected(({ desk }) => Promise.resolve(desk.state()));
  }

  /** Another gate asks it. Rejects with `NoAnswer`. */
  askByPeer(peer: string): Promise<GateState> {
    return this.#connected(({ desk }) => Promise.resolve(desk.tellPeer(peer)));
  }

  /** A client's write. Rejects when its connection breaks. */
  write(body: string, client: WritingClient): Promise<Answer> {
    return this.#connected((running) => this.#answer(running, body, client));
  }

  /** The Rekor that a read is sent to now; each in turn. Rejects when none answers, and with `GateUninformed`. */
  read(): Promise<RekorProcess> {
    const { time, rekorAt, onRead } = this.#parts;
    const beganAt = time.now;
    return this.#connected(({ hold: { informed, instances } }) => {
      if (!informed) {
        throw new GateUninformed(`${this.name} answers 503`);
      }
      onRead(instances, beganAt);
      const turn = (this.#reads += 1) % instances.length;
      // Where an instance breaks off, a read goes to another one.
      const inTurn = [...instances.slice(turn), ...instances.slice(0, turn)];
      const process = inTurn.map((url) => rekorAt(url)).find((found) => found !== undefined);
      if (!process) {
        throw new Error('no answer');
      }
      return Promise.resolve(process);
    });
  }

  /** Over a connection, which breaks when its process dies. */
  #connected<Result>(act: (running: Running) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const running = this.#running;
      if (!running) {
        throw new NoAnswer('ECONNREFUSED');
      }
      const broken = (): void => reject(new NoAnswer('ECONNRESET'));
      running.broken.add(broken);
      const served = async (): Promise<Result> => {
        await this.#works(running.process);
        return await processes.run(running.process, () => act(running));
      };
      served()
        .then(resolve, reject)
        .finally(() => running.broken.delete(broken));
    });
  }

  /** Resolves when a process reads what has come for it; never for one that is dead. */
  async #works(process: Process): Promise<void> {
    if (process.stoppedUntil > this.#parts.time.now) await this.#goesOn.reads;
    if (!process.alive) await new Promise<never>(() => undefined);
  }

  /** An answer, as a process hears of it. */
  async #heard<Result>(process: Process, answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } finally {
      await this.#works(process);
    }
  }

  async #answer(running: Running, body: string, client: WritingClient): Promise<Answer> {
    const { time } = this.#parts;
    const arrivedAt = time.elapsed;
    const answer = await running.course.answer({
      ...{ arrivedAt, client, streamed: false, keptBytes: body.length },
      body: {
        kind: 'whole',
        size: body.length,
        open: () => Buffer.from(body),
        text: () => Promise.resolve(body),
        discard: () => Promise.resolve(),
      },
      call: { method: 'POST', path: WRITE_PATH, headers: [ARRIVED_AT, String(arrivedAt)] },
    });
    if (answer.status === 503) {
      this.#waited(arrivedAt);
    }
    return answer;
  }

  /** A gate that is stopped lets nobody go in time. */
  #waited(arrivedAt: number): void {
    const { time, onWaited } = this.#parts;
    const waitedMs = time.elapsed - arrivedAt;
    if (time.now - waitedMs >= this.#goesOn.at) onWaited(waitedMs);
  }

  /** Reads take another way in the model (`read`). */
  #asked(url: string, process: Process): Asked {
    const nothing = (): Promise<void> => Promise.resolve();
    return {
      ...{ url, busy: 0, close: nothing, destroy: nothing, passOn: nothing },
      ask: (call) => this.#heard(process, this.#ask(url, call)),
    };
  }

  /** One call to whoever answers at an address now. */
  async #ask(url: string, bounds: Call): Promise<Answer> {
    const process = this.#parts.rekorAt(url);
    if (!process) {
      throw new RekorGone(url);
    }
    return await this.#askProcess(process, bounds);
  }

  async #askProcess(process: RekorProcess, bounds: Call): Promise<Answer> {
    const { time } = this.#parts;
    const body = Buffer.isBuffer(bounds.body) ? bounds.body.toString('utf8') : '';
    if (bounds.path.endsWith('/retrieve')) {
      await time.pass(1);
      return process.retrieve(body.slice('{"entries":['.length, -']}'.length));
    }
    const [name, arrivedAt] = bounds.headers;
    if (name === ARRIVED_AT) {
      this.#waited(Number(arrivedAt));
    }
    if (process.misread && this.state()?.shards) {
      this.#parts.onMisreadWrite(process);
    }
    return await process.post(body);
  }

  /** A connection to the process that answers when it is opened; it ends with it. */
  #connect(url: string, process: Process): Connection {
    const { time, rekorAt } = this.#parts;
    let opened: RekorProcess | undefined;
    return {
      loaded: async () => {
        await this.#heard(process, time.pass(1));
        opened = rekorAt(url);
        if (!opened) {
          throw new RekorGone(url);
        }
        const { activeTreeId, inactive } = opened.log();
        return {
          activeTreeId,
          inactive: inactive.map(({ treeId, loadedLength: length }) => ({ treeId, length })),
        };
      },
      send: async (bounds) => {
        if (opened?.running !== true || opened.stopping) {
          throw new NotSent('the connection has ended');
        }
        return await this.#heard(process, this.#askProcess(opened, bounds));
      },
      onEnd: () => undefined,
      close: () => undefined,
    };
  }
}
