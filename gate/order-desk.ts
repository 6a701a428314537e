import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { sameInstances } from '../workflows/model/base-url';
import type { Clock } from './clock';
import { conclude } from './conclusion';
import type { Hold } from './hold';
import type { Inquiry } from './inquiry';
import type { BodyLimits } from './kept-body';
import { sameOrUnknown, type Lines } from './lines';
import type { GateState, HoldFigures, HoldOrder, NextNotice, ShardsNotice } from './messages';
import { note, noteNext, rule, type Order, type Ruling, type GateMemory } from './orders';
import type { PeerAnswer } from './peers';
import { readState, saveState, type SavedState } from './state-file';
import type { Waiting } from './waiting';
import type { WriteCounts } from './write-counts';

/** Figures still move after a hold, with the writes that it let go; they are saved this much after the last change. */
const SAVE_FIGURES_AFTER_MS = 250;
/** So long after a hold a write that waited in it is answered: several times what Rekor takes. */
const FIGURES_MOVE_MS = 1_000;

interface DeskParts {
  readonly hold: Hold;
  readonly lines: Lines;
  readonly waiting: Pick<Waiting, 'count'>;
  readonly bodies: Pick<BodyLimits, 'memory' | 'toWrite' | 'disk'>;
  readonly counts: WriteCounts;
  /** Null for a gate that is alone: nobody else is given orders. */
  readonly inquiry: Pick<Inquiry, 'begin' | 'end'> | null;
  /** Names this process among the gates of its log. */
  readonly process: string;
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Takes orders one after the other: ruled on, saved, obeyed, answered. An order is saved before it is obeyed, so a gate
 * that dies in between comes back with what its clients may already have seen, never with less.
 */
export class OrderDesk {
  readonly #parts: DeskParts;
  #memory: GateMemory;
  #saved: SavedState;
  /** Why the last save failed; null when it did not. */
  #notSaved: string | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #stopSaving: () => void = () => undefined;
  #figuresMoveUntil = 0;
  #toldPeers = 0;
  /** The last order but one to send that it was given since it is not informed: whoever gave it knows that it serves nobody. */
  #toldUninformed: number | null = null;
  /** The state file may be another process's by now. */
  #hasLeft = false;

  constructor({ saved, ...parts }: DeskParts & { readonly saved: SavedState }) {
    this.#parts = parts;
    const { mode, instances, attemptId, number, shards, switching, leaseMs, asOf } = saved;
    this.#memory = { mode, instances, attemptId, number, shards, switching, leaseMs, asOf };
    this.#saved = saved;
  }

  /** Whether it knows the last order that any gate of its log was given. While it does not, it serves nobody. */
  get informed(): boolean {
    return this.#parts.hold.informed;
  }

  /** How often it has told other gates how it stands. */
  get toldPeers(): number {
    return this.#toldPeers;
  }

  /**
   * How it stands, for another gate, which may go on by it.
   *
   * @param process which asks; its own may, for it is asked under every name.
   */
  tellPeer(process: string): GateState {
    if (process !== this.#parts.process) this.#toldPeers += 1;
    return this.state();
  }

  /** Resolves when it is informed, or when it leaves. */
  async untilInformed(): Promise<void> {
    if (!this.informed) await this.#parts.inquiry?.begin(this);
  }

  state(): GateState {
    const { attemptId, number, shards, switching, leaseMs, asOf } = this.#memory;
    const { bodies, process } = this.#parts;
    const { writesInFlight, streamsInFlight } = this.#parts.hold.counts();
    return {
      process,
      mode: this.#parts.hold.mode,
      informed: this.informed,
      ...{ switching, leaseMs, asOf },
      instances: this.#parts.hold.instances,
      attemptId,
      number,
      ...{ writesInFlight, streamsInFlight, writesWaiting: this.#parts.waiting.count },
      shards,
      unproven: this.#parts.lines.unproven,
      bodyMemoryBytes: bodies.memory.usedBytes + bodies.toWrite.usedBytes,
      spooledBytes: bodies.disk.usedBytes,
      hold: this.#figures(),
      writes: this.#parts.counts.counted(),
    };
  }

  /** Rejects when the order could not be saved; it has then not been obeyed. */
  take(order: Order): Promise<Ruling> {
    return this.#inTurn(async () => {
      const ruling = this.#isOverFor(order) ?? rule(this.#memory, order, this.informed);
      if (!ruling.accepted) {
        this.#parts.log.warn({ order: order.order, code: ruling.code }, 'order refused');
        return ruling;
      }
      if (JSON.stringify(ruling.memory) !== JSON.stringify(this.#memory)) await this.#save(ruling.memory);
      // The lease may have ended while it was saved.
      const over = this.#isOverFor(order);
      if (over) {
        await this.#save(this.#memory);
        return over;
      }
      const sameAttempt = ruling.memory.attemptId === this.#memory.attemptId;
      this.#memory = ruling.memory;
      if (!this.informed && order.kind !== 'send') this.#toldUninformed = order.order.number;
      this.#obey(order, sameAttempt);
      return ruling;
    });
  }

  /** Takes what a Rekor must have loaded. Rejects when it could not be saved; it is then not in force. */
  hear(notice: ShardsNotice): Promise<Ruling> {
    return this.#inTurn(async () => {
      const ruling = note(this.#memory, notice);
      if (!ruling.accepted || sameOrUnknown(this.#memory.shards, notice.shards)) return ruling;
      await this.#save(ruling.memory);
      this.#memory = ruling.memory;
      this.#parts.log.info({ ...notice }, 'told what Rekor must have loaded');
      this.#parts.lines.aim(notice.instances, notice.shards);
      return ruling;
    });
  }

  /**
   * Takes over what it can conclude from the other gates. Rejects when that could not be saved; it is then not in force.
   *
   * Two gates must not conclude from each other's answers, each from how the other one stood before: an order may have landed since. So
   * answers are void once another gate was told how this one stands after it had asked. Of two that conclude, one then hears that the
   * other one has.
   *
   * @param toldPeers as it was before they were asked.
   * @returns whether it is informed.
   */
  hearPeers(answers: readonly PeerAnswer[], toldPeers: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.informed) return true;
      const states = answers.map(({ state }) => state);
      const memory = conclude(this.#memory, states);
      if (!memory) return false;
      if (!isDeepStrictEqual(memory, this.#memory)) await this.#save(memory);
      if (this.#toldPeers !== toldPeers) return false;
      this.#memory = memory;
      const { hold, lines, log } = this.#parts;
      const { mode, attemptId, number, instances, shards } = memory;
      log.info({ mode, attemptId, number, instances }, 'informed by the other gates of this log');
      lines.aim(instances, shards);
      hold.switchTo(instances);
      if (mode === 'pass') hold.send(instances);
      else hold.heal();
      hold.inform();
      return true;
    });
  }

  /** Takes where the hold will end, and prepares for it. */
  hearOfNext(notice: NextNotice): Promise<Ruling> {
    return this.#inTurn(() => {
      const ruling = noteNext(this.#memory, notice);
      if (ruling.accepted && this.#parts.hold.mode === 'hold')
        this.#parts.lines.prepare(notice.instances, notice.shards, this.#parts.hold.counts().writesWaiting);
      return Promise.resolve(ruling);
    });
  }

  /**
   * Takes no order any more and saves nothing any more, once the figures are saved that have changed since the last order: what
   * orders there are from now on, another process may take. Does nothing while writes are held, and in the second after that,
   * in which its figures still move; unless `evenInHold`.
   *
   * @returns whether it has left.
   */
  leave(evenInHold = false): Promise<boolean> {
    if (this.#hasLeft) return Promise.resolve(true);
    return this.#inTurn(async () => {
      const { hold, clock } = this.#parts;
      const stays = hold.mode === 'hold' || clock.now() < this.#figuresMoveUntil;
      if (stays && !evenInHold) return false;
      try {
        await this.#saveFigures();
      } catch (error) {
        this.#parts.log.error({ err: error }, 'figures could not be saved');
      }
      this.#stopSaving();
      this.#hasLeft = true;
      this.#parts.inquiry?.end();
      return true;
    });
  }

  /**
   * Why a gate that starts from the state file would not know what this one knows, in words; null when it would. A file that is
   * missing, and one that could not be saved, are saved now. One that says something else is left alone: whoever wrote it may
   * know better.
   */
  async stateFault(): Promise<string | null> {
    const { file, hold, log } = this.#parts;
    // Never while writes wait: an order would queue behind it. And whoever has left saves nothing any more.
    if (hold.mode === 'hold' || this.#isOver()) return this.#notSaved;
    const before = this.#saved;
    let found: SavedState | null;
    try {
      found = await readState(file);
    } catch (error) {
      return (error as Error).message;
    }
    if (this.#saved !== before || this.#isOver()) return this.#notSaved;
    if (found && !isDeepStrictEqual(found, before)) return `somebody else has written the state file ${file}`;
    if (found && this.#notSaved === null) return null;
    await this.#inTurn(() => this.#save(this.#memory)).catch((error: unknown) => {
      log.error({ err: error }, 'the state is not on the disk and could not be saved');
    });
    return this.#notSaved;
  }

  #isOver(): boolean {
    return this.#hasLeft;
  }

  #obey({ kind, order }: Order, sameAttempt: boolean): void {
    const { attemptId, number } = order;
    if (kind === 'begin') return;
    if (kind === 'hold') {
      if (this.#parts.hold.mode !== 'hold')
        this.#parts.log.info({ attemptId, number, leaseMs: order.leaseMs }, 'holding writes');
      this.#hold(order, sameAttempt);
      return;
    }
    const { instances } = order;
    this.#parts.lines.aim(instances, this.#memory.shards);
    const counts = this.#parts.hold.counts();
    if (kind === 'switch') {
      this.#parts.log.info({ attemptId, number, instances, ...counts }, 'switched');
      this.#parts.hold.switchTo(instances);
      return;
    }
    this.#parts.log.info({ attemptId, number, instances, ...counts }, 'sending writes on');
    this.#parts.hold.send(instances);
    // Whoever sends writes on has seen to it that no gate sends others elsewhere.
    this.#parts.hold.inform();
    this.#holdHasEnded();
  }

  #hold({ attemptId, number, leaseMs }: HoldOrder, again: boolean): void {
    const { hold, lines, log, inquiry } = this.#parts;
    const leaseEnds = (): void => {
      const words = inquiry ? 'the other gates are asked' : 'writes pass, the gate heals';
      log.warn({ attemptId, number, ...hold.counts() }, `lease ended: ${words}`);
      lines.dropPrepared();
      this.#holdHasEnded();
      if (!inquiry) return;
      hold.forget();
      this.#toldUninformed = null;
      void inquiry.begin(this);
    };
    hold.begin(number, leaseMs, leaseEnds, again);
    lines.recall();
  }

  /** What cannot be obeyed where several gates are ordered, whatever its number (H16). */
  #isOverFor({ kind, order }: Order): Ruling | null {
    const { hold, inquiry } = this.#parts;
    if (!inquiry || order.number < this.#memory.number) return null;
    const over = (message: string): Ruling => ({ accepted: false, code: 'ORDER_ENDED', message });
    // It was sent before this gate served nobody. Who sent it may have left this gate out since, and have gone another way.
    if (kind === 'send' && !this.informed && this.#toldUninformed !== order.number)
      return over(
        `the gate does not know the last order of all gates: order ${order.number} is to switch it first`,
      );
    // It would send writes there at once, while another one may not be switched yet.
    if (
      kind === 'switch' &&
      hold.mode === 'healing' &&
      this.informed &&
      !sameInstances(order.instances, hold.instances)
    )
      return over(
        `the hold of order ${this.#memory.number} has ended: writes pass, so nothing can be switched before the others are`,
      );
    return null;
  }

  #holdHasEnded(): void {
    this.#figuresMoveUntil = this.#parts.clock.now() + FIGURES_MOVE_MS;
    this.#saveFiguresLater();
  }

  /** Never while writes wait: an order would queue behind it. */
  #saveFiguresLater(): void {
    this.#stopSaving();
    if (this.#hasLeft) return;
    this.#stopSaving = this.#parts.clock.after(SAVE_FIGURES_AFTER_MS, () => {
      if (this.#parts.hold.mode === 'hold') return;
      this.#inTurn(() => this.#saveFigures()).catch((error: unknown) => {
        if (!this.#hasLeft) this.#parts.log.error({ err: error }, 'figures could not be saved');
      });
      const { writesInFlight, writesWaiting } = this.#parts.hold.counts();
      if (writesInFlight + writesWaiting > 0) this.#saveFiguresLater();
    });
  }

  async #saveFigures(): Promise<void> {
    if (!isDeepStrictEqual(this.#figures(), this.#saved.hold)) await this.#save(this.#memory);
  }

  async #save(memory: GateMemory): Promise<void> {
    const { asOf, ...known } = memory;
    const state = { ...known, ...(asOf !== undefined && { asOf }), hold: this.#figures() };
    try {
      await saveState(this.#parts.file, state);
    } catch (error) {
      this.#notSaved = `the state cannot be saved: ${(error as Error).message}`;
      throw error;
    }
    this.#saved = state;
    this.#notSaved = null;
  }

  #figures(): HoldFigures | null {
    return this.#parts.hold.record?.figures() ?? null;
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const unlessLeft = (): Promise<Result> => {
      if (this.#hasLeft) throw new Error('this process takes no more orders');
      return act();
    };
    const mine = this.#last.then(unlessLeft, unlessLeft);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
