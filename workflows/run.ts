import type { Journal } from './journal';
import type { CriticalSectionResult } from './section-result';
import type { Actions, AttemptInput, CriticalSectionInput } from './model/actions';
import type { Observations } from './model/observations';
import type { Retrying, Says } from './saga';
import type { Pauses } from './steering';

/** What attempts run with. The one thing that differs between a real run and a dry one is what an action does. */
export interface Run {
  readonly actions: Actions;
  /** Is told of all of it. */
  readonly journal: Journal;
  readonly observations: Pick<Observations, 'superseding'>;
  readonly says: Says;
  readonly retrying: {
    /** Retries undos and forward steps of this attempt; `closed`: the log takes no writes until they have succeeded. */
    on(input: AttemptInput, closed?: boolean): Retrying;
  };
  readonly pauses: Pauses;
  /** No write is held after it; ISO 8601. Undefined where no time was asked for, or a person has let it go on regardless. */
  readonly holdBy?: () => string | undefined;
  criticalSection(input: CriticalSectionInput): Promise<CriticalSectionResult>;
}
