import { CancellationScope } from '@temporalio/workflow';
import { beganOf, timesOf } from './failure';
import type { Patience } from './model/patience';
import type { ForwardStep, StepName, StepRecord, StepTimes, StubbornStep, UndoableStep } from './model/steps';

/** A step, or several that one activity does: which of them it is in, nobody hears before it has ended. */
export type Running = StepRecord['name'] | 'critical section';

/** What a saga tells of itself while it runs. */
export interface SagaJournal {
  /** A step or the undo of one begins; `lastsMs`: how long it lasts at most, where that is known. */
  begins(name: Running, undoing: boolean, lastsMs?: number): void;
  ended(record: StepRecord): void;
}

/** What a dry run said in a step; undefined in a real run. */
export type Says = (step: StepName) => readonly string[] | undefined;

/** One activity; how often it is tried before it fails is for who retries it. */
export type Act<Result> = (patience: Patience) => Promise<Result>;

/** What an undo has found out; it stands in the record of it. */
export type FoundByUndo = Pick<StepRecord, 'writes'>;

/** How a step is taken back. */
export interface RegisteredUndo {
  readonly name: UndoableStep;
  /** States an end, so it may run twice, or for a step that never happened. */
  readonly undo: Act<FoundByUndo>;
  /** It runs after all the others. */
  readonly last?: true;
}

/** Retries what must succeed (retry.ts, retry-and-hold.ts). Both throw what they have given up. */
export interface Retrying {
  /** What nothing can go on without. */
  mustSucceed<Result>(name: StubbornStep, act: Act<Result>): Promise<Result>;
  /** What a person may leave out; the result is then null. */
  maySkip<Result>(name: StubbornStep, act: Act<Result>): Promise<{ readonly result: Result } | null>;
}

/**
 * Runs steps and takes them back, last first. Knows nothing of logs.
 *
 * An undo is registered before its step acts: a step that failed after its effect is undone like one that succeeded. What
 * an activity says it had not begun when it failed is not undone: its undo could only harm what someone else has changed.
 */
export class Saga {
  readonly #undos: RegisteredUndo[] = [];
  readonly #attempt: number;
  readonly #journal: SagaJournal;
  readonly #says: Says;

  constructor(attempt: number, journal: SagaJournal, says: Says) {
    this.#attempt = attempt;
    this.#journal = journal;
    this.#says = says;
  }

  /** The steps that would be taken back. */
  get undoes(): ReadonlySet<UndoableStep> {
    return new Set(this.#undos.map(({ name }) => name));
  }

  async step<Result>(undo: RegisteredUndo, act: () => Promise<Result>): Promise<Result> {
    const { name } = undo;
    this.register(undo);
    const began = Date.now();
    this.#journal.begins(name, false);
    const result = await act();
    this.#done(name, Date.now() - began);
    return result;
  }

  /**
   * A step that must succeed in the end and has no undo. Its time is that of all tries together, as a person saw it pass.
   * Undefined when a person left it out.
   *
   * @param lastsMs how long it lasts, where that is known.
   */
  async onlyForward<Result>(
    name: ForwardStep,
    retrying: Retrying,
    act: Act<Result>,
    lastsMs?: number,
  ): Promise<Result | undefined> {
    const began = Date.now();
    this.#journal.begins(name, false, lastsMs);
    const done = await retrying.maySkip(name, act);
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
   *
   * @param all what they are together.
   */
  async together<Result extends { readonly times: StepTimes }>(
    all: Running,
    names: readonly StepName[],
    undos: readonly RegisteredUndo[],
    act: () => Promise<Result>,
  ): Promise<Result> {
    undos.forEach((undo) => this.register(undo));
    const record = (times: StepTimes): void => {
      for (const name of names.filter((step) => step in times)) {
        this.#done(name, times[name] ?? 0);
      }
    };
    this.#journal.begins(all, false);
    try {
      const result = await act();
      record(result.times);
      return result;
    } catch (error) {
      record(timesOf(error));
      const began = beganOf(error);
      if (began) {
        undos.filter(({ name }) => !began.includes(name)).forEach(({ name }) => this.forget(name));
      }
      throw error;
    }
  }

  /** Registers a step's undo, as for a step of which nobody knows whether it happened. */
  register(undo: RegisteredUndo): void {
    if (undo.last) {
      this.#undos.unshift(undo);
    } else {
      this.#undos.push(undo);
    }
  }

  /** A step is not taken back: it never began, or something else has stated its end. */
  forget(name: UndoableStep): void {
    const position = this.#undos.findIndex((registered) => registered.name === name);
    if (position >= 0) {
      this.#undos.splice(position, 1);
    }
  }

  /**
   * Runs every registered undo, last first; a Cancel does not stop it. Each is forgotten once it was carried through.
   * Throws what could not be, and leaves that and the rest registered.
   *
   * @param beforeLast is waited for before those that run after all the others.
   */
  async undo(retrying: Retrying, beforeLast?: () => Promise<void>): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (let last = this.#undos.at(-1); last; last = this.#undos.at(-1)) {
        const { name, undo } = last;
        if (last.last) {
          await beforeLast?.();
        }
        const began = Date.now();
        this.#journal.begins(name, true);
        const done = await retrying.maySkip(`undo ${name}`, undo);
        this.forget(name);
        const kind = done ? 'undone' : 'skipped';
        this.#journal.ended({ name, ms: Date.now() - began, kind, attempt: this.#attempt, ...done?.result });
      }
    });
  }

  #done(name: StepName, ms: number): void {
    const says = this.#says(name);
    const kind = says === undefined ? 'done' : 'said';
    this.#journal.ended({ name, ms, kind, attempt: this.#attempt, ...(says && { says }) });
  }
}
