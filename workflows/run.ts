import type { AttemptInput, Actions, CriticalSectionInput, Observations } from './model/actions';
import type { Intervention } from './model/held';
import type { Patience } from './model/patience';
import type { CriticalSectionResult } from './critical-section';
import type { Retrying, Says } from './saga';

/** The one thing that differs between a real run and a dry one: what a change does. */
export interface Run {
  readonly actions: Actions;
  readonly observations: {
    readonly superseding: (
      input: AttemptInput,
      patience: Patience,
    ) => ReturnType<Observations['superseding']>;
  };
  readonly says: Says;
  readonly retrying: {
    /** Carries undos and forward steps of this attempt through; `closed`: the log takes no writes until they have succeeded. */
    on(input: AttemptInput, closed?: boolean): Retrying;
    /** What people have decided so far. */
    readonly interventions: readonly Intervention[];
  };
  criticalSection(input: CriticalSectionInput): Promise<CriticalSectionResult>;
}
