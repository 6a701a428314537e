import type { Answer } from '../../gate/answers';
import { ByteBudget } from '../../gate/byte-budget';
import type { Clock } from '../../gate/clock';
import { NotSent, type Connection } from '../../gate/connection';
import { Hold } from '../../gate/hold';
import { Lines } from '../../gate/lines';
import type { GateState } from '../../gate/messages';
import { OrderDesk } from '../../gate/order-desk';
import type { Order, Ruling } from '../../gate/orders';
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
import { SIMULATED_ROOT } from './files';
import type { Front, WritingClient } from './front';
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
const STATE_FILE = `${SIMULATED_ROOT}gate/state.json`;

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface GateParts {
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
  readonly trace: (line: () => string) => void;
}

interface Running {
  readonly process: Process;
  readonly hold: Hold;
  readonly desk: OrderDesk;
  readonly course: WriteCourse;
  /** Ends every request of a client with a broken connection. */
  readonly broken: Set<() => void>;
}

/** The write gate: everything of gate/ but its sockets. */
export class SimulatedGate implements Front {
  readonly mayFail = false;
  readonly #parts: GateParts;
  #running: Running | undefined;
  #reads = 0;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** What it is told before it has ever run: where to send, and what the guardian would tell it within a minute. */
  static async install(instance: string, shards: LoadedShards): Promise<void> {
    await saveState(STATE_FILE, {
      ...{ mode: 'pass', instances: [instance], attemptId: null, number: 0 },
      ...{ shards, switching: 'no', leaseMs: 0, hold: null },
    });
  }

  get up(): boolean {
    return this.#running !== undefined;
  }

  get instance(): string | undefined {
    return this.#running?.hold.instances[0];
  }

  get instances(): readonly string[] {
    return this.#running?.hold.instances ?? [];
  }

  get mode(): GateState['mode'] | undefined {
    return this.#running?.hold.mode;
  }

  state(): GateState | undefined {
    return this.#running?.desk.state();
  }

  async start(): Promise<void> {
    const { time } = this.#parts;
    const process = new Process('gate');
    await processes.run(process, async () => {
      const saved = await loadState(STATE_FILE);
      if (!saved) {
        throw new Error('the simulated gate has no state file');
      }
      const clock: Clock = {
        now: () => time.elapsed,
        after: (delayMs, act) => {
          const waiting = time.after(delayMs, act, process);
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
        informed: true,
        figures: saved.hold,
        counts,
      });
      const log = quiet as never;
      const upstreams = new Upstreams({ open: (url) => this.#asked(url), clock });
      const lines = new Lines({
        ...{ upstreams, instances: saved.instances, shards: saved.shards, clock, log },
        connect: (url) => this.#connect(url),
      });
      const none = new ByteBudget(0);
      const bodies = { memory: none, toWrite: none, disk: none };
      const waiting = new Waiting({ hold, lines, clock, most: MAX_WAITING });
      const alone = { inquiry: null, process: 'gate' };
      const desk = new OrderDesk({
        ...{ hold, lines, waiting, bodies, counts, file: STATE_FILE, clock, log, saved },
        ...alone,
      });
      const course = new WriteCourse({ hold, lines, waiting, clock, counts, log });
      this.#running = { process, hold, desk, course, broken: new Set() };
    });
  }

  /** Its process ends at once; connections break. */
  crash(): void {
    const running = this.#running;
    if (running) {
      this.#parts.trace(() => 'the gate dies');
      running.process.alive = false;
      this.#running = undefined;
      for (const end of [...running.broken]) {
        end();
      }
    }
  }

  /** Takes an order; undefined when nobody answers any more. */
  async order(order: Order): Promise<{ readonly ruling: Ruling; readonly state: GateState } | undefined> {
    const running = this.#running;
    if (!running) {
      return undefined;
    }
    const ruling = await processes.run(running.process, () => running.desk.take(order));
    this.#parts.trace(
      () =>
        `  gate: ${order.kind} ${order.order.number} of ${order.order.attemptId}${order.kind === 'send' ? ` to ${order.order.instances.join()}` : ''}: ${ruling.accepted ? 'obeyed' : ruling.message}`,
    );
    if (ruling.accepted) {
      this.#parts.onOrder(order);
    }
    return { ruling, state: running.desk.state() };
  }

  /** Gives it a notice; undefined when nobody answers any more. */
  async hear(
    take: (desk: OrderDesk) => Promise<Ruling>,
  ): Promise<{ readonly ruling: Ruling; readonly state: GateState } | undefined> {
    const running = this.#running;
    if (!running) {
      return undefined;
    }
    const ruling = await processes.run(running.process, () => take(running.desk));
    return { ruling, state: running.desk.state() };
  }

  /** A client's write. Rejects when its connection breaks. */
  async write(body: string, client: WritingClient): Promise<Answer> {
    const running = this.#running;
    if (!running) {
      throw new Error('connection refused');
    }
    return await new Promise<Answer>((resolve, reject) => {
      const broken = (): void => reject(new Error('connection reset'));
      running.broken.add(broken);
      this.#answer(running, body, client)
        .then(resolve, (error: unknown) => reject(error as Error))
        .finally(() => running.broken.delete(broken));
    });
  }

  dies(againAfterMs: number): boolean {
    if (!this.up) return false;
    this.crash();
    this.#parts.time.after(againAfterMs, () => void this.start(), null);
    return true;
  }

  fresh(): RekorProcess {
    return this.read();
  }

  /** The Rekor that a read is sent to now; each in turn. */
  read(): RekorProcess {
    const { instances } = this;
    const process = this.#parts.rekorAt(instances[(this.#reads += 1) % instances.length] ?? '');
    if (!process) {
      throw new Error('no answer');
    }
    return process;
  }

  async #answer(running: Running, body: string, client: WritingClient): Promise<Answer> {
    const { time, onWaited } = this.#parts;
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
      onWaited(time.elapsed - arrivedAt);
    }
    return answer;
  }

  /** Reads take another way in the model (`read`). */
  #asked(url: string): Asked {
    const nothing = (): Promise<void> => Promise.resolve();
    return {
      ...{ url, busy: 0, close: nothing, destroy: nothing, passOn: nothing },
      ask: (call) => this.#ask(url, call),
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
    const { time, onWaited } = this.#parts;
    const body = Buffer.isBuffer(bounds.body) ? bounds.body.toString('utf8') : '';
    if (bounds.path.endsWith('/retrieve')) {
      await time.pass(1);
      return process.retrieve(body.slice('{"entries":['.length, -']}'.length));
    }
    const [name, arrivedAt] = bounds.headers;
    if (name === ARRIVED_AT) {
      onWaited(time.elapsed - Number(arrivedAt));
    }
    if (process.misread && this.state()?.shards) {
      this.#parts.onMisreadWrite(process);
    }
    return await process.post(body);
  }

  /** A connection to the process that answers when it is opened; it ends with it. */
  #connect(url: string): Connection {
    const { time, rekorAt } = this.#parts;
    let opened: RekorProcess | undefined;
    return {
      loaded: async () => {
        await time.pass(1);
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
        return await this.#askProcess(opened, bounds);
      },
      onEnd: () => undefined,
      close: () => undefined,
    };
  }
}
