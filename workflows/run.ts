import type { Changes } from './model/changes';
import type { CutOverOrder, CutOverResult } from './cut-over';
import type { Says } from './saga';

/** The one thing that differs between a real run and a dry one: what a change does. */
export interface Run {
  readonly changes: Changes;
  readonly says: Says;
  cutOver(order: CutOverOrder): Promise<CutOverResult>;
}
