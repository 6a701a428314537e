import { CancellationScope, condition, defineUpdate, setHandler, sleep } from '@temporalio/workflow';
import { failed, reasonOf } from './failure';
import { GivenUp } from './given-up';
import type { Journal } from './journal';
import { RESUME } from './messages';
import type { HeldStep } from './model/by-hand';
import type { Observations } from './model/changes';
import {
  choices,
  resumeProblems,
  type Choice,
  type Held,
  type Intervention,
  type ResumeOrder,
} from './model/held';
import { refusal, type Refusal } from './model/refusals';
import type { Carry } from './saga';

/** After so many failed tries a person is needed. */
const BRIEF_TRIES = 3;

/** Pauses between tries grow from one to the other; a year of failing stays a small history. Milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** The log belongs to a later rotation: another try cannot change that, and a person need not either. */
function isDecisive(reason: Refusal): boolean {
  return reason.code === 'NOT_OURS';
}

/** A few tries; then the caller has to go on with it. For a critical section, whose rotation waits for it. */
export const briefly: Carry = {
  through: tried,
  unlessSkipped: async (name, act) => ({ result: await tried(name, act) }),
};

async function tried<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === BRIEF_TRIES || isDecisive(reasonOf(error, name))) {
        throw error;
      }
      await CancellationScope.nonCancellable(() => sleep(FIRST_PAUSE_MS));
    }
  }
}

/** What a person who finishes a step has to be told of it. */
type ByHandOrder = Omit<HeldStep, 'step'>;

const resumeUpdate = defineUpdate<string, [ResumeOrder]>(RESUME);

/**
 * Carries through what must succeed: undos, and the steps behind the point of no return. It goes on trying; after some
 * tries it raises an alarm and is held: a person may let it try again at once, leave the step out, or give up.
 */
export class Insistence {
  readonly #journal: Journal;
  readonly #observations: Pick<Observations, 'byHand'>;
  readonly #interventions: Intervention[] = [];
  /** What a person has decided and no try has followed yet. */
  #ordered: Intervention | undefined;

  /** Answers the Update `resume` from now on. */
  constructor(journal: Journal, observations: Pick<Observations, 'byHand'>) {
    this.#journal = journal;
    this.#observations = observations;
    setHandler(resumeUpdate, (order) => this.#resume(order), {
      description: 'When held: {"choice": "retry", "skip" or "giveUp", "who": "...", "why": "..."}',
      validator: (order: unknown) => {
        const problems = resumeProblems(order, this.#journal.progress.held, this.#ordered);
        if (problems.length > 0) {
          throw failed(refusal('RESUME_REFUSED', { problems }));
        }
      },
    });
  }

  /** What people have decided so far, and was done. */
  get interventions(): readonly Intervention[] {
    return this.#interventions;
  }

  /** Carries undos and forward steps of this attempt through. */
  on(order: ByHandOrder): Carry {
    return {
      through: async (name, act) => {
        const done = await this.#carry(order, ['retry', 'giveUp'], name, act);
        if (done) {
          return done.result;
        }
        throw new Error(`The step ${name} cannot be left out.`);
      },
      unlessSkipped: (name, act) => this.#carry(order, choices, name, act),
    };
  }

  async #carry<Result>(
    order: ByHandOrder,
    allowed: readonly Choice[],
    name: string,
    act: () => Promise<Result>,
  ): Promise<{ readonly result: Result } | null> {
    const since = new Date().toISOString();
    this.#ordered = undefined;
    let pauseMs = FIRST_PAUSE_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await act();
        this.#journal.holds(null);
        this.#tellOfLate(this.#ordered);
        return { result };
      } catch (error) {
        const reason = reasonOf(error, name);
        if (isDecisive(reason)) {
          this.#journal.holds(null);
          throw error;
        }
        if (tries >= BRIEF_TRIES) {
          const byHand = await this.#byHand(order, name);
          this.#journal.holds({ step: name, reason, since, tries, ...byHand, choices: allowed });
        }
        const choice = await this.#choice(pauseMs);
        if (choice === 'skip') {
          this.#journal.holds(null);
          return null;
        }
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  /** Waits for a person, or for the next try of its own. */
  async #choice(pauseMs: number): Promise<Choice> {
    await CancellationScope.nonCancellable(() => condition(() => this.#ordered !== undefined, pauseMs));
    const ordered = this.#ordered;
    this.#ordered = undefined;
    if (ordered) {
      this.#interventions.push(ordered);
    }
    const held = this.#journal.progress.held;
    if (ordered?.choice === 'giveUp' && held) {
      throw new GivenUp(held, ordered);
    }
    return ordered?.choice ?? 'retry';
  }

  async #byHand(
    { identity, release, froze }: ByHandOrder,
    step: string,
  ): Promise<Pick<Held, 'state' | 'commands'>> {
    try {
      const held = { step, identity, release, ...(froze !== undefined && { froze }) };
      return await CancellationScope.nonCancellable(() => this.#observations.byHand(held));
    } catch (error) {
      return { state: [`nothing could be read: ${reasonOf(error, step).message}`], commands: [] };
    }
  }

  #resume(order: ResumeOrder): string {
    const step = this.#journal.progress.held?.step ?? '';
    this.#ordered = { ...order, step, at: new Date().toISOString() };
    return `${order.choice}: ${step}`;
  }

  /** The try that ran when a person decided has succeeded: what was decided is neither done nor in the result. */
  #tellOfLate(order: Intervention | undefined): void {
    this.#ordered = undefined;
    if (order && order.choice !== 'retry') {
      const { who, choice, step } = order;
      this.#journal.notes(`${step} succeeded before the ${choice} of ${who} could be followed.`);
    }
  }
}
