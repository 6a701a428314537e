import type { Client } from './clients';
import type { Clock } from './clock';
import { HoldRecord } from './figures';
import type { GateMode, HoldFigures } from './messages';
import type { WriteCounts } from './write-counts';

/** A write that may have to wait. */
export interface WaitingWrite {
  /** When its body was complete; for a body over the limit, when that was passed. */
  readonly arrivedAt: number;
  readonly client: Client;
  readonly streamed: boolean;
  /** How much of its body the gate keeps; of one that streams, only what was read of it. */
  readonly keptBytes: number;
}

/** Leave to call Rekor for a write; counted as in flight until it is ended (H2). */
export interface Pass {
  /** To any of these. */
  readonly instances: readonly string[];
  /** Has a hold begun since the pass was given? Then a broken answer says nothing about the write (H13). */
  overtaken(): boolean;
  end(): void;
}

export type Verdict =
  | { readonly kind: 'go'; readonly pass: Pass }
  /** `maxWait` is over. */
  | { readonly kind: 'refused' }
  /** The client has left (H17). */
  | { readonly kind: 'dropped' };

/**
 * So many writes that waited are called for at a time. At Rekor's 0.2 s a write that is over a thousand a second, more
 * than a log takes, so that nobody waits for it in practice; it only keeps a long hold from opening thousands of
 * connections at one instant.
 */
const LET_GO_AT_A_TIME = 256;

interface Waiter {
  readonly write: WaitingWrite;
  /** When its waiting began; for a kept one that is not its arrival. */
  readonly since: number;
  /** The hold that it waits for; null when that was over, and it only waits behind those that waited. */
  readonly epoch: number | null;
  settle(verdict: Verdict): void;
}

export interface HoldOptions {
  readonly clock: Clock;
  /** The longest time from `arrivedAt` to the pass. */
  readonly maxWaitMs: number;
  readonly instances: readonly string[];
  readonly mode: GateMode;
  /** Whether it is known where writes may go; while it is not, they wait as in a hold. */
  readonly informed: boolean;
  readonly figures: HoldFigures | null;
  readonly counts: WriteCounts;
}

/** Which writes go and which wait. No input or output: orders and writes come in, verdicts go out. */
export class Hold {
  readonly #clock: Clock;
  readonly #counts: WriteCounts;
  readonly maxWaitMs: number;
  #mode: GateMode;
  #informed: boolean;
  #instances: readonly string[];
  #record: HoldRecord | null;
  /** Grows with each hold that begins; a pass remembers the one it was given in. */
  #epoch = 0;
  /** Writes whose first call broke under a hold; they arrived before all others. */
  readonly #kept = new Set<Waiter>();
  readonly #held = new Set<Waiter>();
  #inFlight = 0;
  #streamsInFlight = 0;
  #letGo = 0;
  /** Until when a hold stands; of no meaning without one. */
  #leaseEndsAt = 0;
  #endLease: () => void = () => undefined;
  #onLeaseEnd: () => void = () => undefined;

  constructor(options: HoldOptions) {
    this.#clock = options.clock;
    this.#counts = options.counts;
    this.maxWaitMs = options.maxWaitMs;
    this.#instances = options.instances;
    this.#mode = options.mode;
    this.#informed = options.informed;
    this.#record = options.figures && new HoldRecord(options.figures.number, options.figures);
  }

  get mode(): GateMode {
    this.#endOverdueLease();
    return this.#mode;
  }

  get informed(): boolean {
    this.#endOverdueLease();
    return this.#informed;
  }

  get instances(): readonly string[] {
    return this.#instances;
  }

  get record(): HoldRecord | null {
    return this.#record;
  }

  counts(): { writesInFlight: number; streamsInFlight: number; writesWaiting: number } {
    return {
      writesInFlight: this.#inFlight,
      streamsInFlight: this.#streamsInFlight,
      writesWaiting: this.#kept.size + this.#held.size,
    };
  }

  /** Whether a new write would have to wait: in the hold, or behind those that waited in it. */
  get letsWait(): boolean {
    return this.#stands || this.#kept.size + this.#held.size > 0;
  }

  /** The writes that wait now. */
  waiting(): WaitingWrite[] {
    return [...this.#kept, ...this.#held].map(({ write }) => write);
  }

  /**
   * Writes wait from now on; for the number that holds already, only the lease is renewed.
   *
   * @param again the attempt that held last holds once more, after its lease had ended: its figures go on.
   */
  begin(number: number, leaseMs: number, onLeaseEnd: () => void, again = false): void {
    if (this.mode === 'hold' && this.#record) {
      this.#record.goesOnUnder(number);
    } else {
      this.#mode = 'hold';
      this.#epoch += 1;
      if (this.#record && (again || this.#record.number === number)) this.#record.beginsAgainUnder(number);
      else this.#record = new HoldRecord(number);
    }
    this.#endLease();
    this.#leaseEndsAt = this.#clock.now() + leaseMs;
    this.#onLeaseEnd = onLeaseEnd;
    this.#endLease = this.#clock.after(leaseMs, () => this.#leaseEnds());
  }

  #leaseEnds(): void {
    this.#mode = 'healing';
    this.#onLeaseEnd();
    this.#letGoInOrder();
  }

  /** A process that was stopped reads what has come for it before its timers fire: by then the lease is over all the same (H16). */
  #endOverdueLease(): void {
    if (this.#mode !== 'hold' || this.#clock.now() < this.#leaseEndsAt) return;
    this.#endLease();
    this.#leaseEnds();
  }

  /** Reads go to these from now on, and so will writes; those that wait go on waiting. */
  switchTo(instances: readonly string[]): void {
    this.#instances = instances;
  }

  /** All that waits goes to these, and after it all that comes. */
  send(instances: readonly string[]): void {
    this.#endLease();
    this.#endLease = () => undefined;
    this.#mode = 'pass';
    this.#instances = instances;
    this.#letGoInOrder();
  }

  /** Writes pass, and a closed tree's 500 becomes 503. Nothing is done to a hold whose lease has not ended. */
  heal(): void {
    if (this.#mode === 'hold') return;
    this.#mode = 'healing';
    this.#letGoInOrder();
  }

  /** It is not known any more where writes may go. */
  forget(): void {
    this.#informed = false;
  }

  /** It is known again. */
  inform(): void {
    this.#informed = true;
    this.#letGoInOrder();
  }

  /** The gate stops: no lease ends any more. */
  stop(): void {
    this.#endLease();
  }

  /** A new write. The pass of one that need not wait is given, and counted, before this returns. */
  admit(write: WaitingWrite): Verdict | Promise<Verdict> {
    if (!this.letsWait) return { kind: 'go', pass: this.#pass(write, () => undefined) };
    this.#counts.held += 1;
    this.#record?.held(write.arrivedAt);
    return this.#wait(write, write.arrivedAt, this.#held);
  }

  /** A write whose call broke after a hold had overtaken it: waits while writes wait, else goes at once (H13). */
  keep(write: WaitingWrite): Verdict | Promise<Verdict> {
    if (write.client.gone) {
      this.#drop();
      return { kind: 'dropped' };
    }
    if (!this.#stands) return { kind: 'go', pass: this.#pass(write, () => undefined) };
    return this.#wait(write, this.#clock.now(), this.#kept);
  }

  /** Nobody goes. */
  get #stands(): boolean {
    return this.mode === 'hold' || !this.#informed;
  }

  #wait(write: WaitingWrite, since: number, among: Set<Waiter>): Promise<Verdict> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        write,
        since,
        epoch: this.#stands ? this.#epoch : null,
        settle: (verdict) => {
          among.delete(waiter);
          stopClock();
          stopWatching();
          this.#account(waiter, verdict);
          resolve(verdict);
        },
      };
      among.add(waiter);
      const left = this.maxWaitMs - (this.#clock.now() - write.arrivedAt);
      const stopClock = this.#clock.after(Math.max(0, left), () => waiter.settle({ kind: 'refused' }));
      const stopWatching = write.client.onGone(() => waiter.settle({ kind: 'dropped' }));
      if (write.client.gone) waiter.settle({ kind: 'dropped' });
    });
  }

  #account({ write, since }: Waiter, verdict: Verdict): void {
    if (verdict.kind === 'dropped') this.#drop();
    else this.#record?.waited(this.#clock.now() - since);
    if (verdict.kind !== 'refused') return;
    this.#counts.refused.waited += 1;
    this.#record?.refused(write.arrivedAt);
  }

  #drop(): void {
    this.#counts.dropped += 1;
    this.#record?.dropped();
  }

  #letGoInOrder(): void {
    while (!this.#stands) {
      const first = next(this.#kept) ?? next(this.#held);
      // Whoever only waited behind them waits no longer than they, or the queue of a busy log would never end.
      if (!first || (first.epoch !== null && this.#letGo >= LET_GO_AT_A_TIME)) return;
      first.settle(this.#verdictNow(first.write));
    }
  }

  /** A timer may be late, so the promise of `maxWait` is looked at once more here. */
  #verdictNow(write: WaitingWrite): Verdict {
    if (this.#clock.now() - write.arrivedAt > this.maxWaitMs) return { kind: 'refused' };
    this.#letGo += 1;
    const pass = this.#pass(write, () => {
      this.#letGo -= 1;
      this.#letGoInOrder();
    });
    return { kind: 'go', pass };
  }

  #pass(write: WaitingWrite, atEnd: () => void): Pass {
    const epoch = this.#epoch;
    let open = true;
    this.#inFlight += 1;
    if (write.streamed) this.#streamsInFlight += 1;
    return {
      instances: this.#instances,
      overtaken: () => this.#epoch !== epoch,
      end: () => {
        if (!open) return;
        open = false;
        this.#inFlight -= 1;
        if (write.streamed) this.#streamsInFlight -= 1;
        atEnd();
      },
    };
  }
}

function next(waiters: Set<Waiter>): Waiter | undefined {
  return waiters.values().next().value;
}
