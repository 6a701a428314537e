import type { Held } from './model/held';
import type { Intervention } from './model/instruction';
import { refusal, type Refusal } from './model/refusals';

/** A person gave up what was held; `held` is what was left. */
export class GivenUp extends Error {
  readonly held: Held;
  readonly reason: Refusal;

  constructor(held: Held, { who, why }: Pick<Intervention, 'who' | 'why'>) {
    const reason = refusal('GIVEN_UP', { step: held.step, who, why });
    super(reason.message);
    this.name = 'GivenUp';
    this.held = held;
    this.reason = reason;
  }
}
