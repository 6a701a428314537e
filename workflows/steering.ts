import { CancellationScope, condition } from '@temporalio/workflow';
import type { Journal } from './journal';
import type { HoldAfter } from './hold-after';
import { latestHold } from './model/beginning';
import { exampleOf, instructionProblems, type Instruction } from './model/instruction';
import type { Refusal } from './model/refusals';
import type { StepName } from './model/steps';
import type { Waiting } from './model/waiting';
import { answer, refusedFor } from './updates';

/** Where a rotation waits between steps. */
export interface Pauses {
  /** Waits after a step while a person holds the rotation there. */
  after(step: StepName): Promise<void>;
  /** Waits between two attempts; ends early when a person says so. A Cancel throws. */
  between(ms: number): Promise<void>;
}

/** Nobody holds a dry run. */
export const neverPaused: Pauses = { after: () => Promise.resolve(), between: () => Promise.resolve() };

/**
 * How people steer a rotation that holds the lock: answers the Updates `rollBack` and `goNow`, and follows `holdAfter`.
 * Nothing of it reaches the critical section but a roll-back, which does there what a Cancel does.
 */
export class Steering implements Pauses {
  readonly #journal: Journal;
  readonly #scope = new CancellationScope();
  readonly #holdAfter: HoldAfter;
  #waits = false;
  #goes = false;
  #wasLetGo = false;
  #heldUntil: string | undefined;

  /** Answers the Updates from now on. */
  constructor(journal: Journal, holdAfter: HoldAfter) {
    this.#journal = journal;
    this.#holdAfter = holdAfter;
    this.#answerRollBack();
    this.#answerGoNow();
    journal.answers(() => [
      ...(this.#waits ? [{ update: 'goNow' } as const] : []),
      ...(journal.progress.planHash === null || journal.progress.cancelDoes === 'nothing'
        ? []
        : [{ update: 'rollBack' } as const]),
    ]);
  }

  /** Runs a rotation so that a roll-back cancels it, and nothing else of the workflow. */
  async run<Result>(act: () => Promise<Result>): Promise<Result> {
    return await this.#scope.run(act);
  }

  async after(step: StepName): Promise<void> {
    const held = this.#holdAfter.take(step);
    if (held) {
      const { who, why, until } = held;
      if (Date.parse(until) <= Date.now()) {
        this.#journal.notes(
          `${who} wanted it to be held after ${step}, until ${until}: that was over by then.`,
        );
        return;
      }
      this.#heldUntil = until;
      const text = `${who} holds it after ${step}: ${why}. At the end of that time it goes on by itself.`;
      await this.#waitsFor('person', text, Date.parse(until) - Date.now());
    }
  }

  /**
   * Until when its writes may be held, ISO 8601: a person who has held it until later means it to go on then. Undefined once
   * somebody has ended a wait of it.
   *
   * @param notAfter after this time it was not to begin.
   */
  holdBy(notAfter: string): string | undefined {
    const held = this.#heldUntil ?? notAfter;
    return this.#wasLetGo ? undefined : latestHold(Date.parse(held) > Date.parse(notAfter) ? held : notAfter);
  }

  async between(ms: number): Promise<void> {
    await this.#waitsFor(
      'pause',
      'The last attempt was undone, and the log takes writes. The next attempt begins after this pause.',
      ms,
    );
  }

  async #waitsFor(
    what: Extract<Waiting['for'], 'person' | 'pause'>,
    text: string,
    ms: number,
  ): Promise<void> {
    if (ms <= 0) {
      return;
    }
    this.#waits = true;
    this.#goes = false;
    this.#journal.waitsFor({
      for: what,
      text,
      since: new Date().toISOString(),
      until: new Date(Date.now() + ms).toISOString(),
      commands: [],
    });
    try {
      await condition(() => this.#goes, ms, { summary: timers[what] });
    } finally {
      this.#waits = false;
      this.#journal.waitsFor(null);
    }
  }

  #answerRollBack(): void {
    answer<Instruction>('rollBack', {
      description: `Takes everything back, as Cancel does, and keeps who and why. ${exampleOf({}, '...')}`,
      refusals: (input) => {
        const { cancelDoes, cancelWould } = this.#journal.progress;
        return cancelDoes === 'nothing'
          ? refusedFor('rollBack', [cancelWould])
          : this.#refusals('rollBack', input);
      },
      follow: ({ who, why }) => {
        const would = this.#journal.progress.cancelWould;
        this.#intervened('rollBack', { who, why });
        this.#scope.cancel();
        return would.replace(/^Cancel /, 'It ');
      },
    });
  }

  #answerGoNow(): void {
    answer<Instruction>('goNow', {
      description: `Ends a pause between attempts, or what holdAfter began. ${exampleOf({}, '...')}`,
      refusals: (input) =>
        this.#waits
          ? this.#refusals('goNow', input)
          : refusedFor('goNow', ['It waits for nothing that goNow could end.']),
      follow: ({ who, why }) => {
        this.#goes = this.#wasLetGo = true;
        this.#intervened('goNow', { who, why });
        return 'It goes on.';
      },
    });
  }

  #refusals(update: 'rollBack' | 'goNow', input: unknown): Refusal[] {
    const plan = this.#journal.progress.planHash;
    return refusedFor(
      update,
      plan === null
        ? ['Its plan is not made yet.']
        : instructionProblems(update, input, { plan, nowMs: Date.now() }),
    );
  }

  #intervened(instruction: 'rollBack' | 'goNow', { who, why }: Pick<Instruction, 'who' | 'why'>): void {
    this.#journal.intervened({ instruction, who, why, at: new Date().toISOString() });
  }
}

/** What the timeline calls the timers. */
const timers = { person: 'held by a person', pause: 'pause between attempts' } as const;
