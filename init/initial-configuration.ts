import type { Note } from './settings';

/** A configuration as far as a host or a cluster tells it, and what a person has to look at in it. */
export interface InitialConfiguration {
  readonly yaml: string;
  readonly notes: readonly Note[];
}
