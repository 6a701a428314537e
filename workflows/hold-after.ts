import type { Journal } from './journal';
import { exampleOf, instructionProblems, type Instruction } from './model/instruction';
import type { StepName } from './model/steps';
import { mayHoldAfter } from './rotation';
import { answer, refusedFor } from './updates';

/** The input of the Update `holdAfter`; at `until` what it holds goes on by itself. */
export interface HoldAfterInput extends Instruction {
  readonly step: StepName;
}

/** After which step a person wants a rotation to be held: answers the Update `holdAfter`. */
export class HoldAfter {
  readonly #journal: Journal;
  #asked: HoldAfterInput | null;
  #open = true;

  /**
   * Answers the Update from now on.
   *
   * @param asked what was asked for while the rotation waited to begin.
   */
  constructor(journal: Journal, asked: HoldAfterInput | null = null) {
    this.#journal = journal;
    this.#asked = asked;
    answer<HoldAfterInput>('holdAfter', {
      description: `Holds it after a step in which no write waits. ${exampleOf({ step: 'stage' }, '...')}`,
      refusals: (input) => refusedFor('holdAfter', this.#problems(input)),
      follow: (input) => {
        const { who, why, step, until } = input;
        this.#asked = input;
        this.#journal.intervened({
          ...{ instruction: 'holdAfter', who, why, at: new Date().toISOString() },
          ...{ step, to: until },
        });
        return `It waits after ${step} until goNow, at most until ${until}.`;
      },
    });
    journal.answers(() => {
      const [step] = this.#open && journal.progress.planHash !== null ? this.#left() : [];
      return step ? [{ update: 'holdAfter', fields: { step } }] : [];
    });
  }

  /** What is asked for and has not been followed yet. */
  get asked(): HoldAfterInput | null {
    return this.#asked;
  }

  /** What was asked for after this step; null when nothing was. It is followed once. */
  take(step: StepName): HoldAfterInput | null {
    if (this.#asked?.step !== step) {
      return null;
    }
    const asked = this.#asked;
    this.#asked = null;
    return asked;
  }

  /** Another workflow answers from now on. */
  close(): void {
    this.#open = false;
  }

  /** What was asked for another plan than the one that runs is void, and that is told. */
  mustBeFor(planHash: string): void {
    const asked = this.#asked;
    if (asked !== null && asked.plan !== planHash) {
      this.#asked = null;
      this.#journal.notes(
        `The plan has changed since ${asked.who} asked for it to be held after ${asked.step}: that is void.`,
      );
    }
  }

  #left(): StepName[] {
    const passed = new Set(this.#journal.progress.steps.map(({ name }) => name));
    return mayHoldAfter.filter((step) => !passed.has(step));
  }

  #problems(input: unknown): string[] {
    const { planHash: plan, carriedOutBy } = this.#journal.progress;
    if (!this.#open) {
      return [`It is carried out by ${carriedOutBy ?? 'another workflow'}: send it there.`];
    }
    if (plan === null) {
      return ['Its plan is not made yet.'];
    }
    const left = this.#left();
    const step = {
      allowed:
        left.length === 0
          ? 'none: no step is left in which no write waits'
          : `one of ${left.join(', ')}: writes wait in the others, or they have ended`,
      fits: (value: unknown) => left.some((name) => name === value),
    };
    return instructionProblems('holdAfter', input, { plan, fields: { step }, nowMs: Date.now() });
  }
}
