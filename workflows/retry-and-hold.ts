import { CancellationScope, condition } from '@temporalio/workflow';
import { reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Journal } from './journal';
import type { HeldStep } from './model/by-hand';
import type { Observations } from './model/observations';
import { choices, type Choice } from './model/choices';
import { resumeProblems, type Held, type ResumeInput } from './model/held';
import { exampleOf, type Intervention } from './model/instruction';
import { BRIEF_TRIES, firstRound, nextRound } from './model/patience';
import { isDecisive } from './model/refusals';
import type { StubbornStep } from './model/steps';
import type { Act, Retrying } from './saga';
import { answer, refusedFor } from './updates';

/** What must succeed, and what a person may decide about it. */
interface Stubborn {
  readonly input: Omit<HeldStep, 'step'>;
  readonly closed: boolean;
  readonly allowed: readonly Choice[];
  readonly name: StubbornStep;
}

/** What a person has decided about a step that is held. */
type Decision = Intervention & { readonly choice: Choice };

/**
 * Retries what must succeed: undos, and the steps behind the point of no return. It goes on trying; after some
 * tries it raises an alarm and is held: a person may let it try again at once, leave the step out, or give up.
 */
export class RetryAndHold {
  readonly #journal: Journal;
  readonly #observations: Pick<Observations, 'byHand'>;
  /** What a person has decided and no try has followed yet. */
  #decided: Decision | undefined;

  /** Answers the Update `resume` from now on. */
  constructor(journal: Journal, observations: Pick<Observations, 'byHand'>) {
    this.#journal = journal;
    this.#observations = observations;
    answer<ResumeInput>('resume', {
      description: `When held: decides. The choice is retry, skip or giveUp. ${exampleOf({ choice: 'retry', step: '...' }, null)}`,
      refusals: (input) =>
        refusedFor('resume', resumeProblems(input, this.#journal.progress.held, Date.now(), this.#decided)),
      follow: (input) => this.#resume(input),
    });
    journal.answers(() => {
      const { held } = journal.progress;
      return held === null
        ? []
        : [{ update: 'resume', input: exampleOf({ choice: '...', step: held.step }, null) }];
    });
  }

  /**
   * Retries undos and forward steps of this attempt.
   *
   * @param closed the log is closed to writes until all of it has succeeded.
   */
  on(input: Omit<HeldStep, 'step'>, closed = input.release.supersedes !== undefined): Retrying {
    return {
      mustSucceed: async (name, act) => {
        const allowed = ['retry', 'giveUp'] as const;
        const done = await this.#untilDone({ input, closed, allowed, name }, act);
        if (done) {
          return done.result;
        }
        throw new Error(`The step ${name} cannot be left out.`);
      },
      maySkip: (name, act) => this.#untilDone({ input, closed, allowed: choices, name }, act),
    };
  }

  async #untilDone<Result>(
    { input, closed, allowed, name }: Stubborn,
    act: Act<Result>,
  ): Promise<{ readonly result: Result } | null> {
    const since = new Date().toISOString();
    this.#decided = undefined;
    let patience = firstRound({ step: name, closed });
    for (let tries = 0; ;) {
      const began = Date.now();
      try {
        const result = await this.#untilDecided(() => act(patience));
        this.#journal.holds(null);
        this.#tellOfLate(this.#decided);
        return { result };
      } catch (error) {
        const reason = reasonOf(error, name);
        if (isDecisive(reason)) {
          this.#journal.holds(null);
          throw error;
        }
        // What a decision has ended failed for no reason of its own.
        if (reason.code !== 'CANCELLED') {
          tries += patience.tries;
          if (tries >= BRIEF_TRIES) {
            const byHand = await this.#byHand(input, name);
            const { longestPauseMs } = patience;
            this.#journal.holds({
              ...{ step: name, reason, since, tries, ...byHand },
              ...{ longestPauseMs, choices: allowed },
            });
          }
        }
      }
      // A round of many tries has paused in itself; one that ended before its time must not be begun again at once.
      const choice = await this.#choice(Math.max(patience.pauseMs - (Date.now() - began), 0));
      if (choice === 'skip') {
        this.#journal.holds(null);
        return null;
      }
      patience =
        choice === 'retry'
          ? firstRound({ step: name, closed })
          : nextRound(patience, this.#journal.progress.held !== null);
    }
  }

  /** Tries, until a person decides: then what runs is cancelled, and has ended. */
  async #untilDecided<Result>(act: () => Promise<Result>): Promise<Result> {
    const scope = new CancellationScope();
    const watch = new CancellationScope();
    const decided = watch.run(() => condition(() => this.#decided !== undefined));
    decided.then(
      () => scope.cancel(),
      () => undefined,
    );
    try {
      return await CancellationScope.nonCancellable(() => scope.run(act));
    } finally {
      watch.cancel();
    }
  }

  /** What a person has decided; undefined when nobody has for as long as the pause lasts. */
  async #choice(pauseMs: number): Promise<Choice | undefined> {
    if (pauseMs > 0) {
      await CancellationScope.nonCancellable(() =>
        condition(() => this.#decided !== undefined, pauseMs, {
          summary: 'until the next try, or a decision',
        }),
      );
    }
    const decided = this.#decided;
    this.#decided = undefined;
    if (decided) {
      this.#journal.intervened(decided);
    }
    const held = this.#journal.progress.held;
    if (decided?.choice === 'giveUp' && held) {
      throw new GivenUp(held, decided);
    }
    return decided?.choice;
  }

  async #byHand(
    { identity, release, froze }: Omit<HeldStep, 'step'>,
    step: StubbornStep,
  ): Promise<Pick<Held, 'state' | 'commands'>> {
    try {
      const held = { step, identity, release, ...(froze !== undefined && { froze }) };
      return await CancellationScope.nonCancellable(() => this.#observations.byHand(held));
    } catch (error) {
      return { state: [`nothing could be read: ${reasonOf(error, step).message}`], commands: [] };
    }
  }

  #resume({ choice, step, who, why }: ResumeInput): string {
    this.#decided = { instruction: 'resume', choice, step, who, why, at: new Date().toISOString() };
    return `${choice}: ${step}`;
  }

  /** The try that ran when a person decided has succeeded: what was decided is neither done nor in the result. */
  #tellOfLate(input: Decision | undefined): void {
    this.#decided = undefined;
    if (input && input.choice !== 'retry') {
      const { who, choice, step = '' } = input;
      this.#journal.notes(`${step} succeeded before the ${choice} of ${who} could be followed.`);
    }
  }
}
