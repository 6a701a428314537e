import type { Mutation } from './world/world';

/** A fault in the code itself, put in from outside: the code has no switch for it. */
export interface Mutant extends Mutation {
  /** Changes the text of the workflow bundle. */
  readonly bundle?: (text: string) => string;
}

/** A mutant that does not fit the code any more would find nothing and say so by nothing. */
export function replaced(text: string, found: RegExp, by: string): string {
  const changed = text.replace(found, by);
  if (changed === text) {
    throw new Error(`The mutant does not fit the bundle: ${String(found)} is not in it.`);
  }
  return changed;
}
