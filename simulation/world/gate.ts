import type { Answer } from '../../gate/answers';
import { badGateway, comeAgain, isTreeRefusal } from '../../gate/answers';
import type { WholeBody } from '../../gate/body';
import type { Client } from '../../gate/clients';
import type { Clock } from '../../gate/clock';
import { Hold, type Pass, type Verdict, type WaitingWrite } from '../../gate/hold';
import type { GateState } from '../../gate/messages';
import { OrderDesk } from '../../gate/order-desk';
import type { Order, Ruling } from '../../gate/orders';
import { recover } from '../../gate/recovery';
import { loadState, saveState } from '../../gate/state-file';
import type { Call, Upstream } from '../../gate/upstream';
import { Process, processes, type VirtualTime } from '../virtual-time';
import { SIMULATED_ROOT } from './files';
import { RekorGone, type RekorProcess } from './rekor';

/** The longest wait of a write, as configured by default. */
export const MAX_WAIT_MS = 3_500;
const STATE_FILE = `${SIMULATED_ROOT}gate/state.json`;

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface GateParts {
  readonly time: VirtualTime;
  /** The Rekor that answers at an address now. */
  readonly rekorAt: (url: string) => RekorProcess | undefined;
  /** A write was sent on or refused after so many milliseconds in the gate. */
  readonly onWaited: (ms: number) => void;
  /** It obeyed an order. */
  readonly onOrder: (order: Order) => void;
  readonly trace: (line: () => string) => void;
}

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

interface Running {
  readonly process: Process;
  readonly hold: Hold;
  readonly desk: OrderDesk;
  /** Ends every request of a client with a broken connection. */
  readonly broken: Set<() => void>;
}

/**
 * The write gate: the real rulings, hold, orders, saved state and recovery of gate/, without sockets. The way of a write
 * is that of gate/writes.ts.
 */
export class SimulatedGate {
  readonly #parts: GateParts;
  #running: Running | undefined;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** What it is told before it has ever run: where to send. */
  static async install(upstream: string): Promise<void> {
    await saveState(STATE_FILE, { mode: 'pass', upstream, rotation: null, number: 0, hold: null });
  }

  get up(): boolean {
    return this.#running !== undefined;
  }

  get upstream(): string | undefined {
    return this.#running?.hold.upstream;
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
      const hold = new Hold({
        clock,
        maxWaitMs: MAX_WAIT_MS,
        upstream: saved.upstream,
        mode,
        figures: saved.hold,
      });
      const desk = new OrderDesk({ hold, file: STATE_FILE, clock, log: quiet as never, saved });
      this.#running = { process, hold, desk, broken: new Set() };
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
        `  gate: ${order.kind} ${order.order.number} of ${order.order.rotation}${order.kind === 'release' ? ` to ${order.order.upstream}` : ''}: ${ruling.accepted ? 'obeyed' : ruling.message}`,
    );
    if (ruling.accepted) {
      this.#parts.onOrder(order);
    }
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

  /** The Rekor that a read is sent to now. */
  read(): RekorProcess {
    const process = this.#running && this.#parts.rekorAt(this.#running.hold.upstream);
    if (!process) {
      throw new Error('no answer');
    }
    return process;
  }

  async #answer(running: Running, body: string, client: WritingClient): Promise<Answer> {
    const { hold } = running;
    const { time, onWaited } = this.#parts;
    const write: WaitingWrite = { arrivedAt: time.elapsed, client, streamed: false };
    const verdict = hold.admit(write);
    const given = verdict instanceof Promise ? await verdict : verdict;
    onWaited(time.elapsed - write.arrivedAt);
    if (given.kind !== 'go') {
      return comeAgain('the log is being moved to a new shard; please send the entry again');
    }
    const first = await this.#call(body, given.pass);
    const lost = (first.broke || first.answer.status >= 500) && given.pass.overtaken();
    const answer = lost ? await this.#finish(running, write, body, first.answer) : first.answer;
    if (answer.status === 201) {
      hold.record?.acknowledged(write.arrivedAt, time.elapsed);
    }
    if (hold.mode !== 'healing' || !isTreeRefusal(answer)) {
      return answer;
    }
    hold.record?.refused(write.arrivedAt);
    return comeAgain('the log takes no entries at the moment; please send the entry again');
  }

  async #call(body: string, pass: Pass): Promise<{ readonly answer: Answer; readonly broke: boolean }> {
    try {
      const process = this.#parts.rekorAt(pass.upstream);
      if (!process) {
        throw new RekorGone(pass.upstream);
      }
      return { answer: await process.post(body), broke: false };
    } catch (error) {
      return { answer: badGateway(`Rekor gave no answer: ${String(error)}`), broke: true };
    } finally {
      pass.end();
    }
  }

  async #finish(running: Running, write: WaitingWrite, body: string, first: Answer): Promise<Answer> {
    const { hold } = running;
    const { time } = this.#parts;
    const kept = hold.keep(write);
    const verdict: Verdict = kept instanceof Promise ? await kept : kept;
    if (verdict.kind !== 'go') {
      return first;
    }
    const left = hold.maxWaitMs - (time.elapsed - write.arrivedAt);
    if (left <= 0) {
      verdict.pass.end();
      return first;
    }
    const deadline = new AbortController();
    const waiting = time.after(left, () => deadline.abort(), running.process);
    try {
      const call: Call = { method: 'POST', path: '/api/v1/log/entries', headers: [], body: null };
      const whole: WholeBody = {
        kind: 'whole',
        size: body.length,
        open: () => Buffer.from(body),
        text: () => Promise.resolve(body),
        discard: () => Promise.resolve(),
      };
      const answer = await recover(this.#upstream(verdict.pass.upstream), call, whole, deadline.signal);
      if (answer?.status === 201) {
        hold.record?.recovered();
      }
      return answer ?? first;
    } finally {
      waiting.cancel();
      verdict.pass.end();
    }
  }

  /** What `recover` asks of a Rekor. */
  #upstream(url: string): Upstream {
    const ask = async (call: Call): Promise<Answer> => {
      await this.#parts.time.pass(1);
      const process = this.#parts.rekorAt(url);
      if (!process) {
        throw new RekorGone(url);
      }
      const body = Buffer.isBuffer(call.body) ? call.body.toString('utf8') : '';
      if (!call.path.endsWith('/retrieve')) {
        return await process.post(body);
      }
      return process.retrieve(body.slice('{"entries":['.length, -']}'.length));
    };
    return { ask } as unknown as Upstream;
  }
}
