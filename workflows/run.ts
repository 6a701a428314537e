import type { AttemptOrder, Changes, CutOverOrder, Observations } from './model/changes';
import type { Intervention } from './model/held';
import type { Patience } from './model/patience';
import type { CutOverResult } from './cut-over';
import type { Carry, Says } from './saga';

/** The one thing that differs between a real run and a dry one: what a change does. */
export interface Run {
  readonly changes: Changes;
  readonly observations: {
    readonly superseding: (
      order: AttemptOrder,
      patience: Patience,
    ) => ReturnType<Observations['superseding']>;
  };
  readonly says: Says;
  readonly insistence: {
    /** Carries undos and forward steps of this attempt through; `closed`: the log takes no writes until they have succeeded. */
    on(order: AttemptOrder, closed?: boolean): Carry;
    /** What people have decided so far. */
    readonly interventions: readonly Intervention[];
  };
  cutOver(order: CutOverOrder): Promise<CutOverResult>;
}
