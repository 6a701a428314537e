import { CancellationScope } from '@temporalio/workflow';
import type { StepRecord } from './model/rotation';

/** One step beside its undo. */
export interface SagaStep<Result> {
  readonly do: () => Promise<Result>;
  /** States an end, so it may run twice, or for a step that never happened. */
  readonly undo?: () => Promise<unknown>;
  /** The undo gives nobody anything back: it runs after all the others (H26). */
  readonly undoLast?: true;
}

/** What a saga tells of itself while it runs. */
export interface SagaJournal {
  /** A step or the undo of one begins. */
  begins(name: string, undoing: boolean): void;
  ended(record: StepRecord): void;
}

/** What a dry run said in the step that has just ended; undefined in a real run. */
export type Says = () => readonly string[] | undefined;

/**
 * Runs steps and takes them back, last first. Knows nothing of logs.
 *
 * An undo is registered before its step acts: a step that failed after its effect is undone like one that succeeded.
 */
export class Saga {
  readonly #undos: { readonly name: string; readonly undo: () => Promise<unknown> }[] = [];
  readonly #attempt: number;
  readonly #journal: SagaJournal;
  readonly #says: Says;

  constructor(attempt: number, journal: SagaJournal, says: Says) {
    this.#attempt = attempt;
    this.#journal = journal;
    this.#says = says;
  }

  async step<Result>(name: string, step: SagaStep<Result>): Promise<Result> {
    this.register(name, step);
    const began = Date.now();
    this.#journal.begins(name, false);
    const doing = step.do();
    // A dry run says all it has to say at once, before another step that runs beside this one says something.
    const says = this.#says();
    const result = await doing;
    const kind = says === undefined ? 'done' : 'said';
    this.#journal.ended({
      name,
      ms: Date.now() - began,
      kind,
      attempt: this.#attempt,
      ...(says && { says }),
    });
    return result;
  }

  /** Registers a step's undo, as for a step of which nobody knows whether it happened. */
  register(name: string, step: Omit<SagaStep<unknown>, 'do'>): void {
    if (step.undo) {
      const entry = { name, undo: step.undo };
      if (step.undoLast) {
        this.#undos.unshift(entry);
      } else {
        this.#undos.push(entry);
      }
    }
  }

  /**
   * Runs every registered undo, last first; a Cancel does not stop it. Each is forgotten once it has succeeded. Throws
   * what an undo threw and leaves the rest registered: only an undo that found a reason not to go back does that.
   */
  async undo(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (let last = this.#undos.at(-1); last; last = this.#undos.at(-1)) {
        const began = Date.now();
        this.#journal.begins(last.name, true);
        await last.undo();
        this.#undos.pop();
        this.#journal.ended({
          name: last.name,
          ms: Date.now() - began,
          kind: 'undone',
          attempt: this.#attempt,
        });
      }
    });
  }
}
