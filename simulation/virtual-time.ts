import { AsyncLocalStorage } from 'node:async_hooks';

/** When a run begins that begins at no other time, in milliseconds since the epoch: 2026-01-31T03:00:00Z. */
export const EPOCH = 1_769_828_400_000;

/** A process of the operating system. A timer or an answer of one that is dead never comes; of a stopped one, later. */
export class Process {
  readonly name: string;
  alive = true;
  /** Stopped (SIGSTOP) until then, in virtual milliseconds since the epoch. */
  stoppedUntil = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Whose code runs: what it waits for belongs to that process. Nothing for the machines that are only modelled. */
export const processes = new AsyncLocalStorage<Process>();

export interface Waiting {
  cancel(): void;
}

interface Happening {
  due: number;
  readonly order: number;
  readonly act: () => void;
  readonly owner: Process | null | undefined;
  cancelled: boolean;
}

const realSetImmediate = setImmediate;

/**
 * The one clock of a run. Nothing waits: when all code that can run has run, the clock jumps to what comes next. Two
 * things at one instant happen in the order in which they were asked for.
 */
export class VirtualTime {
  /** So many things have happened. */
  happened = 0;
  /** In the order in which they come. */
  readonly #waiting: Happening[] = [];
  #order = 0;
  #outside = 0;
  readonly #began: number;
  #now: number;

  /** @param began milliseconds since the epoch. */
  constructor(began = EPOCH) {
    this.#began = began;
    this.#now = began;
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return this.now - this.#began;
  }

  /** Calls `act` later, for the process whose code asks for it, or for the one that is named; null: for none. */
  after(delayMs: number, act: () => void, owner: Process | null | undefined = processes.getStore()): Waiting {
    const happening: Happening = {
      due: this.now + Math.max(delayMs, 0),
      order: (this.#order += 1),
      act,
      owner,
      cancelled: false,
    };
    this.#push(happening);
    return {
      cancel: () => {
        happening.cancelled = true;
      },
    };
  }

  /** Waits without belonging to any process. */
  async pass(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(ms, resolve, null);
    });
  }

  /** Waits for work that needs the real event loop, such as an activation of a workflow, before time goes on. */
  async outside<Result>(work: Promise<Result>): Promise<Result> {
    this.#outside += 1;
    try {
      return await work;
    } finally {
      this.#outside -= 1;
    }
  }

  /** Lets things happen until `done` says so; throws when nothing is left that could happen. */
  async run(done: () => boolean): Promise<void> {
    for (;;) {
      do {
        await new Promise((resolve) => realSetImmediate(resolve));
      } while (this.#outside > 0);
      if (done()) {
        return;
      }
      const next = this.#waiting.shift();
      if (!next) {
        throw new Error('Nothing is left that could happen, and the run is not over.');
      }
      if (next.cancelled || next.owner?.alive === false) {
        continue;
      }
      if (next.owner && next.owner.stoppedUntil > next.due && next.owner.stoppedUntil > this.now) {
        next.due = next.owner.stoppedUntil;
        this.#push(next);
        continue;
      }
      this.#now = Math.max(this.now, next.due);
      this.happened += 1;
      next.act();
    }
  }

  /** Behind everything that is due before it or was asked for before it. */
  #push(happening: Happening): void {
    let [from, to] = [0, this.#waiting.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      [from, to] = before(happening, this.#waiting[middle] as Happening) ? [from, middle] : [middle + 1, to];
    }
    this.#waiting.splice(from, 0, happening);
  }
}

function before(one: Happening, other: Happening): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
