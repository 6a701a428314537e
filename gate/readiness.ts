import type { Clock } from './clock';

/** The state is looked at once in so long, however many ask: anybody may. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;

interface ReadinessParts {
  /** Why a restart would forget what this gate knows; null when it would not. */
  readonly stateFault: () => Promise<string | null>;
  /** Why this gate does not know the last order of all gates; null when it does. */
  readonly uninformed: () => string | null;
  readonly clock: Clock;
}

/** What is asked, as a query: everything, or all but the state. */
export interface AskedReadiness {
  readonly exclude?: unknown;
}

export interface ToldReadiness {
  /** 200: clients may be sent here. 503: they may not. 400: there is no such question. */
  readonly status: 200 | 400 | 503;
  /** Why not, in words; null when they may. */
  readonly reason: string | null;
}

/** Whether clients may be sent to this gate: it takes them, and knows where to send them, after a restart, too. */
export class Readiness {
  readonly #parts: ReadinessParts;
  #serves: 'not yet' | 'now' | 'no more' = 'not yet';
  #looked: { readonly at: number; readonly fault: Promise<string | null> } | null = null;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** Clients can connect. */
  begin(): void {
    this.#serves = 'now';
  }

  /** New clients cannot connect any more. */
  end(): void {
    this.#serves = 'no more';
  }

  async told({ exclude }: AskedReadiness): Promise<ToldReadiness> {
    if (exclude !== undefined && exclude !== 'state')
      return { status: 400, reason: 'exclude can only be "state"' };
    if (this.#serves === 'no more') return { status: 503, reason: 'the gate is stopping' };
    const uninformed = this.#parts.uninformed();
    if (uninformed !== null) return { status: 503, reason: uninformed };
    if (this.#serves === 'not yet') return { status: 503, reason: 'the gate is starting' };
    const reason = exclude === undefined ? await this.stateFault() : null;
    return { status: reason === null ? 200 : 503, reason };
  }

  /** Why a restart would forget what this gate knows, as of a second ago at most; null when it would not. */
  stateFault(): Promise<string | null> {
    const now = this.#parts.clock.now();
    if (!this.#looked || now - this.#looked.at >= LOOK_AGAIN_MS)
      this.#looked = { at: now, fault: this.#parts.stateFault() };
    return this.#looked.fault;
  }
}
