import type { AttemptOrder, Changes, CutOverOrder, Observations } from './model/changes';
import type { Intervention } from './model/held';
import type { CutOverResult } from './cut-over';
import type { Carry, Says } from './saga';

/** The one thing that differs between a real run and a dry one: what a change does. */
export interface Run {
  readonly changes: Changes;
  readonly observations: Pick<Observations, 'superseding'>;
  readonly says: Says;
  readonly insistence: {
    /** Carries undos and forward steps of this attempt through. */
    on(order: AttemptOrder): Carry;
    /** What people have decided so far. */
    readonly interventions: readonly Intervention[];
  };
  cutOver(order: CutOverOrder): Promise<CutOverResult>;
}
