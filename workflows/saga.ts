import { CancellationScope } from '@temporalio/workflow';
import { beganOf, timesOf } from './failure';
import type { Patience } from './model/patience';
import type { StepRecord, StepTimes } from './model/rotation';

/** One step beside its undo. */
export interface SagaStep<Result> {
  readonly do: () => Promise<Result>;
  /** States an end, so it may run twice, or for a step that never happened. */
  readonly undo?: Act<unknown>;
  /** The undo gives nobody anything back: it runs after all the others (H26). */
  readonly undoLast?: true;
}

/** What a saga tells of itself while it runs. */
export interface SagaJournal {
  /** A step or the undo of one begins. */
  begins(name: string, undoing: boolean): void;
  ended(record: StepRecord): void;
}

/** What a dry run said in a step; undefined in a real run. */
export type Says = (step: string) => readonly string[] | undefined;

/** How a step is taken back. */
export type Undo = Omit<SagaStep<unknown>, 'do'>;

/** One activity; how often it is tried before it fails is for who carries it through. */
export type Act<Result> = (patience: Patience) => Promise<Result>;

/** Carries through what must succeed: retry-and-hold.ts says how. Both throw what cannot be carried through. */
export interface Retrying {
  /** What nothing can go on without. */
  mustSucceed<Result>(name: string, act: Act<Result>): Promise<Result>;
  /** What a person may leave out; the result is then null. */
  maySkip<Result>(name: string, act: Act<Result>): Promise<{ readonly result: Result } | null>;
}

/**
 * Runs steps and takes them back, last first. Knows nothing of logs.
 *
 * An undo is registered before its step acts: a step that failed after its effect is undone like one that succeeded. What
 * an activity says it had not begun when it failed is not undone: its undo could only harm what someone else has changed.
 */
export class Saga {
  readonly #undos: { readonly name: string; readonly undo: Act<unknown> }[] = [];
  readonly #attempt: number;
  readonly #journal: SagaJournal;
  readonly #says: Says;

  constructor(attempt: number, journal: SagaJournal, says: Says) {
    this.#attempt = attempt;
    this.#journal = journal;
    this.#says = says;
  }

  /** Whether anything is left to be taken back. */
  get hasUndos(): boolean {
    return this.#undos.length > 0;
  }

  async step<Result>(name: string, step: SagaStep<Result>): Promise<Result> {
    this.register(name, step);
    const began = Date.now();
    this.#journal.begins(name, false);
    const result = await step.do();
    this.#done(name, Date.now() - began);
    return result;
  }

  /**
   * A step that must succeed in the end and has no undo. Its time is that of all tries together, as a person saw it pass.
   * Undefined when a person left it out.
   */
  async carried<Result>(name: string, carry: Retrying, act: Act<Result>): Promise<Result | undefined> {
    const began = Date.now();
    this.#journal.begins(name, false);
    const done = await carry.maySkip(name, act);
    if (done) {
      this.#done(name, Date.now() - began);
    } else {
      this.#journal.ended({ name, ms: Date.now() - began, kind: 'skipped', attempt: this.#attempt });
    }
    return done?.result;
  }

  /**
   * Several steps that one activity does, because clients wait between them. All their undos are registered before it
   * acts; of a failed one, the steps that it says it has done are recorded, and those it had not begun are forgotten.
   */
  async together<Result extends { readonly times: StepTimes }>(
    steps: Readonly<Record<string, Undo>>,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const names = Object.keys(steps);
    for (const [name, step] of Object.entries(steps)) {
      this.register(name, step);
    }
    const record = (times: StepTimes): void => {
      for (const name of names.filter((step) => step in times)) {
        this.#done(name, times[name] ?? 0);
      }
    };
    this.#journal.begins(names[0] ?? '', false);
    try {
      const result = await act();
      record(result.times);
      return result;
    } catch (error) {
      record(timesOf(error));
      const began = beganOf(error);
      if (began) {
        names.filter((name) => !began.includes(name)).forEach((name) => this.forget(name));
      }
      throw error;
    }
  }

  /** Registers a step's undo, as for a step of which nobody knows whether it happened. */
  register(name: string, step: Undo): void {
    if (step.undo) {
      const entry = { name, undo: step.undo };
      if (step.undoLast) {
        this.#undos.unshift(entry);
      } else {
        this.#undos.push(entry);
      }
    }
  }

  /** A step is not taken back: it never began, or something else has stated its end. */
  forget(name: string): void {
    const position = this.#undos.findIndex((entry) => entry.name === name);
    if (position >= 0) {
      this.#undos.splice(position, 1);
    }
  }

  /** Whether this step would be taken back. */
  takesBack(name: string): boolean {
    return this.#undos.some((entry) => entry.name === name);
  }

  /**
   * Runs every registered undo, last first; a Cancel does not stop it. Each is forgotten once it was carried through.
   * Throws what could not be, and leaves that and the rest registered.
   */
  async undo(carry: Retrying): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (let last = this.#undos.at(-1); last; last = this.#undos.at(-1)) {
        const { name, undo } = last;
        const began = Date.now();
        this.#journal.begins(name, true);
        const done = await carry.maySkip(`undo ${name}`, undo);
        this.forget(name);
        const kind = done ? 'undone' : 'skipped';
        this.#journal.ended({ name, ms: Date.now() - began, kind, attempt: this.#attempt });
      }
    });
  }

  #done(name: string, ms: number): void {
    const says = this.#says(name);
    const kind = says === undefined ? 'done' : 'said';
    this.#journal.ended({ name, ms, kind, attempt: this.#attempt, ...(says && { says }) });
  }
}
